"""The excess fold by fold: each part of the data, scored by classifiers that saw only the other parts."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.style import CYCLE, MUTED
from resonaut.plots.table import Table, select, values

__all__ = ["fold_significances"]

_COLORS = (CYCLE[0], CYCLE[1], CYCLE[2], CYCLE[3], CYCLE[5])
_MARKERS = "osD^v"


def fold_significances(table: Table, ax: Axes) -> Axes:
    """The local z of each fold alone, by cut; a true excess is in all of them.

    Args:
        table: `folds.parquet`.
        ax: Where to draw.
    """
    efficiencies = values(table, "efficiency")
    for i, efficiency in enumerate(efficiencies):
        rows = select(table, efficiency=efficiency)
        color, marker = _COLORS[i % len(_COLORS)], _MARKERS[i % len(_MARKERS)]
        shift = 0.14 * (i - (len(efficiencies) - 1) / 2)
        x = rows["fold"] + 1 + shift
        ax.errorbar(
            x, rows["z"], yerr=1.0, fmt=marker, color=color, elinewidth=0.9, label=f"{100 * efficiency:g} % cut"
        )
    ax.axhline(0, color=MUTED, linewidth=1)
    n = int(table["fold"].max()) + 1
    ax.set_xlim(0.5, n + 0.5)
    ax.set_xticks(np.arange(n) + 1)
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)
    low, high = min(-1.5, table["z"].min() - 1.4), max(1.5, table["z"].max() + 1.4)
    ax.set_ylim(low, high + 0.25 * (high - low))
    ax.set_xlabel("fold")
    ax.set_ylabel(r"local z of the fold [$\sigma$]")
    ax.legend(loc="upper right", ncols=3)
    return ax
