"""Cross-fitting: every event of the signal region is scored by a classifier that did not see it.

A classifier trained on data finds some of that data's fluctuations "signal-like"; counting the same events afterwards
would count the fluctuations twice. So the data are cut in folds by event id, and fold k is scored by what was trained
on the other folds. Only the second step of a search is repeated: the background, which has never seen the region, is
learnt once.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int

from resonaut.errors import ConfigError
from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed, Templated
from resonaut.registry import AnySearch, register
from resonaut.searches.cathode import CATHODE
from resonaut.searches.regions import Region

__all__ = ["CrossFit"]

Array = np.ndarray


@register("search", "crossfit")
@dataclass(kw_only=True)
class CrossFit:
    """Score each event with the fit that did not see it.

    Scores of different folds come from different classifiers, so that each fold wants a threshold of its own, from
    `background` events that none of its classifiers saw.

    Args:
        search: What is fitted.
        folds: How many parts the data are cut into.

    References:
        Collins, Howe, Nachman, PRD 99 (2019) 014038, arXiv:1902.02634, section III B (nested cross-validation)
    """

    search: AnySearch = field(default_factory=CATHODE)
    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ConfigError(f"folds is {self.folds}; cross-fitting needs at least 2")

    @property
    def needs(self) -> frozenset[str]:
        """The truth that the search asks for."""
        return self.search.needs

    @property
    def template(self) -> Templated | None:
        """The fitted search, whose background is common to all folds, if it can sample at given masses."""
        search = getattr(self, "search_", None)
        if search is None or isinstance(search, Templated):
            return search
        # A combination is as good as the search that its background comes from.
        return getattr(search, "template", None)

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> CrossFit:
        """Fit the search's first step, once for all folds."""
        rng = np.random.default_rng(seed)
        self.fold_key_ = int(rng.integers(2**63))
        self.search_ = replace(self.search).fit_background(samples, region, seed=rng)  # type: ignore[type-var]
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> CrossFit:
        """Fit the search's second step once a fold, each time without that fold's events."""
        streams = np.random.default_rng(seed).spawn(self.folds)
        self.searches_ = [
            # A shallow copy shares the fitted background and learns its own region.
            copy(self.search_).fit_region(self._without_fold(samples, k), region, seed=stream)
            for k, stream in enumerate(streams)
        ]
        return self

    def _without_fold(self, samples: Samples, fold: int) -> Samples:
        """All events but a fold's, which are held out: what is known to be true is folded like the data."""
        kept = samples.select(lambda events: self.fold_of(events) != fold)
        return replace(kept, held_out=samples.select(lambda events: self.fold_of(events) == fold))

    def fold_of(self, events: Events) -> Int[Array, " N"]:
        """Which fold an event belongs to: a hash of its id, whatever the order and company of the events."""
        return (_mix(events.ids.astype(np.uint64) ^ np.uint64(self.fold_key_)) % np.uint64(self.folds)).astype(np.int64)

    def score(self, events: Events) -> Float[Array, " N"]:
        """Score each event with the classifiers that did not see it."""
        fold = self.fold_of(events)
        scores = np.empty(len(events))
        for k in range(self.folds):
            scores[fold == k] = self.score_fold(events[fold == k], k)
        return scores

    def score_fold(self, events: Events, fold: int) -> Float[Array, " N"]:
        """Score events with the classifiers that did not see this fold."""
        return self.searches_[fold].score(events) if len(events) else np.empty(0)

    def background_fold(self, n: int, fold: int, *, seed: Seed = None) -> Events:
        """Background events that the classifiers of this fold have not seen."""
        return self.searches_[fold].background(n, seed=seed)

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh background events, in equal parts from the folds' searches."""
        rng = np.random.default_rng(seed)
        sizes = np.diff(np.linspace(0, n, self.folds + 1).astype(int))
        parts = [search.background(int(size), seed=rng) for search, size in zip(self.searches_, sizes, strict=True)]
        return Events.concatenate(parts)


def _mix(key: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring ids land in unrelated folds."""
    with np.errstate(over="ignore"):
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
