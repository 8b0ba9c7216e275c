"""How well expected counts describe a spectrum, also where its bins are nearly empty.

The likelihood ratio to a model that reproduces every bin (Baker and Cousins, NIM 221 (1984) 437) follows a chi-squared
distribution where bins hold several events each. Neighbouring bins are therefore merged until five are expected in
each before it is summed; a spectrum of a hundred events over fifty bins would else look too good or too bad.
"""

from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Real
from scipy.special import chdtrc, xlogy

__all__ = ["MIN_EXPECTED", "GoodnessOfFit", "deviance", "goodness_of_fit", "merge_sparse"]

Array = np.ndarray
MIN_EXPECTED = 5.0


class GoodnessOfFit(NamedTuple):
    """Baker-Cousins chi-squared, its degrees of freedom, and the chance of one as large."""

    chi2: float
    n_dof: int
    p_value: float


def deviance(counts: Real[Array, "*T B"], expected: Float[Array, "*T B"]) -> Float[Array, "*T B"]:
    """Twice the log likelihood ratio of each bin to a perfect description of it."""
    return np.asarray(2 * np.maximum(expected - counts + xlogy(counts, counts / expected), 0))


def goodness_of_fit(
    counts: Real[Array, " B"],
    expected: Float[Array, " B"],
    masked: Bool[Array, " B"],
    n_parameters: int,
) -> GoodnessOfFit:
    """Judge the bins that were fitted with `n_parameters`; none are merged across the masked ones."""
    starts = merge_sparse(expected, masked)
    merged_counts, merged_expected = (np.add.reduceat(values[~masked], starts) for values in (counts, expected))
    chi2 = float(deviance(merged_counts, merged_expected).sum())
    n_dof = len(starts) - n_parameters
    return GoodnessOfFit(chi2, n_dof, float(chdtrc(n_dof, chi2)) if n_dof > 0 else float("nan"))


def merge_sparse(expected: Float[Array, " B"], masked: Bool[Array, " B"]) -> list[int]:
    """Where merged bins start, counting unmasked bins only; what is left at the end of a side joins its last one."""
    starts, n_seen = [], 0
    for hidden, bins in groupby(zip(expected.tolist(), masked.tolist(), strict=True), key=itemgetter(1)):
        if hidden:
            continue
        side, total = [n_seen], 0.0
        for events, _ in bins:
            n_seen, total = n_seen + 1, total + events
            if total >= MIN_EXPECTED:
                side.append(n_seen)
                total = 0.0
        # The last entry starts a merged bin that is empty or too sparse, unless it is the side's only one.
        starts += side[:-1] or side
    return starts
