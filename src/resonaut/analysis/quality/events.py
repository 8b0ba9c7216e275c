"""Which real events a density learns from, and which ones it is held against: split anew for every seed.

The sidebands are cut into a part to learn from and a part held out; the signal region, which no density sees at all,
into halves. Of each region there are then two disjoint real samples of one size, a `Pair`, which give the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from resonaut.errors import EventsError
from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed
from resonaut.searches.regions import Region

__all__ = ["Pair", "RealEvents", "Split"]

LEAST = 50
"""Events of each sample that is compared; with fewer the classifier of the two-sample test cannot be trained."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two disjoint real samples of one size.

    Generated events are held against `real`, and have the masses of `other`; `real` against `other` is the floor. So
    the two comparisons differ in where the features come from, and in nothing else. With the masses of `real` every
    generated event had a twin that fluctuates with it, below the floor, and the classifier would see either twice.
    """

    real: Events
    other: Events


@dataclass(frozen=True, eq=False)
class Split:
    """One seed's parts: what is learnt from, and the pairs of either region."""

    training: Events
    sideband: Pair
    signal_region: Pair

    @property
    def pairs(self) -> dict[str, Pair]:
        """By region."""
        return {"sideband": self.sideband, "signal_region": self.signal_region}


@dataclass(frozen=True, eq=False)
class RealEvents:
    """The real events of either region.

    Args:
        sideband: All events, signal among them if there is any: densities learn from data.
        signal_region: Background as far as labels tell.
        kind: Whether they did.
        n_signal: Labelled signal events of the signal region that were left out; None without labels.
    """

    sideband: Events
    signal_region: Events
    kind: Literal["labelled background", "all events, unlabelled"]
    n_signal: int | None

    @classmethod
    def of(cls, window: Events, region: Region) -> RealEvents:
        """Blind the sidebands; of the truth, where there is any, `background` is asked for, for the signal region."""
        inside = region.in_signal(window.mass)
        sideband = window.blinded()[region.in_sidebands(window.mass)]
        if window.labels is None:
            return cls(sideband, window[inside], "all events, unlabelled", None)
        known = Samples(data=window, background=window[window.labels == 0]).blinded(frozenset({"background"}))
        assert known.background is not None
        truth = known.background[region.in_signal(known.background.mass)]
        return cls(sideband, truth, "labelled background", int(inside.sum()) - len(truth))

    def split(self, validation_fraction: float, *, seed: Seed = None) -> Split:
        """Draw the parts of one seed; their sizes are those of every seed.

        Raises:
            EventsError: too few events for a comparison.
        """
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(self.sideband))
        n_held_out = round(validation_fraction * len(rows))
        held_out, training = rows[:n_held_out], rows[n_held_out:]
        size = min(len(held_out), len(training))
        halves = rng.permutation(len(self.signal_region))
        half = len(halves) // 2
        if size < LEAST:
            raise EventsError(
                f"of {len(rows)} sideband events {n_held_out} are held out and {len(training)} learnt from, and a "
                f"comparison needs {LEAST} of both; give more events or another validation_fraction"
            )
        if half < LEAST:
            raise EventsError(
                f"the signal region holds {len(halves)} background events, and comparing halves of them needs "
                f"{2 * LEAST}; give more events or widen the region"
            )
        return Split(
            training=self.sideband[training],
            sideband=Pair(self.sideband[held_out[:size]], self.sideband[training[:size]]),
            signal_region=Pair(self.signal_region[halves[:half]], self.signal_region[halves[half : 2 * half]]),
        )
