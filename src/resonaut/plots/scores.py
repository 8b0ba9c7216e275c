"""The score of data and of the background template in the signal region: signal gathers on the right."""

from __future__ import annotations

from matplotlib.axes import Axes

from resonaut.plots.histograms import band, points, ratio
from resonaut.plots.style import CYCLE
from resonaut.plots.table import Table, edges, select, values

__all__ = ["score_distribution", "score_ratio"]


def score_distribution(table: Table, ax: Axes, *, folds: Table | None = None) -> Axes:
    """Histogram of the score on a logarithmic scale.

    Args:
        table: `score_distribution.parquet`.
        ax: Where to draw.
        folds: `folds.parquet`; each cut's thresholds are drawn as a strip from the lowest fold's to the highest's.
    """
    bins = edges(table)
    ax.set_yscale("log")
    band(ax, bins, table["template"], table["template_error"], label="background template")
    points(ax, bins, table["data"], label="data")
    for color, efficiency in zip((*CYCLE[1:3], CYCLE[5]), values(folds, "efficiency") if folds else (), strict=False):
        thresholds = select(folds or {}, efficiency=efficiency)["threshold"]
        low, high = thresholds.min(), thresholds.max()
        # Only so high that the strips end below the legend.
        label = f"thresholds of the {100 * efficiency:g} % cut"
        ax.axvspan(low, high, ymax=0.7, color=color, alpha=0.4, linewidth=0, label=label)
    ax.set_xlim(bins[0], bins[-1])
    ax.set_ylim(0.3, 60 * max(table["data"].max(), 1))
    ax.set_ylabel("events")
    ax.legend(loc="upper right", ncols=2)
    return ax


def score_ratio(table: Table, ax: Axes) -> Axes:
    """Data over the background template; a rise towards the right is the excess that the cuts select."""
    ratio(ax, edges(table), table["data"], table["template"], table["template_error"])
    ax.set_xlabel("score (log-odds of data against background)")
    return ax
