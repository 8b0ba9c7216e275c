"""A scan over the mass: the local p-value in every window, and how often background alone looks as significant."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from scipy.stats import norm

from resonaut.plots.labels import axis_label
from resonaut.plots.style import CYCLE, DATA, EXCESS, MUTED, TEMPLATE
from resonaut.plots.table import Table, centres, select, values

__all__ = ["local_p", "toy_maxima"]

_COLORS = (MUTED, CYCLE[0], CYCLE[1], CYCLE[2], CYCLE[3], CYCLE[5])
_MARKERS = "xosD^v"
_LEAST = 1e-300
"""A logarithmic axis has no 0."""


def local_p(table: Table, ax: Axes, *, mass: str = "mjj") -> Axes:
    """Local p of each window by cut, and after the trials over the cuts; hollow where no claim may rest on it.

    Args:
        table: `scan.parquet`.
        ax: Where to draw.
        mass: Column of the mass, for the label.
    """
    ax.set_yscale("log")
    for i, efficiency in enumerate(values(table, "efficiency")):
        rows = select(table, efficiency=efficiency)
        x, p = centres(rows), np.maximum(rows["p_local"], _LEAST)
        color, marker = _COLORS[i % len(_COLORS)], _MARKERS[i % len(_MARKERS)]
        name = "no cut" if efficiency == 1 else f"{100 * efficiency:g} % cut"
        ax.plot(x, p, color=color, linewidth=0.9, marker=marker, markerfacecolor="white", label=name)
        trusted = rows["trusted"].astype(bool)
        ax.plot(x[trusted], p[trusted], color=color, linestyle="none", marker=marker)
    rows = select(table, efficiency=float(values(table, "efficiency")[0]))
    quoted = np.maximum(rows["p_quoted"], _LEAST)
    width = (rows["high"] - rows["low"]) / 2
    ax.errorbar(centres(rows), quoted, xerr=width, fmt="_", color=DATA, elinewidth=1.6, label="best cut, after trials")
    least = max(min(float(table["p_local"].min()), float(quoted.min())), _LEAST)
    lowest = 10 ** (1.15 * np.log10(min(least, 1e-3)))
    for z in range(1, 38):
        level = norm.sf(z)
        # From five sigma on every line would be a grid; so every fifth.
        if level > lowest and (z <= 5 or z % 5 == 0):
            ax.axhline(level, color=MUTED, linewidth=0.7, linestyle=":", zorder=0)
            ax.text(1.005, level, rf"{z}$\sigma$", transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    ax.set_ylim(lowest, 2.0)
    ax.set_xlim(table["low"].min(), table["high"].max())
    ax.set_xlabel(axis_label(mass))
    ax.set_ylabel("local p-value")
    _legend_above(ax)
    return ax


def toy_maxima(table: Table, ax: Axes, *, observed: float) -> Axes:
    """The largest significance of each toy of the scan, beside that of the data.

    Args:
        table: `scan_toys.parquet`, a column a window.
        ax: Where to draw.
        observed: Of the data.
    """
    toys = np.stack(list(table.values()))
    largest = np.where(np.isnan(toys), -np.inf, toys).max(axis=0)
    edges = np.arange(-3.0, max(5.0, np.ceil(observed) + 1.5), 0.25)
    counts = np.histogram(largest, edges)[0]
    ax.set_yscale("log")
    ax.stairs(counts, edges, fill=True, color=TEMPLATE, alpha=0.4, label=f"{len(largest):,} toys of the scan")
    ax.axvline(observed, color=EXCESS, linewidth=1.6, label="data")
    ax.set_ylim(0.5, 2 * max(counts.max(), 1))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(r"largest significance over the windows [$\sigma$]")
    ax.set_ylabel("toys")
    _legend_above(ax)
    return ax


def _legend_above(ax: Axes) -> None:
    """Over the axes: an excess may be anywhere in them."""
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=7, borderaxespad=0.2, columnspacing=1.2)
