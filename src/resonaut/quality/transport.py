"""Wasserstein-1 distance: how far must one sample be moved, per event, to become the other?

In one dimension the sorted values are paired, or rather equal quantiles, as sizes may differ. In several there is no
order: exactly, the best pairing is an assignment problem, whose time grows with the cube of the number of events and
which is therefore solved for a random part of them; sliced, the samples are projected onto random directions and the
one-dimensional distances averaged, with all events. The floor of the exact distance falls as slowly as n^(-1/F):
compare values at one number of events only.

References:
    Rabin, Peyre, Delon, Bernot (sliced), SSVM 2011; Bonneel et al., J. Math. Imaging Vis. 51 (2015) 22
    Crouse (assignment, as in scipy), IEEE Trans. Aerosp. Electron. Syst. 52 (2016) 1679
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from resonaut.protocols import Seed

__all__ = ["ASSIGNED", "PROJECTIONS", "exact_wasserstein", "sliced_wasserstein", "wasserstein"]

Array = np.ndarray
PROJECTIONS = 50
ASSIGNED = 1000


def wasserstein(x: Float[Array, " N"], y: Float[Array, " M"]) -> float:
    """Distance between samples of one feature, in its unit."""
    return _pairing(len(x), len(y)).distance(x, y)


def sliced_wasserstein(
    x: Float[Array, "N F"], y: Float[Array, "M F"], *, seed: Seed = None, projections: int = PROJECTIONS
) -> float:
    """Average over directions, drawn evenly from the unit sphere, of the distance along them."""
    directions = np.random.default_rng(seed).normal(size=(projections, x.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pairing = _pairing(len(x), len(y))
    return float(np.mean([pairing.distance(x @ direction, y @ direction) for direction in directions]))


def exact_wasserstein(
    x: Float[Array, "N F"], y: Float[Array, "M F"], *, seed: Seed = None, events: int = ASSIGNED
) -> float:
    """Euclidean distance of the best pairing of `events` of either sample, or as many as the smaller has."""
    rng, size = np.random.default_rng(seed), min(events, len(x), len(y))
    chosen = [sample[rng.choice(len(sample), size, replace=False)] for sample in (x, y)]
    costs = cdist(*chosen)
    return float(costs[linear_sum_assignment(costs)].mean())


class _Pairing(NamedTuple):
    """Which sorted values of either sample belong together, and what part of the sample each pair is."""

    first: Int[Array, " P"]
    second: Int[Array, " P"]
    part: Float[Array, " P"]

    def distance(self, x: Float[Array, " N"], y: Float[Array, " M"]) -> float:
        return float(np.abs(np.sort(x)[self.first] - np.sort(y)[self.second]) @ self.part)


def _pairing(n: int, m: int) -> _Pairing:
    """Pair equal quantiles: one to one where the sizes agree, parts of events where they do not.

    It depends on the sizes alone, so that all projections share it; scipy's `wasserstein_distance`, which finds it anew
    in the values, takes five times as long, and fourteen times for projections (500,000 and 380,000 events).
    """
    # Quantiles at which either sample steps to its next event, in units of 1 / (n m): whole numbers. Where both step at
    # once one of the two pairs is no part of the sample.
    steps = np.sort(np.concatenate([np.arange(1, n + 1) * m, np.arange(1, m + 1) * n]))
    return _Pairing((steps - 1) // m, (steps - 1) // n, np.diff(steps, prepend=0) / (n * m))
