"""Exclusive kT subjets, compiled: which one each particle of a jet belongs to."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from resonaut.features.kernels.recombination import recombine

__all__ = ["exclusive_subjets"]


@njit(cache=True)
def exclusive_subjets(
    momenta: Float[np.ndarray, "P 4"], offsets: Int[np.ndarray, " J+1"], n_subjets: int
) -> Int[np.ndarray, " P"]:
    """Number of every particle's subjet within its jet, from 0; a jet of fewer particles has one for each."""
    subjet = np.empty(len(momenta), dtype=np.int64)
    for jet in range(len(offsets) - 1):
        start, n = offsets[jet], offsets[jet + 1] - offsets[jet]
        if n == 0:
            continue
        _, _, goes_into = recombine(momenta[start : start + n], 1.0)
        # What is made from here on is made of what shall stay apart.
        too_late = 2 * n - min(n, n_subjets)
        number = np.empty(too_late, dtype=np.int64)
        found = 0
        for node in range(too_late - 1, -1, -1):
            if goes_into[node] < 0 or goes_into[node] >= too_late:
                number[node] = found
                found += 1
            else:
                number[node] = number[goes_into[node]]
        subjet[start : start + n] = number[:n]
    return subjet
