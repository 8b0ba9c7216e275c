"""Does a cut shape the mass spectrum by itself? The fraction of events that pass it, against mass.

A cut that passes a larger fraction of background at one mass than at another makes a bump out of nothing.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.labels import axis_label
from resonaut.plots.style import DATA, MUTED, REGION, TEMPLATE
from resonaut.plots.table import Table, centres, select, values

__all__ = ["sculpting"]

_LOOKS = ((DATA, "o", -0.12), (TEMPLATE, "s", 0.12))


def sculpting(
    table: Table,
    ax: Axes,
    *,
    efficiency: float,
    region: tuple[float, float],
    mass: str = "mjj",
    legend: bool = True,
) -> Axes:
    """Fraction of events that pass one cut in bins of mass, for data and for sampled background.

    Args:
        table: One cut's rows of `sculpting.parquet`.
        ax: Where to draw.
        efficiency: What the cut is meant to pass; drawn as a line.
        region: The signal region, GeV; shaded.
        mass: Column of the mass, for the label.
        legend: Whether to say which points are which.
    """
    ax.axvspan(*region, color=REGION, alpha=0.15, linewidth=0)
    ax.axhline(100 * efficiency, color=MUTED, linewidth=1, linestyle="--", label="nominal")
    for sample, (color, marker, shift) in zip(values(table, "sample"), _LOOKS, strict=False):
        rows = select(table, sample=sample)
        width = rows["high"] - rows["low"]
        ax.errorbar(
            centres(rows) + shift * width,
            100 * rows["fraction"],
            yerr=100 * rows["fraction_error"],
            fmt=marker,
            color=color,
            elinewidth=0.9,
            label=str(sample),
        )
    ax.set_xlim(table["low"].min(), table["high"].max())
    # Where few events are left, the errors are too long to set the scale.
    reach = np.nanquantile(table["fraction"] + table["fraction_error"], 0.8)
    ax.set_ylim(0, 145 * max(1.5 * efficiency, reach))
    ax.set_xlabel(axis_label(mass))
    ax.set_ylabel("events passing [%]")
    if legend:
        ax.legend(loc="upper right", ncols=3)
    return ax
