"""Cross-fitting: every event is scored, and its background estimated, by models that did not see it.

A classifier trained on data finds some of that data's fluctuations "signal-like"; counting the same events afterwards
would count the fluctuations twice. So the data are cut in folds by event id, and fold k is scored by what was trained
on the other folds.

The sidebands have fluctuations as well. A density that learnt them is too low where they happen to be low, the
classifier finds the region's data in excess just there, and both estimates of the background, which rest on the same
sideband events, come out low with them: by half a sigma, whatever the size of the sample. So the first step is
cross-fitted too, in fewer parts, because it is the costlier: fold k's background is learnt from sideband events of
other parts, and held against those of its own.

Even so fold k's classifiers find what is wrong with the density that they were trained against, and keep more real than
sampled events: a density learnt from n events is off by their noise. The other part's density is off as well, by
another noise that those classifiers know nothing of. So thresholds and templates of fold k are sampled from that one:
what passes is then unbiased, in the signal region as beside it.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

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
    background events that none of its classifiers saw (`background_fold`).

    Args:
        search: What is fitted.
        folds: How many parts the data are cut into.
        background_folds: How many parts the sidebands are cut into for the first step; a part is made of whole folds.
            Two cost as much as one fit of all sidebands, and share no event, so that one is the other's template; of
            more any two share some. With 1 there is one fit, common to all folds.

    References:
        Collins, Howe, Nachman, PRD 99 (2019) 014038, arXiv:1902.02634, section III B (nested cross-validation)
    """

    search: AnySearch = field(default_factory=CATHODE)
    folds: int = 5
    background_folds: int = 2

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise ConfigError(f"folds is {self.folds}; cross-fitting needs at least 2")
        if not 1 <= self.background_folds <= self.folds:
            raise ConfigError(
                f"background_folds is {self.background_folds}; set 1 to {self.folds}, the number of folds"
            )

    @property
    def needs(self) -> frozenset[str]:
        """What the search asks for: truth, or the particles of events."""
        return self.search.needs

    def background_model(self, fold: int) -> Templated | None:
        """The fitted first step that did not see this fold's sidebands, if it can sample at given masses."""
        return _templated(self.backgrounds_[self._part(fold)])

    def template_fold(self, fold: int) -> Templated | None:
        """The first step of the next part, which this fold's classifiers were not trained against."""
        return _templated(self.backgrounds_[self._part(self._part(fold) + 1)])

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> CrossFit:
        """Fit the search's first step once a part, each time without that part's events."""
        rng = np.random.default_rng(seed)
        self.fold_key_ = int(rng.integers(2**63))
        self.backgrounds_ = [
            replace(self.search).fit_background(self._without_part(samples, part), region, seed=rng)  # type: ignore[type-var]
            for part in range(self.background_folds)
        ]
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> CrossFit:
        """Fit the search's second step once a fold, each time without that fold's events."""
        streams = np.random.default_rng(seed).spawn(self.folds)
        self.searches_ = [
            # A shallow copy shares the fitted background and learns its own region.
            copy(self.backgrounds_[self._part(k)]).fit_region(self._without_fold(samples, k), region, seed=stream)
            for k, stream in enumerate(streams)
        ]
        return self

    def _part(self, fold: Any) -> Any:
        """Which part of the sidebands a fold belongs to."""
        return fold % self.background_folds

    def _without_part(self, samples: Samples, part: int) -> Samples:
        """All events but a part's; with one part, all."""
        if self.background_folds == 1:
            return samples
        return samples.select(lambda events: self._part(self.fold_of(events)) != part)

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
        """Background events that the classifiers of this fold have not seen, of its template if there is one."""
        template, search = self.template_fold(fold), self.searches_[fold]
        entered = _templated(search)
        if template is None or entered is None:
            background: Events = search.background(n, seed=seed)
            return background
        rng = np.random.default_rng(seed)
        return template.background_at(entered.masses(n, seed=rng), seed=rng)

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh background events, in equal parts from the folds."""
        rng = np.random.default_rng(seed)
        sizes = np.diff(np.linspace(0, n, self.folds + 1).astype(int))
        return Events.concatenate([self.background_fold(int(size), k, seed=rng) for k, size in enumerate(sizes)])


def _templated(search: Any) -> Templated | None:
    """What of a search samples at given masses: of a combination the search that its background comes from."""
    return search if isinstance(search, Templated) else getattr(search, "template", None)


def _mix(key: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): neighbouring ids land in unrelated folds."""
    with np.errstate(over="ignore"):
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
