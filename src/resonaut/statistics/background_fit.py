"""The background in a mass window, from the spectrum on both sides of it.

A falling function is fitted to the binned spectrum by extended maximum likelihood, with the window masked, and says how
many events the window would hold without a signal. The number of shape parameters grows from two for as long as an
F-test finds that another one helps. How far the first rejected parameter would have moved the result is added to the
error: on steep spectra behind a trigger the F-test else stops at a function whose bias is as large as its error.

A selection of events is fitted starting from the fitted shape of all events (`like`), so that few events do not take a
simpler function than many. A third parameter must then be called for clearly: signal beside the region, of which a cut
leaves a lot, would else be taken for the background's shape.

References:
    CMS-PAS-EXO-22-026 (the functions and the F-test); CDF, PRD 79 (2009) 112002, arXiv:0812.4036.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Real

from resonaut.errors import FitError
from resonaut.statistics.falling_spectrum import MAX_SHAPE_PARAMETERS, BinnedSpectrum, FallingSpectrum
from resonaut.statistics.fitted_spectrum import SpectrumFitResult, propagate
from resonaut.statistics.goodness_of_fit import MIN_EXPECTED
from resonaut.statistics.spectrum_likelihood import LikelihoodFit, maximise_likelihood

__all__ = ["SpectrumFit", "SpectrumFitResult", "find_fit_range"]

Array = np.ndarray
Window = tuple[float, float]
"""Low and high edge, GeV."""
MIN_SHAPE_PARAMETERS = 2


@dataclass(frozen=True, kw_only=True)
class SpectrumFit:
    """How mass spectra are binned and fitted.

    Args:
        bin_width: GeV; the bins on each side of the masked window, and in it, are the nearest width that fits exactly.
        sqrt_s: Energy of the collisions, GeV.
        max_parameters: Shape parameters at most, 2 to 4.
        f_test: Another parameter is taken where chance would improve the fit as much with less than this probability.
        selection_f_test: The same for a selection, whose fit starts from the shape of all events.
    """

    bin_width: float = 50.0
    sqrt_s: float = 13_000.0
    max_parameters: int = MAX_SHAPE_PARAMETERS
    f_test: float = 0.05
    selection_f_test: float = 0.01

    def fit(
        self, mass: Float[Array, " N"], fit_range: Window, masked: Window, *, like: SpectrumFitResult | None = None
    ) -> SpectrumFitResult:
        """Fit the masses within `fit_range` and outside `masked`.

        Args:
            mass: GeV.
            fit_range: GeV.
            masked: Where it does not look, GeV.
            like: A fit of all events, where these are a selection: its shape times powers is what is fitted.

        Raises:
            FitError: the window has no spectrum on one side of it, or there are too few events.
        """
        edges = self.bin_edges(fit_range, masked)
        # Half-open bins, as regions are; what is below or above falls into the two that are dropped.
        counts = np.bincount(np.searchsorted(edges, mass, side="right"), minlength=len(edges) + 1)[1:-1]
        return self.fit_counts(edges, counts, masked, like=like)

    def fit_counts(
        self,
        edges: Float[Array, " E"],
        counts: Real[Array, " E-1"],
        masked: Window,
        *,
        like: SpectrumFitResult | None = None,
    ) -> SpectrumFitResult:
        """Fit a spectrum in bins, such as a toy or an expectation; no bin may reach over an edge of `masked`."""
        assert np.isin(masked, edges).all(), f"{masked} cuts through a bin"
        hidden = (edges[:-1] >= masked[0]) & (edges[1:] <= masked[1])
        seen = ~hidden
        outside, n_bins = int(counts[seen].sum()), int(seen.sum())
        needed = int(MIN_EXPECTED) * (MIN_SHAPE_PARAMETERS + 2)
        where = f"{edges[0]:.0f}-{edges[-1]:.0f} GeV without {masked[0]:.0f}-{masked[1]:.0f} GeV"
        if outside < needed:
            raise FitError(f"{where} holds {outside} events, a fit needs {needed}; loosen the cut or widen the range")
        if n_bins < MIN_SHAPE_PARAMETERS + 2:
            raise FitError(f"{where} has {n_bins} bins, a fit needs {MIN_SHAPE_PARAMETERS + 2}; widen the range")

        most = min(self.max_parameters, n_bins - 2)
        shape = None if like is None else like.parameters
        family, start = FallingSpectrum.natural_to(
            edges, counts, hidden, sqrt_s=self.sqrt_s, n_terms=most + 1, shape=shape
        )
        bins = family.on(edges)
        best, rejected = self._choose(bins, counts, hidden, start, self.chance(like))
        if best is None or best.quality.n_dof < 1:
            raise FitError(f"{where} holds {outside} events in too few bins to fit; loosen the cut or widen the range")

        coefficients, covariance = best.coefficients, best.covariance
        if rejected is not None:
            # The two span the same terms but for the last, so that their difference is a direction in the richer's.
            coefficients = np.append(coefficients, 0.0)
            shift = rejected.coefficients - coefficients
            covariance = np.pad(covariance, (0, 1)) + np.outer(shift, shift)
        expected, derivatives = bins.derivatives(coefficients)
        return SpectrumFitResult(
            edges=edges,
            counts=counts,
            masked=hidden,
            expected=expected,
            expected_error=propagate(derivatives, covariance),
            n_shape_parameters=len(best.coefficients) - 1,
            chi2=best.quality.chi2,
            n_dof=best.quality.n_dof,
            p_value=best.quality.p_value,
            family=family,
            coefficients=coefficients,
            coefficient_covariance=covariance,
        )

    def chance(self, like: SpectrumFitResult | None) -> float:
        """Probability below which the F-test takes another parameter."""
        return self.f_test if like is None else self.selection_f_test

    def bin_edges(self, fit_range: Window, masked: Window) -> Float[Array, " E"]:
        """Edges of the bins, those of the masked window among them."""
        corners = (fit_range[0], *masked, fit_range[1])
        if not all(low < high for low, high in pairwise(corners)):
            raise FitError(
                f"masking {masked[0]:.0f}-{masked[1]:.0f} GeV leaves no spectrum on one side of it in"
                f" {fit_range[0]:.0f}-{fit_range[1]:.0f} GeV; choose a wider fit range"
            )
        if not 0 < fit_range[0] < fit_range[1] < self.sqrt_s:
            raise FitError(
                f"fit range {fit_range[0]:.0f}-{fit_range[1]:.0f} GeV is not within 0-{self.sqrt_s:.0f} GeV,"
                " the energy of the collisions; choose another"
            )
        sides = [
            np.linspace(low, high, max(1, round((high - low) / self.bin_width)) + 1) for low, high in pairwise(corners)
        ]
        return np.concatenate([sides[0], *(side[1:] for side in sides[1:])])

    def _choose(
        self,
        bins: BinnedSpectrum,
        counts: Real[Array, " B"],
        masked: Bool[Array, " B"],
        start: Float[Array, " K"],
        chance: float,
    ) -> tuple[LikelihoodFit | None, LikelihoodFit | None]:
        """The fit the F-test arrives at, and the one with a parameter more that it rejects; None for what is not."""
        best = maximise_likelihood(bins, counts, masked, start[: MIN_SHAPE_PARAMETERS + 1])
        if best is None:
            return None, None
        for n_coefficients in range(MIN_SHAPE_PARAMETERS + 2, len(start) + 1):
            richer = maximise_likelihood(bins, counts, masked, start[:n_coefficients])
            if richer is None or not richer.improves(best, chance):
                return best, richer
            best = richer
        return best, None


def find_fit_range(
    mass: Float[Array, " N"],
    window: Window,
    masked: Window,
    *,
    fit: SpectrumFit | None = None,
    step: float = 100.0,
    min_p_value: float = 0.05,
    min_sideband: float = 300.0,
) -> Window:
    """Where to start the fit: above the trigger's turn-on, without throwing away events that can be described.

    Of the starts in steps from the window's low edge, the lowest is taken whose fit describes the spectrum and falls
    all the way. The second condition is needed because with few events four parameters describe the turn-on itself, at
    the price of a background that is off by several per cent. Where no start will do, the best of them is returned: the
    fit from there says so by its p-value, or by not falling.

    Args:
        mass: GeV.
        window: The sidebands' outer edges.
        masked: The signal region.
        fit: Settings of the fit.
        step: Between candidate starts, GeV.
        min_p_value: From which on a spectrum counts as described.
        min_sideband: GeV that must remain below the masked region.

    Raises:
        FitError: no range can be fitted at all.
    """
    fit = SpectrumFit() if fit is None else fit
    low, high = window
    last = max(low, masked[0] - min_sideband)
    tried: list[SpectrumFitResult] = []
    failures: list[FitError] = []
    for start in np.arange(low, last + step / 2, step):
        try:
            result = fit.fit(mass, (float(start), high), masked)
        except FitError as failure:
            failures.append(failure)
            continue
        if result.falls and result.p_value >= min_p_value:
            return result.fit_range
        tried.append(result)
    if not tried:
        raise failures[0]
    return max(tried, key=lambda result: (result.falls, result.p_value)).fit_range
