"""What a tagging says: the content of result.json."""

from __future__ import annotations

from dataclasses import dataclass

from resonaut.runs.as_json import AsJson

__all__ = ["PtBin", "TagResult", "WorkingPoint"]


@dataclass(frozen=True, kw_only=True)
class WorkingPoint:
    """A cut on the score.

    Args:
        background: The efficiency for background that was asked for.
        threshold: Of the score, at the background's quantile.
        efficiencies: What passes of every class.
    """

    background: float
    threshold: float
    efficiencies: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class PtBin:
    """The background's scores in a range of pT.

    Args:
        low, high: GeV.
        n: Test jets in it.
        quantiles: 10 %, 50 % and 90 % of the score.
        passing: What passes each working point; the same everywhere, if the score knows nothing of pT.
    """

    low: float
    high: float
    n: int
    quantiles: tuple[float, float, float]
    passing: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class TagResult(AsJson):
    """A finished tagging.

    Args:
        model: Its name.
        background: What it was trained on.
        features: What the jets were judged by.
        n_train, n_test: Background jets it learnt from, and those held back.
        n_jets: Of each class.
        auc: Of each class against the background held back; of the detector, 0.5 is no better than guessing.
        trees: Supervised trees trained on one class (half of it), read on every class: AUC.
        emd, emd_floor: Earth mover's distance of the model's samples, and of real jets, from as many real jets, in
            scaled features; None for a model that cannot sample.
        energy_ratio: Mean score of its samples over that of the background held back.
        working_points: Cuts.
        pt_bins: Does the score sculpt pT?
        kept_epoch, epochs: Which epoch's weights are used, from 1, out of how many.
        stopped: Why the training ended early; empty if it did not.
        excluded: Jets left out, by reason.
        seed: Of every random draw.
        seconds: Of each step.
    """

    model: str
    background: str
    features: tuple[str, ...]
    n_train: int
    n_test: int
    n_jets: dict[str, int]
    auc: dict[str, float]
    trees: dict[str, dict[str, float]]
    emd: float | None
    emd_floor: float | None
    energy_ratio: float | None
    working_points: tuple[WorkingPoint, ...]
    pt_bins: tuple[PtBin, ...]
    kept_epoch: int
    epochs: int
    stopped: str
    excluded: dict[str, int]
    seed: int
    seconds: dict[str, float]
