"""A distance of every model from real events, a dot a training; the band is that of real events from each other."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.densities import model_style
from resonaut.plots.style import MUTED
from resonaut.plots.table import Table, select

__all__ = ["distances"]

_WIDE = 20
"""Values that span more than this factor want a logarithmic scale."""


def distances(table: Table, ax: Axes, *, models: list[str], floor: str) -> Axes:
    """One model a line, from top to bottom.

    Args:
        table: Rows of `distances.parquet` of one region and distance, all models and the floor.
        ax: Where to draw.
        models: From top to bottom.
        floor: What the table calls real events in the column `model`.
    """
    real = select(table, model=floor)["value"]
    spread = real.std(ddof=1) if len(real) > 1 else 0.0
    ax.axvspan(real.mean() - spread, real.mean() + spread, color=MUTED, alpha=0.3, linewidth=0)
    ax.axvline(real.mean(), color=MUTED, linewidth=1)
    for line, model in enumerate(models):
        value, color = select(table, model=model)["value"], model_style(models, model)["color"]
        ax.plot(value, np.full(len(value), line), "o", color=color, markersize=3, alpha=0.4, markeredgewidth=0)
        ax.plot(value.mean(), line, "|", color=color, markersize=13, markeredgewidth=2.5)
    everything = np.concatenate([select(table, model=model)["value"] for model in models] + [real])
    _scale(ax, everything)
    if ax.get_xscale() == "linear":  # divergences of 1e-5 would write their labels over each other
        ax.ticklabel_format(axis="x", style="sci", scilimits=(-3, 4))
    ax.set_yticks(range(len(models)), models)
    ax.set_ylim(len(models) - 0.5, -0.5)
    return ax


def _scale(ax: Axes, value: np.ndarray) -> None:
    """Logarithmic where models differ by orders of magnitude; linear below 1 if there is anything negative."""
    if value.max() < _WIDE * max(np.median(value), 1e-300) and value.max() < _WIDE * abs(value).min():
        return
    if value.min() > 0:
        ax.set_xscale("log")
    elif value.max() > _WIDE:
        ax.set_xscale("symlog", linthresh=1.0)
