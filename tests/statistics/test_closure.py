from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from resonaut.errors import FitError
from resonaut.statistics.closure import closure


def test_equal_efficiencies_close() -> None:
    result = closure(100, 1000, 500, 5000)
    assert (result.relative_difference, result.pull, result.ratio, result.failed) == (0, 0, 1, False)


def test_pulls_are_standard_normal_where_the_background_is_right() -> None:
    rng = np.random.default_rng(1)
    pulls = [closure(int(a), 30_000, int(b), 150_000).pull for a, b in rng.binomial([30_000, 150_000], 0.01, (2000, 2))]
    assert abs(np.mean(pulls)) < 3 / np.sqrt(2000)
    assert abs(np.std(pulls) - 1) < 3 / np.sqrt(2 * 2000)


def test_what_was_measured_corrects_where_events_are_many() -> None:
    result = closure(1200, 100_000, 5000, 500_000)
    assert result.relative_difference == pytest.approx(0.2)
    # Two Poisson errors in quadrature, of 1,200 events expected to be 1,000 and of 5,000.
    assert result.statistical_error == pytest.approx(np.hypot(1 / np.sqrt(1000), 1 / np.sqrt(5000)), rel=0.03)
    assert result.ratio == pytest.approx(1.2, rel=1e-3)
    assert result.error == pytest.approx(1.2 * np.hypot(1 / np.sqrt(1200), 1 / np.sqrt(5000)), rel=0.01)
    assert not result.failed


@pytest.mark.parametrize("real", [600, 1400])
def test_a_background_that_is_forty_per_cent_off_fails(real: int) -> None:
    result = closure(real, 100_000, 5000, 500_000)
    assert result.failed
    assert abs(result.pull) > 3


@given(real=st.integers(0, 1000), sampled=st.integers(1, 5000))
def test_the_ratio_lies_between_one_and_what_was_measured(real: int, sampled: int) -> None:
    result = closure(real, 1000, sampled, 5000)
    low, high = sorted([1.0, 1 + result.relative_difference])
    assert low <= result.ratio <= high or result.ratio == pytest.approx(low)
    assert 0 < result.error < np.inf
    assert np.isfinite(result.pull)


def test_without_events_the_ratio_is_the_prior() -> None:
    """A gamma distribution of mean 1 and width 1/2."""
    result = closure(0, 1000, 1, 5_000_000)
    assert (result.ratio, result.error) == (pytest.approx(1, rel=1e-3), pytest.approx(0.5, rel=1e-3))


def test_the_ratio_is_the_mean_of_a_poisson_posterior() -> None:
    """Against the posterior by quadrature: a gamma prior, 7 events seen where 4 ratio are expected."""
    ratio = np.linspace(1e-4, 12, 200_001)
    posterior = gamma.pdf(ratio, 4, scale=1 / 4) * poisson.pmf(7, 4 * ratio)
    posterior /= posterior.sum()
    mean = (posterior * ratio).sum()
    result = closure(7, 1000, 4_000_000, 1_000_000_000)
    assert result.ratio == pytest.approx(mean, rel=1e-4)
    assert result.error == pytest.approx(np.sqrt((posterior * (ratio - mean) ** 2).sum()), rel=1e-3)


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (3, 10, 0, 10)])
def test_nothing_to_compare_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(FitError, match="widen the sidebands"):
        closure(*counts)
