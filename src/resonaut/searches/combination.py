"""Several searches as one: what one method misses another may find."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import MinLen
from jaxtyping import Float

from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed, Templated
from resonaut.registry import AnySearch, register
from resonaut.searches.cathode import CATHODE
from resonaut.searches.cwola import CWoLa
from resonaut.searches.regions import Region

__all__ = ["Combination"]

Array = np.ndarray

REFERENCE_EVENTS = 20_000
"""Background events among which a score is ranked."""
TAIL = 0.01
"""Of them, from which the fall of the distribution beyond the last is estimated."""


@register("search", "combination")
@dataclass(kw_only=True)
class Combination:
    """Score events by several searches at once.

    "rank" averages the searches' ranks of an event, "maximum" takes the highest: a rank is the share of background with
    a lower score, whatever the scale of the scores. "product" multiplies the likelihood ratios: scores are their
    logarithms in all searches but this one.

    Thresholds and ranks rest on the background of the first search. A score is ranked among background events that none
    of the searches was trained on, not among the events it comes with: it depends on the event alone.

    Args:
        searches: Two or more, fitted on the same events.
        rule: "rank", "product" or "maximum".

    References:
        Golling et al., EPJC 84 (2024) 241, arXiv:2307.11157
    """

    searches: Annotated[list[AnySearch], MinLen(2)] = field(default_factory=lambda: [CATHODE(), CWoLa()])
    rule: Literal["rank", "product", "maximum"] = "rank"

    @property
    def needs(self) -> frozenset[str]:
        """The truth that any of the searches asks for."""
        return frozenset[str]().union(*(search.needs for search in self.searches))

    @property
    def template(self) -> Templated | None:
        """The fitted first search, if it can sample at given masses."""
        first = self.searches_[0]
        return first if isinstance(first, Templated) else None

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> Combination:
        """Fit every search's first step."""
        streams = np.random.default_rng(seed).spawn(len(self.searches))
        self.searches_: list[Any] = [
            replace(search).fit_background(samples, region, seed=stream)  # type: ignore[type-var]
            for search, stream in zip(self.searches, streams, strict=True)
        ]
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Combination:
        """Fit every search's second step, and score background to rank others in."""
        *streams, last = np.random.default_rng(seed).spawn(len(self.searches) + 1)
        self.searches_ = [
            # Copies: another fold's combination may share the first step.
            copy(search).fit_region(samples, region, seed=stream)
            for search, stream in zip(self.searches_, streams, strict=True)
        ]
        if self.rule != "product":
            reference = self.background(REFERENCE_EVENTS, seed=last)
            self.references_ = [np.sort(search.score(reference)) for search in self.searches_]
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """The searches' scores, combined by the rule."""
        scores = list(self.member_scores(events).values())
        if self.rule == "product":
            return np.sum(scores, axis=0)
        survival = [_survival(one, reference) for one, reference in zip(scores, self.references_, strict=True)]
        # 1 - rank keeps its digits where the rank itself would round to 1; its logarithm orders the most signal-like.
        return -np.log(np.mean(survival, axis=0) if self.rule == "rank" else np.min(survival, axis=0))

    def member_scores(self, events: Events) -> dict[str, Float[Array, " N"]]:
        """Each search's own scores, by its registered name and, where two have the same, its place."""
        names = [getattr(search, "registered_as", ("", type(search).__name__))[1] for search in self.searches_]
        return {
            name if names.count(name) == 1 else f"{name} {place}": search.score(events)
            for place, (name, search) in enumerate(zip(names, self.searches_, strict=True), start=1)
        }

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Background of the first search."""
        events: Events = self.searches_[0].background(n, seed=seed)
        return events


def _survival(score: Float[Array, " N"], reference: Float[Array, " M"]) -> Float[Array, " N"]:
    """The share of background with a higher score: counted, and beyond the last event falling exponentially."""
    n = len(reference)
    tail = reference[-max(2, int(TAIL * n)) :]
    counted = np.interp(score, reference, 1 - np.arange(1, n + 1) / (n + 1))
    beyond = np.maximum(score - reference[-1], 0) / max(tail.mean() - tail[0], 1e-12)
    return counted * np.exp(-beyond)
