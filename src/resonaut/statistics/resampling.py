"""Toys of whole events: what all windows' cuts select of one and the same fluctuation.

Windows overlap and cuts are nested, so that one event counts in many places. A toy gives every event a Poisson weight
and uses it everywhere that the event is counted, which keeps all those correlations without knowing them. Events that
lie in the same bin and pass the same cuts are exchangeable, and a sum of Poisson numbers is one: the weights are drawn
once for each kind of event rather than once for each event, which is the same and a hundred times quicker.

The pool should be background: sampled events with the score of each window's search, or a simulation. Where it is the
data, its own excesses are in every toy's mean; subtract the data's z from the toys' (the bootstrap's usual pivot).

References:
    Poisson bootstrap: Chamandy, Muralidharan, Najmi, Naidu (2012), "Estimating uncertainty for massive data streams".
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError
from resonaut.protocols import Seed

__all__ = ["resample_toys"]

Array = np.ndarray


def resample_toys(
    mass: Float[Array, " N"],
    passes: Bool[Array, "N S"],
    edges: Float[Array, " E"],
    n_toys: int,
    *,
    weight: Float[Array, " N"] | None = None,
    seed: Seed = None,
) -> Int[Array, "T S B"]:
    """Mass spectra of all selections, toy by toy.

    Args:
        mass: Of the pool's events, GeV.
        passes: Which selections each event passes: a column for each window and cut.
        edges: Of the bins, GeV; events beyond them are left out.
        n_toys: How many toys.
        weight: Events of the data that an event of the pool stands for; 1 where nothing is given.
        seed: Fixes the toys.

    Raises:
        EventsError: no event of the pool lies in the bins.
    """
    n_bins = len(edges) - 1
    bins = np.searchsorted(edges, mass, side="right") - 1
    kept = (bins >= 0) & (bins < n_bins)
    if not kept.any():
        raise EventsError(
            f"none of {len(mass)} events lies in {edges[0]:g}-{edges[-1]:g} GeV; give a pool that covers the scan"
        )
    bins, passes = bins[kept], passes[kept]
    counted = np.ones(len(mass)) if weight is None else weight
    pattern = np.column_stack([bins, passes])
    kinds, kind_of = np.unique(pattern, axis=0, return_inverse=True)
    expected = np.bincount(kind_of.ravel(), weights=counted[kept])
    rng = np.random.default_rng(seed)
    drawn = rng.poisson(expected, (n_toys, len(expected)))
    toys = np.zeros((n_toys, passes.shape[1], n_bins), dtype=np.int64)
    for s in range(passes.shape[1]):
        of_selection = np.flatnonzero(kinds[:, 1 + s])
        # Kinds are sorted by their bin; each bin's are added up for all toys at once.
        starts = np.flatnonzero(np.diff(kinds[of_selection, 0], prepend=-1))
        if len(of_selection):
            toys[:, s, kinds[of_selection[starts], 0]] = np.add.reduceat(drawn[:, of_selection], starts, axis=1)
    return toys
