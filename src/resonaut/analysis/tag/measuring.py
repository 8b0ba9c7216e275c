"""How well scores tell jets apart: AUC, working points, pT, and what supervised trees do in the same place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from sklearn.metrics import roc_auc_score

from resonaut.analysis.tag.jets import Jets
from resonaut.analysis.tag.result import PtBin, WorkingPoint
from resonaut.models.classifier.trees import BoostedTrees

__all__ = ["FEWEST_FOR_TREES", "auc", "pt_bins", "supervised", "working_points"]

Array = np.ndarray
FEWEST_FOR_TREES = 100
N_PT_BINS = 6
QUANTILES = (0.1, 0.5, 0.9)


def auc(background: Float[Array, " B"], signal: Float[Array, " S"]) -> float:
    """Chance that a signal jet has a higher score than a background jet."""
    truth = np.repeat([0, 1], [len(background), len(signal)])
    return float(roc_auc_score(truth, np.concatenate([background, signal])))


def working_points(
    background: Float[Array, " B"], signals: Mapping[str, Float[Array, " _"]], efficiencies: Sequence[float]
) -> tuple[WorkingPoint, ...]:
    """Cuts at the background's quantiles; those that less than one test jet would pass are left out."""
    points = []
    for efficiency in efficiencies:
        if efficiency * len(background) >= 1:
            threshold = float(np.quantile(background, 1 - efficiency))
            passing = {kind: float((score > threshold).mean()) for kind, score in signals.items()}
            points.append(WorkingPoint(background=efficiency, threshold=threshold, efficiencies=passing))
    return tuple(points)


def pt_bins(
    pt: Float[Array, " B"],
    score: Float[Array, " B"],
    points: Sequence[WorkingPoint],
    window: tuple[float, float],
) -> tuple[PtBin, ...]:
    """The background's scores in bins of pT; empty bins are left out."""
    bins = []
    for low, high in pairwise(np.linspace(*window, N_PT_BINS + 1).tolist()):
        here = score[(pt >= low) & (pt < high)]
        if len(here):
            low_, median, high_ = np.quantile(here, QUANTILES).tolist()
            passing = tuple(float((here > point.threshold).mean()) for point in points)
            bins.append(PtBin(low=low, high=high, n=len(here), quantiles=(low_, median, high_), passing=passing))
    return tuple(bins)


def supervised(
    train: Jets, test: Jets, classes: Mapping[str, Jets], *, seed: np.random.Generator
) -> tuple[dict[str, dict[str, float]], dict[str, tuple[Float[Array, " B"], Float[Array, " _"]]]]:
    """Trees that are told a signal: AUC on that class and, the wrong hypothesis, on every other.

    They learn from every second jet of the class and are read on the rest.

    Returns:
        AUC by the class that they learnt, then by the class that is looked for; and, of the right class, the scores of
        background and signal.
    """
    found: dict[str, dict[str, float]] = {}
    right: dict[str, tuple[Float[Array, " B"], Float[Array, " _"]]] = {}
    for kind, jets in classes.items():
        known = jets.features[::2]
        if len(known) < FEWEST_FOR_TREES:
            continue
        trees = BoostedTrees(random_state=int(seed.integers(2**31)))
        truth = np.repeat([0, 1], [len(train), len(known)])
        trees.fit(np.concatenate([train.features, known]), truth)
        background = trees.decision_function(test.features)
        scores = {other: trees.decision_function(some.features[1::2]) for other, some in classes.items()}
        found[kind] = {other: auc(background, score) for other, score in scores.items() if len(score)}
        right[kind] = background, scores[kind]
    return found, right
