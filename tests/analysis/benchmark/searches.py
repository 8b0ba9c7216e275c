"""Searches that learn nothing, so that what a benchmark does with a score is tested against a known one.

They are registered by the fixture that wants them, and forgotten after it: the contract tests run over the registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from closure.mini_olympics import MiniOlympics
from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed
from resonaut.searches.regions import Region


@dataclass(kw_only=True)
class Oracle:
    """The best possible score of `MiniOlympics`, diluted by noise."""

    noise: float = 0.0

    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> Self:
        assert samples.data.labels is None
        assert samples.background is None
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Self:
        self.rng_ = np.random.default_rng(seed)
        return self

    def score(self, events: Events) -> np.ndarray:
        assert events.labels is None
        return MiniOlympics.log_ratio(events) + self.noise * self.rng_.standard_normal(len(events))

    def background(self, n: int, *, seed: Seed = None) -> Events:
        raise AssertionError("a benchmark has no use for it")


@dataclass(kw_only=True)
class Informed(Oracle):
    """Asks for the truth."""

    needs: ClassVar[frozenset[str]] = frozenset({"background", "signal"})

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> Self:
        assert samples.data.labels is None
        for known, label in ((samples.background, 0), (samples.signal, 1)):
            assert known is not None
            assert (known.labels == label).all()
            assert region.in_signal(known.mass).all()
        return self
