from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from resonaut.quality.rank_tests import anderson_darling, cramer_von_mises, kolmogorov_smirnov


@pytest.mark.parametrize("shift", [0.1, 0.25, 0.9])
def test_shifted_uniforms_are_the_shift_apart(shift: float) -> None:
    uniform = (np.arange(1000) + 0.5) / 1000
    # 1.5 events: one may be on either side of a tie.
    assert kolmogorov_smirnov(uniform, uniform + shift) == pytest.approx(shift, abs=1.5e-3)


def test_cramer_von_mises_is_the_integral_of_the_squared_difference() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=300), rng.normal(0.2, 1.1, size=500)
    pooled = np.concatenate([x, y])
    difference = np.mean(x[:, None] <= pooled, axis=0) - np.mean(y[:, None] <= pooled, axis=0)
    assert cramer_von_mises(x, y) == pytest.approx(300 * 500 / 800 * np.mean(difference**2))


def test_anderson_darling_is_the_integral_weighted_and_normalised() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=3000), rng.normal(0.1, 1.1, size=5000)
    pooled = np.concatenate([x, y])
    both = rankdata(pooled) / len(pooled)
    difference = (
        np.searchsorted(np.sort(x), pooled, "right") / 3000 - np.searchsorted(np.sort(y), pooled, "right") / 5000
    )
    inner = both < 1
    raw = 3000 * 5000 / 8000 * np.mean(difference[inner] ** 2 / (both * (1 - both))[inner])
    # Mean 1 and variance 2 (pi^2 - 9) / 3 of large samples (Scholz and Stephens); 1 % for how ends are treated.
    assert anderson_darling(x, y) == pytest.approx((raw - 1) / np.sqrt(2 * (np.pi**2 - 9) / 3), rel=0.01)


def test_the_null_distributions_have_the_moments_that_floors_are_read_against() -> None:
    rng = np.random.default_rng(3)
    pairs = [rng.normal(size=(2, 200)) for _ in range(1000)]
    cvm = np.array([cramer_von_mises(*pair) for pair in pairs])
    ad = np.array([anderson_darling(*pair) for pair in pairs])
    # Means 1/6 (1 + 1/(N + M)) and 0; standard deviations sqrt(1/45) and 1; 4 sigma of 1000.
    assert cvm.mean() == pytest.approx((1 + 1 / 400) / 6, abs=4 * np.sqrt(1 / 45 / 1000))
    assert ad.mean() == pytest.approx(0, abs=4 / np.sqrt(1000))
    # Both have tails of exponential kind, kurtosis 12 to 13: the deviation is known to sqrt(12 / 4 / 1000) = 5 %.
    assert cvm.std() == pytest.approx(np.sqrt(1 / 45), rel=0.2)
    assert ad.std() == pytest.approx(1, rel=0.2)


def test_a_difference_grows_with_the_samples() -> None:
    def grid(n: int) -> np.ndarray:
        return (np.arange(n) + 0.5) / n

    for distance in (cramer_von_mises, anderson_darling):
        small, large = (distance(grid(n), grid(n) + 0.1) for n in (10_000, 40_000))
        assert large / small == pytest.approx(4, rel=0.02)
    assert kolmogorov_smirnov(grid(40_000), grid(40_000) + 0.1) == pytest.approx(0.1, abs=1e-4)


def test_ranks_know_no_units() -> None:
    x, y = np.random.default_rng(4).lognormal(size=(2, 500))
    for distance in (kolmogorov_smirnov, cramer_von_mises, anderson_darling):
        assert distance(np.log(x), np.log(y)) == pytest.approx(distance(x, y))
