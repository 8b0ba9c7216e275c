"""The background in a masked window, fitted to thousands of spectra at once: what toys are made of.

The same fit as `SpectrumFit.fit_counts`, with the choice of the function by F-test and its error, for all spectra in
one array operation (`newton.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int, Real
from scipy.special import chdtrc, fdtrc

from resonaut.statistics.background_fit import MIN_SHAPE_PARAMETERS, SpectrumFit
from resonaut.statistics.falling_spectrum import BinnedSpectrum, FallingSpectrum
from resonaut.statistics.fitted_spectrum import SpectrumFitResult
from resonaut.statistics.goodness_of_fit import MIN_EXPECTED, deviance, goodness_of_fit
from resonaut.statistics.newton import Maxima, maximise_many

__all__ = ["WindowEstimates", "estimate_windows"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowEstimates:
    """What the fits expect in the masked window, an entry for each spectrum; NaN where no fit could be made.

    Args:
        value: Background events.
        error: Statistical, and from the choice of the function.
        p_value: Of the fit.
        n_shape_parameters: What the F-test arrived at; 0 without a fit.
    """

    value: Float[Array, " T"]
    error: Float[Array, " T"]
    p_value: Float[Array, " T"]
    n_shape_parameters: Int[Array, " T"]


@dataclass(frozen=True, eq=False)
class _Fits:
    """All spectra, fitted with one number of parameters."""

    maxima: Maxima
    deviance: Float[Array, " T"]
    chi2: Float[Array, " T"]
    n_dof: Int[Array, " T"]
    p_value: Float[Array, " T"]

    def improve(self, simpler: _Fits, significance: float) -> Bool[Array, " T"]:
        """F-test of the further parameter, as `LikelihoodFit.improves`."""
        n_dof = np.maximum(self.n_dof, 1)
        scatter = self.chi2 / n_dof
        gain = np.maximum(simpler.deviance - self.deviance, 0)
        chance = fdtrc(1, n_dof, np.divide(gain, scatter, out=np.full_like(gain, np.inf), where=scatter > 0))
        return np.asarray((self.n_dof >= 1) & (chance < significance))


def estimate_windows(
    fit: SpectrumFit,
    edges: Float[Array, " E"],
    counts: Real[Array, "T E-1"],
    masked: tuple[float, float],
    *,
    like: SpectrumFitResult | None = None,
) -> WindowEstimates:
    """Fit every spectrum with the window masked, and integrate each fit over the window.

    Args:
        fit: Settings of the fit.
        edges: Of the bins; no bin may reach over an edge of `masked`, GeV.
        counts: One spectrum a row.
        masked: The window, GeV.
        like: A fit of all events, where these are spectra of a selection.
    """
    hidden = (edges[:-1] >= masked[0]) & (edges[1:] <= masked[1])
    most = min(fit.max_parameters, int((~hidden).sum()) - 2)
    usable = counts[:, ~hidden].sum(axis=1) >= MIN_EXPECTED * (MIN_SHAPE_PARAMETERS + 2)
    if most < MIN_SHAPE_PARAMETERS or not usable.any():
        return _none(len(counts))
    # One set of terms for all: those natural to the mean spectrum.
    mean = counts[usable].mean(axis=0)
    shape = None if like is None else like.parameters
    family, start = FallingSpectrum.natural_to(edges, mean, hidden, sqrt_s=fit.sqrt_s, n_terms=most + 1, shape=shape)
    bins = family.on(edges)
    fits = [_fit(bins, counts, hidden, start[: k + 1]) for k in range(MIN_SHAPE_PARAMETERS, most + 1)]

    going_on, chosen = np.ones(len(counts), dtype=bool), np.zeros(len(counts), dtype=int)
    for simpler, richer in pairwise(fits):
        going_on &= richer.maxima.valid & richer.improve(simpler, fit.chance(like))
        chosen += going_on

    result = _none(len(counts))
    for k, best in enumerate(fits):
        rows = usable & (chosen == k) & fits[0].maxima.valid & (best.n_dof >= 1)
        rejected = fits[k + 1].maxima if k + 1 < len(fits) else None
        result.value[rows], result.error[rows] = _integrate(bins.only(hidden), best.maxima, rejected, rows)
        result.p_value[rows] = best.p_value[rows]
        result.n_shape_parameters[rows] = k + MIN_SHAPE_PARAMETERS
    return result


def _none(n_spectra: int) -> WindowEstimates:
    """No fit yet."""
    value, error, p_value = np.full((3, n_spectra), np.nan)
    return WindowEstimates(value=value, error=error, p_value=p_value, n_shape_parameters=np.zeros(n_spectra, dtype=int))


def _fit(
    bins: BinnedSpectrum, counts: Real[Array, "T B"], hidden: Bool[Array, " B"], start: Float[Array, " K"]
) -> _Fits:
    """Fit all spectra with as many coefficients as `start` has."""
    seen = bins.only(~hidden)
    maxima = maximise_many(seen, counts[:, ~hidden], start)
    expected = np.ones(counts.shape)
    expected[:, ~hidden] = seen.events(maxima.coefficients)
    each = deviance(counts[:, ~hidden], expected[:, ~hidden]).sum(axis=1)
    n_dof = np.full(len(counts), int((~hidden).sum()) - len(start))
    chi2, p_value = each.copy(), np.asarray(chdtrc(np.maximum(n_dof, 1), each))
    # Only where bins are sparse are any merged, one spectrum at a time.
    for t in np.flatnonzero(maxima.valid & (expected[:, ~hidden] < MIN_EXPECTED).any(axis=1)):
        chi2[t], n_dof[t], p_value[t] = goodness_of_fit(counts[t], expected[t], hidden, len(start))
    return _Fits(maxima, each, chi2, n_dof, p_value)


def _integrate(
    window: BinnedSpectrum, best: Maxima, rejected: Maxima | None, rows: Bool[Array, " T"]
) -> tuple[Float[Array, " R"], Float[Array, " R"]]:
    """Events in the window and their error, with how far the first rejected parameter would have moved them."""
    expected, derivatives = window.derivatives(best.coefficients[rows])
    gradient = derivatives.sum(axis=1)
    variance = np.einsum("ti,tij,tj->t", gradient, best.covariance[rows], gradient)
    if rejected is not None:
        padded = np.pad(best.coefficients[rows], ((0, 0), (0, 1)))
        shift = np.where(rejected.valid[rows, None], rejected.coefficients[rows] - padded, 0.0)
        variance += (window.derivatives(padded)[1].sum(axis=1) * shift).sum(axis=1) ** 2
    return expected.sum(axis=1), np.sqrt(variance)
