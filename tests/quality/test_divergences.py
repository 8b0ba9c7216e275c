from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import norm

from resonaut.quality.divergences import BINS, jensen_shannon, kullback_leibler


def gaussian_grid(mean: float, sigma: float, n: int = 200_000) -> np.ndarray:
    """A sample without chance: evenly spaced quantiles."""
    return norm(mean, sigma).ppf((np.arange(n) + 0.5) / n)


def test_kullback_leibler_of_gaussians_is_approached_from_below_as_bins_get_fine() -> None:
    x, y = gaussian_grid(0.0, 1.0), gaussian_grid(0.5, 1.2)
    exact = np.log(1.2) + (1 + 0.25) / (2 * 1.2**2) - 0.5
    binned = [kullback_leibler(x, y, bins) for bins in (2, 5, 20, 100, 500)]
    # Merging bins can only lose information (data processing inequality).
    assert all(coarse < fine for coarse, fine in pairwise(binned))
    assert binned[-1] == pytest.approx(exact, rel=0.01)
    assert binned[-1] < exact
    # The bins in use see nearly all of a smooth difference.
    assert binned[2] == pytest.approx(exact, rel=0.05)


@given(st.integers(2, 60), st.integers(2, 60), st.integers(1, 10).map(lambda half: 2 * half))
def test_jensen_shannon_of_disjoint_samples_is_log_2(n: int, m: int, bins: int) -> None:
    x, y = np.linspace(0, 1, n), np.linspace(2, 3, m)
    assert jensen_shannon(x, y, bins) == pytest.approx(np.log(2))
    assert np.isfinite(kullback_leibler(x, y, bins))


def test_jensen_shannon_is_symmetric_and_kullback_leibler_is_not() -> None:
    x, y = gaussian_grid(0.0, 1.0, 1000), gaussian_grid(0.2, 2.0, 700)
    assert jensen_shannon(x, y) == pytest.approx(jensen_shannon(y, x))
    assert kullback_leibler(x, y) != pytest.approx(kullback_leibler(y, x), rel=0.1)


def test_floor_is_what_counting_alone_gives() -> None:
    rng, n, m = np.random.default_rng(1), 4000, 1000
    pairs = [(rng.normal(size=n), rng.normal(size=m)) for _ in range(200)]
    # 2 KL / (1/n + 1/m) is a chi-squared of B - 1 degrees of freedom: 3 sigma of 200 repeats, and 2 % for what is
    # beyond the leading order in B / m.
    expected = (BINS - 1) / 2 * (1 / n + 1 / m)
    tolerance = 3 * np.sqrt(2 / (BINS - 1) / 200) + 0.02
    assert np.mean([kullback_leibler(*pair) for pair in pairs]) == pytest.approx(expected, rel=tolerance)
    assert np.mean([jensen_shannon(*pair) for pair in pairs]) == pytest.approx(expected / 4, rel=tolerance)


def test_a_feature_of_few_values_has_a_bin_for_each() -> None:
    p, q = np.array([5000, 3000, 2000]), np.array([4000, 3000, 3000])
    x, y = (np.repeat([0.0, 1.0, 7.0], counts) for counts in (p, q))
    assert kullback_leibler(x, y) == pytest.approx(rel_entr(p / 10_000, q / 10_000).sum(), rel=1e-3)  # half events


def test_tails_beyond_the_real_sample_count() -> None:
    x = gaussian_grid(0.0, 1.0, 10_000)
    y = np.where(np.arange(10_000) < 1000, 50.0, x)  # the lowest tenth is generated far above
    assert kullback_leibler(x, y) > 0.1
    assert jensen_shannon(x, y) > 0.01
