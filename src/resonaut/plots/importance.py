"""How well points are sampled: the distribution of their weights, and how a map got better while it learnt."""

from __future__ import annotations

from matplotlib.axes import Axes

from resonaut.plots.style import CYCLE, MUTED, REGION, TEMPLATE
from resonaut.plots.table import Table, edges, select, values

__all__ = ["efficiency_by_round", "weight_histogram"]


def weight_histogram(table: Table, ax: Axes) -> Axes:
    """Weights of each group of channels, in units of the weight that is always accepted.

    Args:
        table: `weights.parquet`.
        ax: Where to draw.
    """
    groups = values(table, "group")
    for i, group in enumerate(groups):
        rows = select(table, group=group)
        name = f"channel {group}" if len(groups) > 1 else None
        ax.stairs(rows["points"], edges(rows), color=CYCLE[i % len(CYCLE)], linewidth=1.4, label=name)
    ax.axvline(1, color=MUTED, linewidth=1, linestyle="--")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylim(bottom=0.5)
    ax.set_xlabel("weight / weight that is always accepted")
    ax.set_ylabel("points / bin")
    if len(groups) > 1:
        ax.legend(loc="upper left")
    return ax


def efficiency_by_round(table: Table, ax: Axes) -> Axes:
    """Unweighting efficiency and relative deviation of the weights, from the grid alone to the last round.

    Args:
        table: `learning.parquet`.
        ax: Where to draw.
    """
    ax.plot(table["round"], table["efficiency"], color=TEMPLATE, marker="o", label="unweighting efficiency")
    ax.plot(
        table["round"], table["relative_deviation"], color=REGION, marker="s", label="deviation of the weights / mean"
    )
    ax.set_ylim(bottom=0)
    ax.set_xticks(table["round"])
    ax.set_xlabel("round of training")
    ax.set_ylabel("efficiency, relative deviation")
    ax.legend(loc="center right")
    return ax
