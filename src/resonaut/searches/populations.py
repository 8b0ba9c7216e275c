"""The populations of events that a search compares: those of the signal region, and those it has set aside."""

from __future__ import annotations

import numpy as np

from resonaut.errors import EventsError, RegionError
from resonaut.events.events import Events
from resonaut.protocols import Seed
from resonaut.searches.regions import Region

__all__ = ["draw", "in_signal_region"]


def in_signal_region(events: Events, region: Region) -> Events:
    """The events of the signal region.

    Raises:
        RegionError: there is none.
    """
    inside = events[region.in_signal(events.mass)]
    if not len(inside):
        raise RegionError(f"signal region {region} holds no event; widen or move it")
    return inside


def draw(unseen: Events | None, n: int, *, seed: Seed = None) -> Events:
    """Draw n of the events at random, none twice; all of them where n is more than there are.

    Raises:
        EventsError: nothing was held out.
    """
    if unseen is None:
        raise EventsError(
            "this search takes its background from real events, and was trained on all it was given; "
            "wrap it in CrossFit(...), or give Samples(held_out=...)"
        )
    return unseen[np.random.default_rng(seed).permutation(len(unseen))[:n]]
