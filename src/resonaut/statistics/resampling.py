"""Toys of whole events: what all windows' cuts select of one and the same fluctuation.

Windows overlap and cuts are nested, so that one event counts in many places. A toy gives every event a Poisson weight
and uses it everywhere that the event is counted, which keeps all those correlations without knowing them. Events that
lie in the same bin and pass the same cuts are exchangeable, and a sum of Poisson numbers is one: the weights are drawn
once for each kind of event rather than once for each event, which is the same and a hundred times quicker.

The pool should be background, and smooth. Where it is the data, toys fluctuate about the data's own fluctuations, their
chi2 is twice what it should be, and excesses are in every toy's mean. So the masses of the pool can be smeared (the
smoothed bootstrap), and its kinds be given other weights (`raking.py`).

References:
    Poisson bootstrap: Chamandy, Muralidharan, Najmi, Naidu (2012), "Estimating uncertainty for massive data streams".
    Smoothed bootstrap: Silverman, Young, Biometrika 74 (1987) 469.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError
from resonaut.protocols import Seed

__all__ = ["EventPool", "smear"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class EventPool:
    """Kinds of events: what lies in one bin and passes the same selections.

    Args:
        edges: Of the bins, GeV.
        bins: Where each kind lies, in ascending order.
        passes: Which selections it passes.
        expected: How many events of it a toy holds on average.
    """

    edges: Float[Array, " E"]
    bins: Int[Array, " K"]
    passes: Bool[Array, "K S"]
    expected: Float[Array, " K"]

    @classmethod
    def of(
        cls,
        mass: Float[Array, " N"],
        passes: Bool[Array, "N S"],
        edges: Float[Array, " E"],
        *,
        weight: Float[Array, " N"] | None = None,
    ) -> EventPool:
        """Sort events into kinds.

        Args:
            mass: Of the events, GeV; those beyond the bins are left out.
            passes: Which selections each passes: a column for each window and cut.
            edges: Of the bins, GeV.
            weight: Events of the data that an event stands for; 1 where nothing is given.

        Raises:
            EventsError: no event lies in the bins.
        """
        place = np.searchsorted(edges, mass, side="right") - 1
        kept = (place >= 0) & (place < len(edges) - 1)
        if not kept.any():
            raise EventsError(
                f"none of {len(mass)} events lies in {edges[0]:g}-{edges[-1]:g} GeV; give a pool that covers the scan"
            )
        packed = np.packbits(passes[kept], axis=1)
        patterns, pattern_of = np.unique(packed, axis=0, return_inverse=True)
        keys, kind_of = np.unique(place[kept] * len(patterns) + pattern_of.ravel(), return_inverse=True)
        counted = np.ones(len(mass)) if weight is None else weight
        unpacked = np.unpackbits(patterns, axis=1, count=passes.shape[1]).astype(bool)
        return cls(
            edges=edges,
            bins=keys // len(patterns),
            passes=unpacked[keys % len(patterns)],
            expected=np.bincount(kind_of, weights=counted[kept]),
        )

    def toys(self, n: int, *, seed: Seed = None) -> Int[Array, "n S B"]:
        """Mass spectra of all selections, toy by toy."""
        drawn = np.random.default_rng(seed).poisson(self.expected, (n, len(self.expected)))
        return self._spectra(drawn)

    @property
    def mean(self) -> Float[Array, "S B"]:
        """What toys hold on average."""
        return self._spectra(self.expected[None])[0]

    def _spectra(self, numbers: Array) -> Array:
        """Add the kinds of each selection up, bin by bin."""
        spectra = np.zeros((len(numbers), self.passes.shape[1], len(self.edges) - 1), dtype=numbers.dtype)
        for s in range(self.passes.shape[1]):
            rows = np.flatnonzero(self.passes[:, s])
            # Kinds are sorted by their bin; each bin's are added up for all toys at once.
            starts = np.flatnonzero(np.diff(self.bins[rows], prepend=-1))
            if len(rows):
                spectra[:, s, self.bins[rows[starts]]] = np.add.reduceat(numbers[:, rows], starts, axis=1)
        return spectra


def smear(
    mass: Float[Array, " N"], width: float, replicas: int, *, seed: Seed = None
) -> tuple[Float[Array, " M"], Int[Array, " M"]]:
    """Several copies of each event with a Gaussian added to the mass, GeV; and which event each is a copy of."""
    rng = np.random.default_rng(seed)
    copied = np.repeat(np.arange(len(mass)), replicas)
    return mass[copied] + width * rng.standard_normal(len(copied)), copied
