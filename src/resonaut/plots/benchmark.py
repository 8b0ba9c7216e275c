"""Methods beside each other: ROC and SIC with bands over trainings, and what becomes of them with less signal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from resonaut.plots.style import CYCLE, MUTED
from resonaut.plots.table import Table
from resonaut.statistics.bands import Band

__all__ = ["injection_scan", "rejection_bands", "sic_bands", "significance_scan"]

_LINES = ("-", "--", "-.")
_GUESSING, _NO_GAIN, _BEFORE, _DISCOVERY = "guessing", "no gain", "before the cut", "5σ"
_HELD_AGAINST = (_GUESSING, _NO_GAIN, _BEFORE, _DISCOVERY)

_OFFSET = 0.025
"""How far points that share an abscissa are drawn apart, of its length."""


def rejection_bands(bands: Mapping[str, Band], ax: Axes) -> Axes:
    """Background rejection 1 / FPR against signal efficiency, median and 68 % of the trainings.

    Args:
        bands: By the methods' names.
        ax: Where to draw.
    """
    ax.set_yscale("log")
    top = 10.0
    for place, (name, band) in enumerate(bands.items()):
        shown = band.passes_floor
        if not shown.any():
            continue
        # A training that lets nothing pass has no rejection; the band then ends at ten times the median.
        upper = 1 / np.maximum(band.fpr_low[shown], 0.1 * band.fpr[shown])
        ax.fill_between(band.tpr[shown], 1 / band.fpr_high[shown], upper, color=_colour(place), alpha=0.25, linewidth=0)
        ax.plot(band.tpr[shown], 1 / band.fpr[shown], color=_colour(place), linestyle=_line(place), label=name)
        top = max(top, float(upper.max()))
    efficiency = np.linspace(0.01, 1, 200)
    ax.plot(efficiency, 1 / efficiency, color=MUTED, linestyle=":", linewidth=1, label=_GUESSING)
    _efficiency_axis(ax)
    ax.set_ylim(1, 20 * top)
    ax.set_ylabel("background rejection, 1 / FPR")
    _legend(ax, "upper right")
    return ax


def sic_bands(bands: Mapping[str, Band], ax: Axes) -> Axes:
    """Significance improvement against signal efficiency, where enough background passes to quote it.

    Args:
        bands: By the methods' names.
        ax: Where to draw.
    """
    top = 1.0
    for place, (name, band) in enumerate(bands.items()):
        middle, low, high = band.sic()
        shown = band.passes_floor
        if not shown.any():
            continue
        ax.fill_between(band.tpr[shown], low[shown], high[shown], color=_colour(place), alpha=0.25, linewidth=0)
        ax.plot(band.tpr[shown], middle[shown], color=_colour(place), linestyle=_line(place), label=name)
        top = max(top, float(np.nanmax(high[shown])))
    ax.axhline(1, color=MUTED, linewidth=1, linestyle=":", label=_NO_GAIN)
    _efficiency_axis(ax)
    ax.set_ylim(0, 1.45 * top)
    ax.set_ylabel("significance improvement, TPR / √FPR")
    _legend(ax, "upper right")
    return ax


def injection_scan(methods: Mapping[str, Table], ax: Axes) -> Axes:
    """Maximum significance improvement against the injected signal.

    Args:
        methods: By name: columns `injected`, `s_over_sqrt_b`, `max_sic`, `max_sic_low`, `max_sic_high`; NaN for none.
        ax: Where to draw; S/sqrt(B) stands on top.
    """
    top = _points(methods, "max_sic", ax)
    ax.axhline(1, color=MUTED, linewidth=1, linestyle=":", label=_NO_GAIN)
    ax.set_ylim(0, 1.4 * max(top, 1.0))
    ax.set_ylabel("maximum SIC")
    _injection_axis(methods, ax)
    return ax


def significance_scan(methods: Mapping[str, Table], ax: Axes) -> Axes:
    """Significance of the signal after the best cut, SIC times S/sqrt(B), against the injected signal.

    Args:
        methods: By name: columns `injected`, `s_over_sqrt_b`, `significance`, `significance_low`, `significance_high`.
        ax: Where to draw; S/sqrt(B) stands on top.
    """
    top = _points(methods, "significance", ax)
    first = next(iter(methods.values()))
    ax.plot(first["injected"], first["s_over_sqrt_b"], color=MUTED, linestyle=":", linewidth=1, label=_BEFORE)
    ax.axhline(5, color="black", linewidth=1, linestyle="--", label=_DISCOVERY)
    ax.set_ylim(0, 1.4 * max(top, 5.0))
    ax.set_ylabel("S/√B after the best cut")
    _injection_axis(methods, ax)
    return ax


def _points(methods: Mapping[str, Table], quantity: str, ax: Axes) -> float:
    """Medians with their 68 % intervals, side by side where several methods have the same abscissa."""
    every = np.unique(np.concatenate([table["injected"] for table in methods.values()]))
    offsets = np.linspace(-1, 1, len(methods)) * _OFFSET * _span(every) if len(methods) > 1 else [0.0]
    top = 0.0
    for place, ((name, table), offset) in enumerate(zip(methods.items(), offsets, strict=True)):
        known = np.isfinite(table[quantity])
        middle = table[quantity][known]
        below, above = middle - table[f"{quantity}_low"][known], table[f"{quantity}_high"][known] - middle
        ax.errorbar(
            table["injected"][known] + offset,
            middle,
            yerr=(below, above),
            color=_colour(place),
            linestyle=_line(place),
            marker="o",
            label=name,
        )
        top = max(top, float((middle + above).max(initial=0.0)))
    return top


def _span(injected: np.ndarray) -> float:
    """Length of the abscissa, also where there is one number of injected events only."""
    return max(float(np.ptp(injected)), 0.5 * float(injected.max()), 1.0)


def _injection_axis(methods: Mapping[str, Table], ax: Axes) -> None:
    """Injected events below, what that is in the signal region on top."""
    table = max(methods.values(), key=lambda one: len(one["injected"]))
    injected, strength = table["injected"], table["s_over_sqrt_b"]
    margin = 3 * _OFFSET * _span(injected)
    ax.set_xlim(float(injected.min()) - margin, float(injected.max()) + margin)
    ax.set_xlabel("injected signal events")
    _legend(ax, "upper left")
    above = ax.secondary_xaxis("top")
    above.xaxis.set_major_locator(FixedLocator(injected.tolist()))
    above.xaxis.set_minor_locator(NullLocator())
    above.set_xticklabels(_apart(injected, strength))
    above.set_xlabel("S/√B in the signal region", labelpad=6)
    ax.tick_params(axis="x", which="both", top=False)


def _apart(injected: np.ndarray, strength: np.ndarray) -> list[str]:
    """A label for each position, left out where it would touch the one before."""
    least, last, labels = 0.07 * float(np.ptp(injected)), -np.inf, []
    for position, value in zip(injected.tolist(), strength.tolist(), strict=True):
        fits = position - last >= least
        labels.append(f"{value:.1f}" if fits else "")
        last = position if fits else last
    return labels


def _legend(ax: Axes, where: Literal["upper left", "upper right"]) -> None:
    """Methods first, in their order; what they are held against last."""
    handles, labels = ax.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: labels[i] in _HELD_AGAINST)
    ax.legend([handles[i] for i in order], [labels[i] for i in order], loc=where, ncols=2)


def _colour(place: int) -> str:
    return CYCLE[place % len(CYCLE)]


def _line(place: int) -> str:
    """Where colours come again, another line."""
    return _LINES[place // len(CYCLE) % len(_LINES)]


def _efficiency_axis(ax: Axes) -> None:
    ax.set_xlim(0, 1)
    ax.set_xlabel("signal efficiency, TPR")
