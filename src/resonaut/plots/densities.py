"""A feature of real events under what several models generate, with every model's ratio to the real events."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.histograms import count_errors, points, ratio_span
from resonaut.plots.labels import axis_label
from resonaut.plots.style import CYCLE, MUTED
from resonaut.plots.table import Table, edges, select, values

__all__ = ["generated", "generated_ratio", "model_style"]

_LINES = ("-", "--", ":")


def model_style(models: list[str], model: str) -> dict[str, Any]:
    """Colour and line of a model, the same in every figure; after six models the lines change."""
    place = models.index(model)
    return {"color": CYCLE[place % len(CYCLE)], "linestyle": _LINES[place // len(CYCLE) % len(_LINES)]}


def generated(table: Table, ax: Axes, *, legend: bool = True) -> Axes:
    """Histograms of one feature.

    Args:
        table: Rows of `features.parquet` of one region and feature, all models.
        ax: Where to draw.
        legend: Whether to say which line is which.
    """
    models = values(table, "model")
    first = select(table, model=models[0])
    top = float(first["data"].max())
    for model in models:
        rows = select(table, model=model)
        ax.stairs(rows["template"], edges(rows), baseline=None, label=model, **model_style(models, model))
        top = max(top, float(rows["template"].max()))
    points(ax, edges(first), first["data"], label="real")
    ax.set_xlim(edges(first)[0], edges(first)[-1])
    columns = 2 if len(models) > 4 else 1
    # Two columns reach over the peak: as much room above it as they have lines.
    ax.set_ylim(0, (1.35 if columns == 1 else 1.25 + 0.1 * -(-len(models) // columns)) * max(top, 1.0))
    ax.set_ylabel("events")
    if legend:
        ax.legend(loc="upper right", ncols=columns)
    return ax


def generated_ratio(table: Table, ax: Axes) -> Axes:
    """Generated over real, the real events' own statistical error hatched around one."""
    models = values(table, "model")
    first = select(table, model=models[0])
    data = first["data"].astype(float)
    scale = np.where(data > 0, data, np.nan)
    down, up = np.nan_to_num(count_errors(data) / scale)
    bins = edges(first)
    ax.stairs(
        1 + up, bins, baseline=1 - down, fill=True, facecolor=MUTED + "30", edgecolor=MUTED, hatch="/////", linewidth=0
    )
    ax.axhline(1, color=MUTED, linewidth=0.8)
    worst = np.zeros(len(data))
    for model in models:
        value = select(table, model=model)["template"] / scale
        ax.stairs(value, bins, baseline=None, **model_style(models, model))
        worst = np.fmax(worst, np.abs(value - 1))
    span = ratio_span(np.where(data > 0, worst, np.nan), np.where(data > 0, (down + up) / 2, np.nan))
    ax.set_ylim(1 - span, 1 + span)
    ax.set_ylabel("gen. / real", loc="center")
    ax.set_xlabel(axis_label(str(table["feature"][0])))
    return ax
