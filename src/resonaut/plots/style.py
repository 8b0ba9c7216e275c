"""How the figures look: mplhep's ROOT style at the size of a report, without anybody's label.

The colours are Petroff's six (arXiv:2107.02270), which people with impaired colour vision tell apart. Settings hold
inside `report_style` only: a user's own stay as they are. Figures are made without pyplot, so that none needs a display
and none outlives its last reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "CYCLE",
    "DATA",
    "EXCESS",
    "MUTED",
    "REGION",
    "TEMPLATE",
    "above_and_below",
    "figure",
    "panels",
    "report_style",
]

TEMPLATE = "#5790fc"
REGION = "#f89c20"
EXCESS = "#e42536"
MUTED = "#9c9ca1"
DATA = "black"
CYCLE = (TEMPLATE, REGION, EXCESS, "#964a8b", MUTED, "#7a21dd")

_DPI = 144
# The ROOT style is made for a figure ten inches wide; these are its proportions at half of that.
_SIZES: dict[str, Any] = {
    "font.size": 12,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.linewidth": 1.0,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "legend.fontsize": 10,
    "legend.handlelength": 1.6,
    "legend.labelspacing": 0.35,
    "xtick.major.size": 6,
    "xtick.minor.size": 3,
    "xtick.major.pad": 4,
    "ytick.major.size": 6,
    "ytick.minor.size": 3,
    # Minor ticks and the search for a free height of the title cost half of the drawing time.
    "xtick.minor.visible": False,
    "ytick.minor.visible": False,
    "axes.titley": 1.0,
    "axes.titlepad": 6,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "errorbar.capsize": 0,
    "hatch.linewidth": 0.6,
    "figure.dpi": _DPI,
    "savefig.dpi": _DPI,
    "figure.constrained_layout.use": False,
    "text.usetex": False,
}


@contextmanager
def report_style() -> Iterator[None]:
    """Draw in this style inside a `with` block."""
    import mplhep  # registers its fonts, and is needed nowhere else

    settings: Any = mplhep.style.ROOT | _SIZES
    with mpl.rc_context(settings):
        yield


def figure(width: float = 6.4, height: float = 4.8) -> Figure:
    """An empty figure, sizes in inches."""
    return Figure(figsize=(width, height), dpi=_DPI)


def panels(n: int, *, columns: int, width: float = 9.6, height: float = 2.9) -> tuple[Figure, list[Axes]]:
    """A figure of `n` panels, row by row, each with its own axes.

    Args:
        n: How many.
        columns: How many stand beside each other.
        width: Of the figure, inches.
        height: Of a row.
    """
    rows = -(-n // columns)
    canvas = figure(width, rows * height)
    left, right, bottom, top, beside, between = 0.75, 0.15, 0.6, 0.3, 0.8, 0.9
    panel_width = (width - left - right - beside * (columns - 1)) / columns
    panel_height = (rows * height - bottom - top - between * (rows - 1)) / rows
    axes = canvas.subplots(rows, columns, squeeze=False).ravel().tolist()
    canvas.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / (rows * height),
        top=1 - top / (rows * height),
        wspace=beside / panel_width,
        hspace=between / panel_height,
    )
    for ax in axes[n:]:
        ax.remove()
    return canvas, axes[:n]


def above_and_below(
    canvas: Figure, *, columns: int = 1, rows: int = 1, ratio: float = 2.8, gap: float = 0.0
) -> list[tuple[Axes, Axes]]:
    """Pairs of a main panel and a lower one with the same abscissa, row by row, filling the figure.

    Args:
        canvas: Where they go.
        columns, rows: How many pairs.
        ratio: Height of the main panel over that of the lower one.
        gap: Added between rows, in units of a row's height.
    """
    width, height = canvas.get_size_inches()
    left, right, bottom, top, between = 0.75, 0.25, 0.6, 0.35, 0.8
    outer = canvas.add_gridspec(
        rows,
        columns,
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - top / height,
        wspace=between * columns / (width - left - right - between * (columns - 1)),
        hspace=gap,
    )
    pairs = []
    for row, column in product(range(rows), range(columns)):
        inner = outer[row, column].subgridspec(2, 1, height_ratios=[ratio, 1], hspace=0.06)
        main = canvas.add_subplot(inner[0])
        lower = canvas.add_subplot(inner[1], sharex=main)
        main.tick_params(labelbottom=False)
        for ax in (main, lower):
            # One distance for both, so that the labels stand in line.
            ax.yaxis.set_label_coords(-0.5 / (ax.get_position().width * width), 0.5)
        pairs.append((main, lower))
    return pairs
