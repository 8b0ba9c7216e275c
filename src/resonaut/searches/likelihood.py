"""Likelihoods that can be divided: finite wherever an event may lie.

A density says nothing of an event beyond the range that it has learnt: its likelihood there is zero, and a ratio of two
such is anything. An event is therefore never less likely than the least likely one of a known sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from resonaut.events.events import Events
from resonaut.protocols import TractableDensity

__all__ = ["FlooredLikelihood", "moved_into"]

Array = np.ndarray


@dataclass(frozen=True)
class FlooredLikelihood:
    """A fitted density whose likelihood does not fall below a floor."""

    density: TractableDensity
    floor: float

    @classmethod
    def of(cls, density: TractableDensity, events: Events) -> FlooredLikelihood:
        """The floor is the likelihood of the least likely of these events."""
        log_prob = density.log_prob(events.features, events.context)
        return cls(density, float(log_prob[np.isfinite(log_prob)].min()))

    def log_prob(self, events: Events) -> Float[Array, " N"]:
        """Logarithm of p(x|m), at least the floor."""
        return np.maximum(self.density.log_prob(events.features, events.context), self.floor)


def moved_into(masses: tuple[float, float], events: Events) -> Events:
    """The same events, those beyond an interval of masses (GeV) moved to its nearest end.

    A density of the signal region knows no other masses. At a fixed mass the ratio of two densities is a function of
    the features, like a classifier's score, and can be looked at outside of the region in the same way.
    """
    return replace(events, mass=np.clip(events.mass, *masses))
