from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from resonaut.statistics.falling_spectrum import FallingSpectrum
from resonaut.statistics.spectrum_likelihood import SpectrumLikelihood

EDGES = np.linspace(2600.0, 5000.0, 25)
COUNTS = np.round(1e4 * np.exp(-(EDGES[:-1] - 2600) / 500)).astype(int)
FAMILY, START = FallingSpectrum.natural_to(EDGES, COUNTS, np.zeros(24, dtype=bool), sqrt_s=13_000.0, n_terms=5)
BINS = FAMILY.on(EDGES)
# Steps of the size of the statistical errors, which are 1 in orthonormal terms.
STEPS = st.lists(st.floats(-3, 3), min_size=5, max_size=5).map(np.array)


@pytest.mark.parametrize("n_terms", [3, 4, 5])
def test_events_are_integrals_of_the_published_function(n_terms: int) -> None:
    log_p0, p1, p2, *rest = FAMILY.physical(n_terms) @ START[:n_terms]
    p3, p4 = [*rest, 0.0, 0.0][:2]

    def published(m: float) -> float:
        x = m / 13_000
        return float(np.exp(log_p0) * (1 - x) ** p1 / x ** (p2 + p3 * np.log(x) + p4 * np.log(x) ** 2))

    expected = [quad(published, low, high, epsrel=1e-12)[0] for low, high in pairwise(EDGES)]
    # The parameters are nearly degenerate: their conversion keeps about nine digits, the quadrature all of them.
    np.testing.assert_allclose(BINS.events(START[:n_terms]), expected, rtol=1e-8)


def test_the_first_terms_span_the_function_with_fewer_parameters() -> None:
    padded = np.append(START[:3], [0.0, 0.0])
    np.testing.assert_allclose(BINS.events(padded), BINS.events(START[:3]), rtol=1e-12)
    assert (FAMILY.physical(5) @ padded)[3:] == pytest.approx([0, 0])


@settings(max_examples=30, deadline=None)
@given(step=STEPS)
def test_derivatives_are_those_of_the_events(step: np.ndarray) -> None:
    at = START + step
    _, derivatives = BINS.derivatives(at)
    h = 1e-5
    numeric = [(BINS.events(at + h * e) - BINS.events(at - h * e)) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(derivatives.T, numeric, rtol=1e-5, atol=1e-6 * np.abs(derivatives).max())


@settings(max_examples=30, deadline=None)
@given(step=STEPS)
def test_gradient_is_that_of_the_likelihood(step: np.ndarray) -> None:
    likelihood, at, h = SpectrumLikelihood(BINS, COUNTS), START + step, 1e-4
    numeric = [(likelihood(at + h * e) - likelihood(at - h * e)) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(likelihood.grad(at), numeric, rtol=1e-4, atol=1e-3)


def test_hessian_is_that_of_the_likelihood_where_the_counts_are_as_expected() -> None:
    likelihood, h = SpectrumLikelihood(BINS, BINS.events(START)), 1e-4
    numeric = [(likelihood.grad(START + h * e) - likelihood.grad(START - h * e)) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(likelihood.hessian(START), numeric, rtol=1e-5, atol=1e-5)


def test_terms_are_orthonormal_under_the_errors_of_the_spectrum() -> None:
    # Half the Hessian of -2 ln L is the inverse covariance: the unit matrix, up to the least-squares start's own error.
    information = SpectrumLikelihood(BINS, COUNTS).hessian(START) / 2
    np.testing.assert_allclose(information, np.eye(5), atol=0.05)
