"""What a comparison of densities says: the content of result.json, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from resonaut.analysis.quality.cell import C2ST, Agreement, Cell
from resonaut.quality.distances import DISTANCES
from resonaut.quality.floor import Spread
from resonaut.runs.as_json import AsJson

__all__ = ["MEASURES", "Floor", "ModelQuality", "QualityResult", "Sizes", "floor_of", "summarise"]

MEASURES = (C2ST, *DISTANCES)
"""What is measured, in the order of the tables."""

Values = dict[str, Spread]
"""By distance, `c2st` among them: mean and standard deviation over seeds."""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """Real against real, in the sidebands and in the signal region."""

    sideband: Values
    signal_region: Values


@dataclass(frozen=True, kw_only=True)
class ModelQuality(Floor):
    """Generated against real, and what it costs.

    Args:
        density: The registered name.
        seeds: How often it was trained.
        train_seconds: Wall time of a training, mean over seeds.
        samples_per_second: Mean over seeds.
        n_weights: Of its network.
    """

    density: str
    seeds: int
    train_seconds: float
    samples_per_second: float
    n_weights: int | None


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Events that a density learns from, and of each of the two samples that are compared in either region."""

    training: int
    sideband: int
    signal_region: int


@dataclass(frozen=True, kw_only=True)
class QualityResult(AsJson):
    """The result of a comparison; the keys are those of result.json.

    `real_signal_region` says what stands for background in the signal region, `n_signal` how many labelled signal
    events were left out there (None without labels). `workers` trainings were under way at once.
    """

    region: tuple[float, float]
    sidebands: tuple[float, float]
    features: tuple[str, ...]
    n_events: int
    n_unusable: int
    exclusions: dict[str, int]
    sizes: Sizes
    real_signal_region: Literal["labelled background", "all events, unlabelled"]
    n_signal: int | None
    models: dict[str, ModelQuality]
    floor: Floor
    seed: int
    workers: int
    seconds: dict[str, float] = field(default_factory=dict)


def summarise(densities: Mapping[str, str], cells: Mapping[str, Sequence[Cell]]) -> dict[str, ModelQuality]:
    """Every row's cells in one, given the registered name of its density."""
    return {row: _model(densities[row], of_row) for row, of_row in cells.items()}


def floor_of(cells: Sequence[Cell]) -> Floor:
    """Real against real, over the seeds."""
    return Floor(
        sideband=_spreads([c.sideband for c in cells]), signal_region=_spreads([c.signal_region for c in cells])
    )


def _model(density: str, cells: Sequence[Cell]) -> ModelQuality:
    trainings = [cell.training for cell in cells if cell.training is not None]
    return ModelQuality(
        **vars(floor_of(cells)),
        density=density,
        seeds=len(cells),
        train_seconds=float(np.mean([training.seconds for training in trainings])),
        samples_per_second=float(np.mean([training.samples_per_second for training in trainings])),
        n_weights=trainings[0].n_weights,
    )


def _spreads(agreements: Sequence[Agreement]) -> Values:
    return {name: Spread.of([agreement.values[name] for agreement in agreements]) for name in MEASURES}
