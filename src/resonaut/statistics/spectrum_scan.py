"""One spectrum, many windows: the local significance at every place where a resonance could be.

Each window is masked in turn, the rest is fitted, and what the window holds is compared with what the fit expects
there. Windows overlap, so that a resonance between two of them is not missed, and are as wide as the resolution, which
is a fraction of the mass. All windows of a toy are counted on one set of fine bins: what they share stays shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Real

from resonaut.errors import FitError, RegionError
from resonaut.statistics.background_fit import SpectrumFit, Window
from resonaut.statistics.counting import excess_z
from resonaut.statistics.many_fits import estimate_windows

__all__ = ["RELATIVE_WIDTH", "ScanResult", "SpectrumScan", "overlapping_windows"]

Array = np.ndarray
RELATIVE_WIDTH = 400.0 / 3500.0
"""A window's width over its centre: 400 GeV at 3500."""


def overlapping_windows(
    lowest: float, highest: float, *, relative_width: float = RELATIVE_WIDTH, step: float = 0.5
) -> list[Window]:
    """Windows whose centres go from `lowest` to at most `highest`, GeV, each `step` of its width after the last.

    Raises:
        RegionError: centres the wrong way round, or widths that leave no window.
    """
    if not (0 < lowest <= highest and 0 < relative_width < 2 and step > 0):
        raise RegionError(
            f"windows centred from {lowest:g} to {highest:g} GeV, {relative_width:g} of the mass wide in steps of"
            f" {step:g}: give LOW:HIGH in GeV, a relative width below 2 and a positive step"
        )
    windows, centre = [], lowest
    while centre <= highest * (1 + 1e-9):
        windows.append((centre * (1 - relative_width / 2), centre * (1 + relative_width / 2)))
        centre *= 1 + step * relative_width
    return windows


@dataclass(frozen=True, eq=False)
class ScanResult:
    """A row for each spectrum, a column for each window; NaN where no fit could be made.

    Args:
        observed: Events in the window.
        expected: By the fit of what lies outside.
        expected_error: Its error.
        z: Local significance.
        fit_p_value: Whether the function describes the spectrum; below 0.01 it does not, and z means nothing.
        n_shape_parameters: Of the fit.
    """

    observed: Int[Array, "T W"]
    expected: Float[Array, "T W"]
    expected_error: Float[Array, "T W"]
    z: Float[Array, "T W"]
    fit_p_value: Float[Array, "T W"]
    n_shape_parameters: Int[Array, "T W"]


@dataclass(frozen=True, kw_only=True)
class SpectrumScan:
    """Which windows, in which range, by which fit.

    Args:
        windows: Low and high edges, GeV.
        fit_range: GeV.
        fit: How each spectrum is binned and fitted.

    Raises:
        FitError: a window that leaves no spectrum on one side of it.
    """

    windows: Sequence[Window]
    fit_range: Window
    fit: SpectrumFit = field(default_factory=SpectrumFit)

    def __post_init__(self) -> None:
        if not self.windows:
            raise FitError("a scan needs at least one window; widen the range of its centres")
        for window in self.windows:
            self.fit.bin_edges(self.fit_range, window)

    @cached_property
    def edges(self) -> Float[Array, " E"]:
        """Edges of the fine bins: every edge of every window's bins is among them, GeV."""
        return np.unique(np.concatenate([self.fit.bin_edges(self.fit_range, window) for window in self.windows]))

    def count(self, mass: Float[Array, " N"]) -> Int[Array, " B"]:
        """Masses in the fine bins, half-open as regions are."""
        return np.bincount(np.searchsorted(self.edges, mass, side="right"), minlength=len(self.edges) + 1)[1:-1]

    def scan(self, counts: Real[Array, "T B"]) -> ScanResult:
        """Local significance in every window of every spectrum, counted in the fine bins."""
        columns = [self._in_window(counts, window) for window in self.windows]
        return ScanResult(*(np.stack(parts, axis=1) for parts in zip(*columns, strict=True)))

    def _in_window(self, counts: Real[Array, "T B"], window: Window) -> tuple[Array, ...]:
        edges = self.fit.bin_edges(self.fit_range, window)
        coarse = np.add.reduceat(counts, np.searchsorted(self.edges, edges[:-1]), axis=1)
        observed = coarse[:, (edges[:-1] >= window[0]) & (edges[1:] <= window[1])].sum(axis=1)
        background = estimate_windows(self.fit, edges, coarse, window)
        z = np.full(len(counts), np.nan)
        fitted = background.value > 0
        z[fitted] = excess_z(observed[fitted], background.value[fitted], background.error[fitted])
        return (
            observed,
            background.value,
            background.error,
            z,
            background.p_value,
            background.n_shape_parameters,
        )
