"""The mass spectrum: data, the background fit that leaves out the signal region, and the pulls between them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.histograms import band, points
from resonaut.plots.labels import axis_label
from resonaut.plots.style import EXCESS, MUTED, REGION, TEMPLATE
from resonaut.plots.table import Table, edges

__all__ = ["PeakFit", "pulls", "spectrum"]


class PeakFit(Protocol):
    """What is said about the fit in the legend."""

    @property
    def chi2(self) -> float: ...
    @property
    def n_dof(self) -> int: ...
    @property
    def p_value(self) -> float: ...
    @property
    def fitted_yield(self) -> float: ...
    @property
    def fitted_yield_error(self) -> float: ...
    @property
    def peak_mass(self) -> float | None: ...
    @property
    def peak_mass_error(self) -> float | None: ...


def spectrum(table: Table, ax: Axes, *, region: tuple[float, float], fit: PeakFit | None = None) -> Axes:
    """Events in bins of mass over the fitted background, on a logarithmic scale.

    Args:
        table: One cut's rows of `spectra.parquet`.
        ax: Where to draw.
        region: The signal region, GeV; shaded.
        fit: Its goodness and the fitted peak, for the legend.
    """
    mass_edges, observed, expected = edges(table), table["observed"], table["expected"]
    quality = "" if fit is None else f"\n$\\chi^2$ / dof = {fit.chi2:.1f} / {fit.n_dof}, p = {fit.p_value:.2g}"
    label = f"background fit{quality}"
    ax.set_yscale("log")
    ax.axvspan(*region, color=REGION, alpha=0.15, linewidth=0, label="signal region, not in the fit")
    if np.isfinite(expected).any():
        band(ax, mass_edges, expected, table["expected_error"], label=label)
    points(ax, mass_edges, observed, label="data")
    if fit is not None and fit.peak_mass is not None and fit.peak_mass_error is not None:
        _peak(ax, fit.peak_mass, fit.peak_mass_error, f"{fit.fitted_yield:.0f} ± {fit.fitted_yield_error:.0f} events")
    # A hundred times the highest bin leaves the upper third to the legend; empty bins keep their upper error.
    ax.set_ylim(0.3, max(observed.max(), 1) * 60)
    ax.set_xlim(mass_edges[0], mass_edges[-1])
    width = np.unique(np.round(np.diff(mass_edges), 6))
    ax.set_ylabel(f"events / {width[0]:g} GeV" if len(width) == 1 else "events / bin")
    ax.legend(loc="upper right")
    return ax


def pulls(table: Table, ax: Axes, *, region: tuple[float, float], mass: str = "mjj") -> Axes:
    """Observed minus expected in units of the error; the fit is made to the blue bins only."""
    pull, fitted = np.nan_to_num(table["pull"]), table["in_fit"].astype(bool)
    ax.axvspan(*region, color=REGION, alpha=0.15, linewidth=0)
    ax.stairs(np.where(fitted, pull, 0.0), edges(table), fill=True, color=TEMPLATE, linewidth=0)
    ax.stairs(np.where(fitted, 0.0, pull), edges(table), fill=True, color=REGION, linewidth=0)
    for level in (-2, 0, 2):
        ax.axhline(level, color=MUTED, linewidth=0.8, linestyle="-" if level == 0 else ":")
    height = max(3.5, 1.15 * float(np.abs(pull).max(initial=0)))
    ax.set_ylim(-height, height)
    ax.set_ylabel("pull", loc="center")
    ax.set_xlabel(axis_label(mass))
    return ax


def _peak(ax: Axes, mass: float, error: float, events: str) -> None:
    """The fitted peak's position, marked along the lower edge, and its yield in the legend."""
    ax.errorbar(
        [mass],
        [0.06],
        xerr=[error],
        fmt="^",
        color=EXCESS,
        markersize=6,
        transform=ax.get_xaxis_transform(),
        label=f"fitted peak: {events}\nat {mass:.0f} ± {error:.0f} GeV",
    )
