"""The significance in every window after every cut, for thousands of spectra at once: a hunt's statistics, vectorised.

As in `bump_hunt.judge_cut` there are two estimates of the background: the template, which is the cut's efficiency times
the fit of the whole spectrum times the closure beside the window, and the fit of the selected spectrum. The smaller
significance of the two counts; where the function describes one of the spectra not, the cut says nothing. Over the cuts
of a window the largest counts, corrected for their number.

Closure is measured anew in every spectrum: it rests on the very events that the fit of the selected spectrum sees, so
that the two estimates are off together (correlated by 0.6). Were each off by itself, the smaller of two significances
would be smaller in toys than it is in a search, and global p-values too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np
from jaxtyping import Bool, Float, Real

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit, Window
from resonaut.statistics.bump_hunt import MIN_FIT_P_VALUE
from resonaut.statistics.closure import closure_ratio
from resonaut.statistics.counting import excess_after_trials, excess_z
from resonaut.statistics.fitted_spectrum import SpectrumFitResult
from resonaut.statistics.many_fits import estimate_windows

__all__ = ["Estimates", "SelectedScan", "WindowCuts", "quoted_z"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class WindowCuts:
    """One window, and what is known of its cuts.

    Args:
        window: GeV.
        fit_range: GeV.
        efficiencies: Share of the background that is expected to pass each cut.
        errors: Relative error of each expected count, from the threshold and from closure.
        neighbourhood: Outer edges of the strips beside the window in which closure is measured, GeV; None where it is
            not.
    """

    window: Window
    fit_range: Window
    efficiencies: Sequence[float]
    errors: Sequence[float]
    neighbourhood: Window | None = None


@dataclass(frozen=True, eq=False)
class Estimates:
    """Significances over the two estimates, NaN where there is none; and whether the fits describe their spectra."""

    z_template: Float[Array, "T W C"]
    z_fit: Float[Array, "T W C"]
    described: Bool[Array, "T W C"]


@dataclass(frozen=True, kw_only=True)
class SelectedScan:
    """All windows. The selections of its spectra are: no cut, then each window's cuts in turn."""

    windows: Sequence[WindowCuts]
    fit: SpectrumFit = field(default_factory=SpectrumFit)

    @cached_property
    def edges(self) -> Float[Array, " E"]:
        """Fine bins, with every edge of every window's bins among them, GeV."""
        return np.unique(np.concatenate([self._edges(cuts) for cuts in self.windows]))

    @property
    def n_cuts(self) -> int:
        """In each window."""
        return len(self.windows[0].efficiencies)

    def estimate(
        self,
        counts: Real[Array, "T S B"],
        *,
        mean: Float[Array, "S B"] | None = None,
        shifts: Float[Array, "T W C"] | float = 0.0,
    ) -> Estimates:
        """Judge every window and cut of every spectrum.

        Args:
            counts: Spectra of the selections in the fine bins.
            mean: What they are on average, which closes; without it closure is taken as 1.
            shifts: By how many of its `errors`, less what closure moves, each efficiency is off; what a real cut does
                not know of itself.
        """
        shape = (len(counts), len(self.windows), self.n_cuts)
        shifts = np.broadcast_to(np.asarray(shifts, dtype=float), shape)
        z_template, z_fit, described = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        for w, cuts in enumerate(self.windows):
            edges = self._edges(cuts)
            starts = np.searchsorted(self.edges, edges[:-1])
            hidden = (edges[:-1] >= cuts.window[0]) & (edges[1:] <= cuts.window[1])
            # Above the last start np.add.reduceat runs on to the end: the bins beyond this window's range are cut off.
            stop = int(np.searchsorted(self.edges, edges[-1]))

            def coarse(selection: int, starts: Array = starts, stop: int = stop) -> Array:
                return np.add.reduceat(counts[:, selection, :stop], starts, axis=1)

            beside = self._beside(cuts)
            whole = estimate_windows(self.fit, edges, coarse(0), cuts.window)
            like = self._shape_of_all(edges, coarse(0), cuts.window)
            whole_described = (whole.value > 0) & (whole.p_value >= MIN_FIT_P_VALUE)
            for c, (efficiency, error) in enumerate(zip(cuts.efficiencies, cuts.errors, strict=True)):
                s = 1 + w * self.n_cuts + c
                selected = coarse(s)
                observed = selected[:, hidden].sum(axis=1)
                if mean is None or not beside.any():
                    ratio, width, known = np.ones(len(counts)), np.zeros(len(counts)), error
                else:
                    ratio, width, known = _closure(counts[:, [0, s]][:, :, beside], mean[[0, s]][:, beside], error)
                # A cut that in truth keeps e (1 + error * shift) is believed to keep e.
                expected = efficiency * whole.value * ratio * np.exp(-known * shifts[:, w, c])
                relative = np.hypot(known, width)
                template_error = np.hypot(expected * relative, efficiency * ratio * whole.error)
                z_template[:, w, c] = _excess(observed, expected, template_error)
                own = estimate_windows(self.fit, edges, selected, cuts.window, like=like)
                z_fit[:, w, c] = _excess(observed, own.value, own.error)
                described[:, w, c] = whole_described & ~(own.p_value < MIN_FIT_P_VALUE)
        return Estimates(z_template, z_fit, described)

    def _shape_of_all(
        self, edges: Float[Array, " E"], counts: Real[Array, "T B"], masked: Window
    ) -> SpectrumFitResult | None:
        """The shape of the events before a cut, one for all spectra: their mean's; None where it cannot be fitted."""
        try:
            return self.fit.fit_counts(edges, counts.mean(axis=0), masked)
        except FitError:
            return None

    def _beside(self, cuts: WindowCuts) -> Bool[Array, " B"]:
        """Which fine bins lie in the strips beside a window: their centres do."""
        if cuts.neighbourhood is None:
            return np.zeros(len(self.edges) - 1, dtype=bool)
        centres = (self.edges[1:] + self.edges[:-1]) / 2
        inside = (centres > cuts.window[0]) & (centres < cuts.window[1])
        near: Bool[Array, " B"] = (centres > cuts.neighbourhood[0]) & (centres < cuts.neighbourhood[1]) & ~inside
        return near

    def _edges(self, cuts: WindowCuts) -> Float[Array, " E"]:
        return self.fit.bin_edges(cuts.fit_range, cuts.window)


def quoted_z(estimates: Estimates, *, centre: Estimates | None = None) -> Float[Array, "T W"]:
    """The best cut's significance in each window, after the trials over the cuts; NaN where no cut says anything.

    Args:
        estimates: Of toys.
        centre: Those of the toys' mean spectrum, which are subtracted: a toy's significance is then that of its
            fluctuation alone.
    """
    z_template, z_fit = estimates.z_template, estimates.z_fit
    if centre is not None:
        z_template = z_template - np.nan_to_num(centre.z_template)
        z_fit = z_fit - np.nan_to_num(centre.z_fit)
    local = np.where(estimates.described, np.fmin(z_template, z_fit), np.nan)
    best = np.where(np.isnan(local), -np.inf, local).max(axis=2)
    return np.where(np.isfinite(best), excess_after_trials(best, local.shape[2]), np.nan)


def _closure(
    counts: Real[Array, "T 2 B"], mean: Float[Array, "2 B"], error: float
) -> tuple[Float[Array, " T"], Float[Array, " T"], float]:
    """What closure finds in strips of all and of the selected events, its relative width, and what else `error` has."""
    (total, passed), (total_mean, passed_mean) = counts.sum(axis=2).T, mean.sum(axis=1)
    ratio, width = closure_ratio(passed, passed_mean * total / total_mean)
    _, typical = closure_ratio(mean[1:].sum(axis=1), mean[1:].sum(axis=1))
    return ratio, width, sqrt(max(error**2 - typical[0] ** 2, 0.0))


def _excess(observed: Real[Array, " T"], expected: Float[Array, " T"], error: Float[Array, " T"]) -> Float[Array, " T"]:
    """Significance, NaN where nothing is expected."""
    z = np.full(len(observed), np.nan)
    known = (expected > 0) & np.isfinite(error)
    z[known] = excess_z(observed[known], expected[known], error[known])
    return z
