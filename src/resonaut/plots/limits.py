"""Upper limits: CLs against the cross-section, excluded against injected, and the signal's shape."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from resonaut.plots.histograms import points
from resonaut.plots.labels import axis_label
from resonaut.plots.style import DATA, EXCESS, MUTED, TEMPLATE
from resonaut.plots.table import Table, edges

__all__ = ["BAND_68", "BAND_95", "cls_curve", "injected_against_excluded", "signal_region", "signal_shape"]

BAND_68, BAND_95 = "#607641", "#F5BB54"
"""Green and yellow, in the tones that CMS uses for readers with impaired colour vision."""
FB = 1000.0
_NAMES = ("m2", "m1", "0", "p1", "p2")


def cls_curve(table: Table, ax: Axes, *, level: float = 0.05) -> Axes:
    """CLs against the cross-section at one efficiency; excluded is what lies below the level.

    Args:
        table: `cls.parquet`.
        ax: Where to draw.
        level: Of the exclusion.
    """
    x = FB * table["cross_section_pb"]
    lowest, low, median, high, highest = (np.maximum(table[f"expected_{name}"], 1e-6) for name in _NAMES)
    ax.set_yscale("log")
    ax.set_xscale("log")
    ax.fill_between(x, lowest, highest, color=BAND_95, linewidth=0, label="95 % expected")
    ax.fill_between(x, low, high, color=BAND_68, linewidth=0, label="68 % expected")
    ax.plot(x, median, color=DATA, linestyle="--", label="median expected")
    ax.plot(x, table["observed"], color=DATA, label="observed")
    ax.axhline(level, color=EXCESS, linewidth=1)
    ax.text(x[-1] / 1.03, level * 1.1, f"CLs = {level:g}", color=EXCESS, ha="right", va="bottom", fontsize=10)
    ax.set_ylim(5e-3, 15)  # the upper part is the legend's
    ax.set_xlim(x[0], x[-1])
    _plain_numbers(ax.xaxis)
    ax.set_xlabel("cross-section [fb]")
    ax.set_ylabel("CLs")
    ax.legend(loc="upper right", ncols=2)
    return ax


def injected_against_excluded(table: Table, ax: Axes, *, limit_pb: float, uncut: Table | None = None) -> Axes:
    """What is excluded at the efficiency that each injected cross-section gives the search.

    Args:
        table: One cut's rows of the grid: `injected_pb`, `observed_pb`, `expected_0_pb` and the other bands.
        ax: Where to draw.
        limit_pb: The limit: the least of the larger of the two.
        uncut: The row without a cut, whose efficiency is 1.
    """
    order = np.argsort(table["injected_pb"])
    x = FB * table["injected_pb"][order]
    lowest, low, median, high, highest = (FB * table[f"expected_{name}_pb"][order] for name in _NAMES)
    observed = FB * table["observed_pb"][order]
    ax.set_yscale("log")
    ax.set_xscale("log")
    ax.fill_between(x, lowest, highest, color=BAND_95, linewidth=0, label="95 % expected")
    ax.fill_between(x, low, high, color=BAND_68, linewidth=0, label="68 % expected")
    ax.plot(x, median, color=DATA, linestyle="--", marker="o", markerfacecolor="white", label="median expected")
    ax.plot(x, observed, color=DATA, marker="o", label="observed")
    left, right = x.min() / 1.25, x.max() * 1.25
    ax.plot([left, right], [left, right], color=MUTED, linestyle=":", label="excluded = injected")
    ax.plot([left, right], [FB * limit_pb] * 2, color=EXCESS, linewidth=1.2, label=f"limit: {FB * limit_pb:.3g} fb")
    values = [*lowest, *highest, *observed, left, right]
    if uncut is not None:
        without = FB * float(uncut["expected_0_pb"][0])
        ax.plot([left, right], [without] * 2, color=TEMPLATE, linestyle="-.", label="median expected, no cut")
        values.append(without)
    ax.set_xlim(left, right)
    # The upper part is the legend's.
    ax.set_ylim(min(values) / 1.5, max(values) * (max(values) / min(values)) ** 0.6)
    _plain_numbers(ax.xaxis)
    _plain_numbers(ax.yaxis)
    ax.set_xlabel("injected cross-section [fb]")
    ax.set_ylabel("excluded cross-section [fb]")
    ax.legend(loc="upper left", ncols=2)
    return ax


def signal_region(table: Table, ax: Axes, *, mass: str = "mjj") -> Axes:
    """The selected events of the signal region, the expected background, and the signal at the limit on top.

    Args:
        table: `region.parquet`.
        ax: Where to draw.
        mass: Column of the resonant mass.
    """
    mass_edges, background, error = edges(table), table["background"], table["background_error"]
    ax.stairs(background, mass_edges, color=TEMPLATE, label="background")
    ax.stairs(
        background + error,
        mass_edges,
        baseline=background - error,
        fill=True,
        facecolor=TEMPLATE + "30",
        edgecolor=TEMPLATE,
        hatch="/////",
        linewidth=0,
        label="its uncertainty",
    )
    with_signal = background + table["signal_at_limit"]
    ax.stairs(with_signal, mass_edges, color=EXCESS, linestyle="--", label="with the signal at its limit")
    points(ax, mass_edges, table["observed"], label="data")
    ax.set_xlim(mass_edges[0], mass_edges[-1])
    ax.set_ylim(0, 1.6 * max(float(with_signal.max()), float(table["observed"].max()), 1.0))
    ax.set_xlabel(axis_label(mass))
    ax.set_ylabel("events / bin")
    ax.legend(loc="upper right")
    return ax


def signal_shape(table: Table, ax: Axes, *, region: tuple[float, float], mass: str = "mjj") -> Axes:
    """Simulated signal and the shape that was fitted to it.

    Args:
        table: `signal.parquet`.
        ax: Where to draw.
        region: The signal region, GeV.
        mass: Column of the resonant mass.
    """
    mass_edges = edges(table)
    ax.set_yscale("log")
    ax.axvspan(*region, color=MUTED, alpha=0.2, linewidth=0, label="signal region")
    points(ax, mass_edges, table["simulated"], label="simulated signal")
    ax.plot((mass_edges[1:] + mass_edges[:-1]) / 2, table["fitted"], color=EXCESS, label="double Crystal Ball")
    ax.set_xlim(mass_edges[0], mass_edges[-1])
    ax.set_ylim(0.3, 20 * float(table["simulated"].max()))
    ax.set_xlabel(axis_label(mass))
    ax.set_ylabel("events / bin")
    ax.legend(loc="upper left")
    return ax


def _plain_numbers(axis: Axis) -> None:
    """1, 2, 5, 10, ... on a logarithmic axis: limits rarely span the decades that powers of ten are made for."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_locator(NullLocator())
