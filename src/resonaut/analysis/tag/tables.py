"""The tables of a tagging's run folder."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from sklearn.metrics import roc_curve

from resonaut.models.training import TrainingHistory

__all__ = ["curves", "epochs", "scores"]

Array = np.ndarray
POINTS = 300
"""Of a curve."""


def scores(found: Mapping[str, Float[Array, " _"]], pt: Mapping[str, Float[Array, " _"]]) -> pa.Table:
    """Every jet that was scored: its class, pT and score."""
    kinds = list(found)
    return pa.table(
        {
            "class": np.repeat(kinds, [len(found[kind]) for kind in kinds]),
            "pt": np.concatenate([pt[kind] for kind in kinds]),
            "score": np.concatenate([found[kind] for kind in kinds]),
        }
    )


def curves(
    background: Float[Array, " B"],
    signals: Mapping[str, Float[Array, " _"]],
    trees: Mapping[str, tuple[Float[Array, " B"], Float[Array, " _"]]],
) -> pa.Table:
    """ROC curves of the detector and of trees that know the class, at evenly spaced signal efficiencies."""
    parts = [(kind, "detector", background, score) for kind, score in signals.items()]
    parts += [(kind, "trees", *pair) for kind, pair in trees.items()]
    tpr = np.linspace(0, 1, POINTS)
    rows: dict[str, list[object]] = {"class": [], "method": [], "tpr": [], "fpr": []}
    for kind, method, of_background, of_signal in parts:
        truth = np.repeat([0, 1], [len(of_background), len(of_signal)])
        fpr, reached, _ = roc_curve(truth, np.concatenate([of_background, of_signal]))
        rows["class"] += [kind] * POINTS
        rows["method"] += [method] * POINTS
        rows["tpr"] += tpr.tolist()
        rows["fpr"] += np.interp(tpr, reached, fpr).tolist()
    return pa.table(rows)


def epochs(history: TrainingHistory | None) -> pa.Table:
    """The training, a row an epoch: losses, and what an energy-based model measures (NaN in others)."""
    n = history.epochs if history else 0
    columns: dict[str, object] = {"epoch": np.arange(1, n + 1)}
    given = {"train_loss": [], "validation_loss": []} if history is None else vars(history)
    measures = {} if history is None else history.measures
    for name in ("train_loss", "validation_loss"):
        columns[name] = np.array(given[name] or [np.nan] * n)
    for name in ("distance", "energy_data", "energy_samples"):
        columns[name] = np.array(measures.get(name, [np.nan] * n))
    return pa.table(columns)
