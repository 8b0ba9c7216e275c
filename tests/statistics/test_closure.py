from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonaut.errors import FitError
from resonaut.statistics.closure import closure


def test_equal_efficiencies_close() -> None:
    result = closure(100, 1000, 500, 5000)
    assert (result.relative_difference, result.pull, result.error, result.failed) == (0, 0, 0, False)


def test_pulls_are_standard_normal_where_the_background_is_right() -> None:
    rng = np.random.default_rng(1)
    pulls = [closure(int(a), 30_000, int(b), 150_000).pull for a, b in rng.binomial([30_000, 150_000], 0.01, (2000, 2))]
    assert abs(np.mean(pulls)) < 3 / np.sqrt(2000)
    assert abs(np.std(pulls) - 1) < 3 / np.sqrt(2 * 2000)


def test_a_background_that_is_twenty_per_cent_off_fails() -> None:
    result = closure(1200, 100_000, 5000, 500_000)
    assert result.failed
    assert result.relative_difference == pytest.approx(0.2)
    # Two Poisson errors in quadrature, of 1,200 events expected to be 1,000 and of 5,000.
    assert result.statistical_error == pytest.approx(np.hypot(1 / np.sqrt(1000), 1 / np.sqrt(5000)), rel=0.03)
    assert result.error == pytest.approx(np.sqrt(0.2**2 - result.statistical_error**2))


def test_a_deficit_fails_as_well() -> None:
    result = closure(800, 100_000, 5000, 500_000)
    assert result.failed
    assert result.pull < -3


@given(real=st.integers(0, 1000), sampled=st.integers(1, 5000))
def test_the_error_is_never_more_than_the_difference(real: int, sampled: int) -> None:
    result = closure(real, 1000, sampled, 5000)
    assert 0 <= result.error <= abs(result.relative_difference)
    assert np.isfinite(result.pull)


def test_the_error_is_nothing_within_statistics() -> None:
    assert closure(103, 1000, 500, 5000).error == 0


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (3, 10, 0, 10)])
def test_nothing_to_compare_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(FitError, match="widen the sidebands"):
        closure(*counts)
