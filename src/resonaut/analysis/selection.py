"""From scores to counts: which events pass a cut whose background efficiency is known.

A cut is made per fold. Fold k's threshold is a quantile of the scores that its classifiers give to fresh background
events, sampled or held out. Fold k's classifiers did not train on these: with thresholds from the sampled events of the
training, the classifier's memory of them fakes discoveries of 3 to 5 sigma where there is no signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.errors import ConfigError, FitError
from resonaut.events.events import Events
from resonaut.protocols import CrossFitted, Seed

__all__ = ["Cut", "ScoredEvents", "choose_cuts", "score_data", "score_template"]

Array = np.ndarray

PASSING_PER_FOLD = 100
"""Background events that pass the tightest cut in each fold; their Poisson error (10 % a fold) is the threshold's.

Where background is sampled. A search that holds out real events has as many as there are, and a larger error.
"""


@dataclass(frozen=True, eq=False)
class ScoredEvents:
    """Events with the score of a classifier that did not see them, and the fold whose classifier that was."""

    events: Events
    score: Float[Array, " N"]
    fold: Int[Array, " N"]

    def __getitem__(self, rows: Bool[Array, " N"] | Int[Array, " M"]) -> ScoredEvents:
        """The events of a mask or an index array."""
        return ScoredEvents(self.events[rows], self.score[rows], self.fold[rows])

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, eq=False)
class Cut:
    """A cut on the score, with a threshold for each fold.

    Args:
        efficiency: Fraction of background that passes.
        thresholds: The score an event must exceed, by fold.
        relative_error: Of the efficiency, from the finite sample behind the thresholds.
    """

    efficiency: float
    thresholds: Float[Array, " folds"]
    relative_error: float

    def passed(self, scored: ScoredEvents) -> Bool[Array, " N"]:
        """Which events are selected."""
        return scored.score > self.thresholds[scored.fold]


def score_data(search: CrossFitted, events: Events) -> ScoredEvents:
    """Score data out of sample: each event by the classifiers that did not see its fold."""
    return ScoredEvents(events, search.score(events), search.fold_of(events))


def score_template(search: CrossFitted, efficiencies: Sequence[float], *, seed: Seed = None) -> ScoredEvents:
    """Draw fresh background for each fold and score it there, enough for the tightest cut or as much as there is.

    Raises:
        ConfigError: an efficiency that is none.
        FitError: there is no background event for a fold.
    """
    if not all(0 < efficiency < 1 for efficiency in efficiencies):
        raise ConfigError(f"cut efficiencies {list(efficiencies)} must lie between 0 and 1; 0.1, 0.01, 0.001 are usual")
    rng = np.random.default_rng(seed)
    n = int(np.ceil(PASSING_PER_FOLD / min(efficiencies)))
    samples = [search.background_fold(n, k, seed=rng) for k in range(search.folds)]
    sizes = [len(sample) for sample in samples]
    if not all(sizes):
        raise FitError(
            f"fold {sizes.index(0)} has no background event that its classifiers did not see, so that no threshold can "
            "be set; give more events, wider sidebands or fewer folds"
        )
    return ScoredEvents(
        Events.concatenate(samples),
        np.concatenate([search.score_fold(sample, k) for k, sample in enumerate(samples)]),
        np.repeat(np.arange(search.folds), sizes),
    )


def choose_cuts(template: ScoredEvents, efficiencies: Sequence[float]) -> list[Cut]:
    """Set the thresholds that let through the given fractions of sampled background, fold by fold."""
    by_fold = [template.score[template.fold == k] for k in range(template.fold.max() + 1)]
    cuts = []
    for efficiency in efficiencies:
        # "higher": the threshold is a score that occurs, so that "above it" lets no more than the fraction through.
        thresholds = np.array([np.quantile(scores, 1 - efficiency, method="higher") for scores in by_fold])
        # The folds have equal shares of the data: their efficiencies, each with its own error, are averaged.
        inverse_size = np.mean([1 / len(scores) for scores in by_fold]) / len(by_fold)
        relative_error = np.sqrt((1 - efficiency) / efficiency * inverse_size)
        cuts.append(Cut(efficiency, thresholds, float(relative_error)))
    return cuts
