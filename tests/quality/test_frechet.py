from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from resonaut.quality.frechet import frechet


def with_moments(mean: list[float], covariance: np.ndarray, seed: int, n: int = 500) -> np.ndarray:
    """A sample whose mean and covariance are exactly these."""
    x = np.random.default_rng(seed).normal(size=(n, len(mean)))
    x = (x - x.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(x, rowvar=False)))).T
    return mean + x @ np.linalg.cholesky(covariance).T


def test_distance_of_uncorrelated_gaussians() -> None:
    x = with_moments([1.0, 2.0], np.diag([1.0, 4.0]), seed=1)
    y = with_moments([1.5, 0.0], np.diag([9.0, 1.0]), seed=2)
    # |mean difference|^2 + sum of squared differences of the standard deviations.
    assert frechet(x, y) == pytest.approx(0.25 + 4 + (1 - 3) ** 2 + (2 - 1) ** 2)


def test_distance_of_correlated_gaussians_is_the_published_formula() -> None:
    a, b = np.array([[1.0, 0.8], [0.8, 2.0]]), np.array([[3.0, -0.5], [-0.5, 0.4]])
    x, y = with_moments([0.0, 0.0], a, seed=3), with_moments([0.0, 0.0], b, seed=4)
    assert frechet(x, y) == pytest.approx(np.trace(a + b - 2 * sqrtm(a @ b).real))


def test_correlations_count() -> None:
    marginals, correlated = np.eye(2), np.array([[1.0, 0.6], [0.6, 1.0]])
    x, y = with_moments([0.0, 0.0], marginals, seed=5), with_moments([0.0, 0.0], correlated, seed=6)
    # Eigenvalues of the correlation are 1 +- 0.6.
    assert frechet(x, y) == pytest.approx((1 - np.sqrt(1.6)) ** 2 + (1 - np.sqrt(0.4)) ** 2)


def test_a_feature_that_repeats_another_is_no_trouble() -> None:
    x, y = with_moments([0.0], np.eye(1), seed=7), with_moments([1.0], 4 * np.eye(1), seed=8)
    doubled = frechet(np.repeat(x, 2, axis=1), np.repeat(y, 2, axis=1))
    assert doubled == pytest.approx(2 * frechet(x, y)) == pytest.approx(2 * (1 + 1))
