"""What many models generate, on one Axes: all of them are there, and all that is drawn is in view."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from resonaut.plots.densities import generated, generated_ratio, model_style
from resonaut.plots.distances import distances
from resonaut.plots.table import Table
from resonaut.plots.training import loss_curves

MODELS = ["ddpm", "maf"]


def features() -> Table:
    """Two models, three bins, the last of them empty in the data."""
    return {
        "model": np.repeat(np.array(MODELS, dtype=object), 3),
        "feature": np.array(["mj1"] * 6, dtype=object),
        "low": np.tile([0.0, 1.0, 2.0], 2),
        "high": np.tile([1.0, 2.0, 3.0], 2),
        "data": np.tile([100, 400, 0], 2),
        "template": np.array([100.0, 400.0, 0.0, 110.0, 380.0, 5.0]),
        "template_error": np.ones(6),
    }


def measured(values: dict[str, list[float]]) -> Table:
    return {
        "model": np.concatenate([np.full(len(v), model, dtype=object) for model, v in values.items()]),
        "value": np.concatenate(list(values.values())),
    }


def test_every_model_has_a_line_and_the_real_events_points(ax: Axes) -> None:
    assert generated(features(), ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [*MODELS, "real"]
    assert ax.get_ylim()[1] > 400


def test_the_ratio_is_generated_over_real(ax: Axes) -> None:
    assert generated_ratio(features(), ax) is ax
    _, ddpm, maf = (patch for patch in ax.patches if isinstance(patch, StepPatch))
    assert ddpm.get_data().values[:2] == pytest.approx([1, 1])
    assert maf.get_data().values[:2] == pytest.approx([1.1, 0.95])
    assert np.isnan(maf.get_data().values[2])
    low, high = ax.get_ylim()
    assert low < 0.95 < 1.1 < high


def test_models_are_told_apart() -> None:
    many = [f"model {i}" for i in range(18)]
    assert len({tuple(model_style(many, model).values()) for model in many}) == 18


@pytest.mark.parametrize(
    ("worst", "least", "scale"), [([0.012], 0.01, "linear"), ([19.0], 0.01, "log"), ([140.0], -0.5, "symlog")]
)
def test_distances_take_the_scale_they_need(ax: Axes, worst: list[float], least: float, scale: str) -> None:
    table = measured({"ddpm": worst, "maf": [least * 1.1, least * 1.2], "real": [least, least * 1.3]})
    assert distances(table, ax, models=MODELS, floor="real") is ax
    assert ax.get_xscale() == scale
    low, high = ax.get_xlim()
    assert low < min(least, least * 1.3) < max(worst) < high
    assert [text.get_text() for text in ax.get_yticklabels()] == MODELS


def test_losses_of_one_epoch_are_seen(ax: Axes) -> None:
    table = {
        "seed": np.array([0, 1]),
        "epoch": np.array([1, 1]),
        "train_loss": np.array([2.0, 2.1]),
        "validation_loss": np.array([np.nan, np.nan]),
    }
    assert loss_curves(table, ax) is ax
    assert all(line.get_marker() == "o" for line in ax.lines)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training"]
