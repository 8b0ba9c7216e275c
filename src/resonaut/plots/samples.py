"""A column of a simulated sample: background filled, signal as a line, of unit area where there are both."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes

from resonaut.plots.histograms import count_errors
from resonaut.plots.labels import axis_label, unit
from resonaut.plots.style import EXCESS, TEMPLATE
from resonaut.plots.table import Table, edges, select, values

__all__ = ["samples"]

Array = np.ndarray


def samples(table: Table, ax: Axes, *, log: bool = False, legend: bool = True) -> Axes:
    """Histogram of one column.

    Args:
        table: Rows `sample, column, low, high, events` of one column; samples are `background` and `signal`, or one.
        ax: Where to draw.
        log: Whether the ordinate is logarithmic.
        legend: Whether to say which sample is which.
    """
    names = values(table, "sample")
    histograms = {name: select(table, sample=name) for name in names}
    bins = edges(next(iter(histograms.values())))
    normalise = len(names) > 1
    top, least = 0.0, np.inf
    for name, rows in histograms.items():
        events = rows["events"]
        scale = 1 / max(events.sum(), 1) if normalise else 1.0
        draw = _line if name == "signal" and normalise else _filled
        draw(ax, bins, events, scale, name)
        top, least = max(top, events.max(initial=0) * scale), min(least, scale)
    if log:
        ax.set_yscale("log")
        ax.set_ylim(0.5 * least, max((20 if legend else 3) * top, 2 * least))
    else:
        ax.set_ylim(0, (1.4 if legend else 1.15) * top or 1.0)
    ax.set_xlim(bins[0], bins[-1])
    column = str(table["column"][0])
    ax.set_xlabel(axis_label(column))
    ax.set_ylabel(f"{'fraction' if normalise else 'events'} / {_bin(bins, unit(column))}")
    if legend:
        ax.legend(loc="upper right")
    return ax


def _filled(ax: Axes, bins: Float[Array, " B+1"], events: Int[Array, " B"], scale: float, label: str) -> None:
    ax.stairs(events * scale, bins, fill=True, facecolor=TEMPLATE + "59", edgecolor=TEMPLATE, linewidth=1, label=label)


def _line(ax: Axes, bins: Float[Array, " B+1"], events: Int[Array, " B"], scale: float, label: str) -> None:
    """With its Poisson errors shaded: a signal often has few events."""
    # Not where it has none: over an empty range the error would say more than the line.
    down, up = np.where(events > 0, count_errors(events), 0.0)
    ax.stairs(
        (events + up) * scale, bins, baseline=(events - down) * scale, fill=True, color=EXCESS + "40", linewidth=0
    )
    ax.stairs(events * scale, bins, baseline=None, color=EXCESS, linewidth=1.5, label=label)


def _bin(bins: Float[Array, " B+1"], units: str) -> str:
    """The width of a bin; a whole number's bin is the number itself."""
    width = bins[1] - bins[0]
    return f"{width:.3g} {units}".strip()
