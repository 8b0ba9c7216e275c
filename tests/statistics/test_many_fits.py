"""Many fits at once are the same fits one by one, and both are what a general minimiser finds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit
from resonaut.statistics.falling_spectrum import FallingSpectrum
from resonaut.statistics.fitted_spectrum import SpectrumFitResult
from resonaut.statistics.many_fits import estimate_windows
from resonaut.statistics.newton import maximise_many

WINDOW = (3300.0, 3700.0)
Spectrum = Callable[..., np.ndarray]


def one_by_one(
    fit: SpectrumFit, edges: np.ndarray, counts: np.ndarray, like: SpectrumFitResult | None = None
) -> np.ndarray:
    """Value, error, p and number of parameters of each spectrum's own fit; NaN where there is none."""
    rows = []
    for spectrum in counts:
        try:
            result = fit.fit_counts(edges, spectrum, WINDOW, like=like)
            rows.append((*result.integral(*WINDOW), result.p_value, result.n_shape_parameters))
        except FitError:
            rows.append((np.nan, np.nan, np.nan, 0))
    return np.array(rows).T


@pytest.mark.parametrize(
    ("events", "shape"), [(200_000, (-10.0, 35.0, 10.0)), (20_000, ()), (1_500, ()), (300, ()), (40, ())]
)
def test_the_same_as_minuit_one_by_one(
    events: int, shape: tuple[float, ...], edges: np.ndarray, falling: Spectrum
) -> None:
    counts = np.random.default_rng(1).poisson(falling(events, *shape), (20, len(edges) - 1))
    counts[0] = 0  # A toy without any event is not fitted, and does not disturb the others.
    many = estimate_windows(SpectrumFit(), edges, counts, WINDOW)
    value, error, p_value, n_parameters = one_by_one(SpectrumFit(), edges, counts)
    assert np.isnan([many.value[0], value[0]]).all()
    # With few events, whether the counts determine any one parameter more may be decided either way.
    same = (many.n_shape_parameters == n_parameters) & (n_parameters > 0)
    assert same.mean() >= 0.9
    # Minuit stops within a hundredth of an error of the maximum.
    np.testing.assert_allclose((many.value - value)[same] / error[same], 0, atol=0.01)
    np.testing.assert_allclose(many.p_value[same], p_value[same], atol=0.002)
    np.testing.assert_allclose(np.median(many.error[same] / error[same]), 1, atol=0.001)


def test_the_same_as_minuit_of_a_selection(edges: np.ndarray, falling: Spectrum) -> None:
    whole = SpectrumFit().fit_counts(edges, falling(200_000, -10.0, 35.0, 10.0), WINDOW)
    counts = np.random.default_rng(3).poisson(falling(4_000, -10.0, 35.0, 10.0), (20, len(edges) - 1))
    many = estimate_windows(SpectrumFit(), edges, counts, WINDOW, like=whole)
    value, error, _, n_parameters = one_by_one(SpectrumFit(), edges, counts, like=whole)
    same = many.n_shape_parameters == n_parameters
    assert same.mean() >= 0.9
    np.testing.assert_allclose((many.value - value)[same] / error[same], 0, atol=0.01)


def test_the_maximum_is_the_one_scipy_finds(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> None:
    counts = np.random.default_rng(2).poisson(falling(20_000))
    nodes = np.linspace(edges[:-1], edges[1:], 21) / 13_000.0

    def expected(parameters: np.ndarray) -> np.ndarray:
        """p0 (1 - x)^p1 / x^p2 in the bins, by the trapezoidal rule."""
        log_p0, p1, p2 = parameters
        return np.trapezoid(np.exp(log_p0 + p1 * np.log1p(-nodes) - p2 * np.log(nodes / 0.27)), nodes, axis=0)

    def nll(parameters: np.ndarray) -> float:
        mu = expected(parameters)[~inside]
        return float((mu - counts[~inside] * np.log(mu)).sum())

    found = minimize(nll, [np.log(4e5), 8.0, 5.0], method="Nelder-Mead", options={"maxiter": 20_000, "fatol": 1e-9})
    fit = SpectrumFit(max_parameters=2)
    one = fit.fit_counts(edges, counts, WINDOW)
    many = estimate_windows(fit, edges, counts[None], WINDOW)
    in_window = expected(found.x)[inside].sum()
    assert one.integral(*WINDOW).value == pytest.approx(in_window, abs=0.02 * one.integral(*WINDOW).error)
    assert many.value[0] == pytest.approx(in_window, abs=0.02 * one.integral(*WINDOW).error)


def test_at_the_maximum_the_gradient_vanishes(edges: np.ndarray, falling: Spectrum) -> None:
    counts = np.random.default_rng(3).poisson(falling(5_000), (50, len(edges) - 1))
    seen = np.ones(len(edges) - 1, dtype=bool)
    family, start = FallingSpectrum.natural_to(edges, counts.mean(0), ~seen, sqrt_s=13_000.0, n_terms=4)
    bins = family.on(edges)
    maxima = maximise_many(bins, counts, start)
    assert maxima.valid.all()
    expected, derivatives = bins.derivatives(maxima.coefficients)
    # In units of the statistical error: the coefficients' own.
    np.testing.assert_allclose(np.einsum("tb,tbk->tk", counts / expected - 1, derivatives), 0, atol=1e-3)


def test_spectra_with_all_events_in_one_bin_have_no_fit(edges: np.ndarray) -> None:
    counts = 100 * np.eye(len(edges) - 1, dtype=int)
    assert np.isnan(estimate_windows(SpectrumFit(), edges, counts, WINDOW).value).all()
