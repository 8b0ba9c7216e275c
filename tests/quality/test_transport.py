from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from resonaut.quality.transport import exact_wasserstein, sliced_wasserstein, wasserstein


def gaussian(n: int, features: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, features))


def test_a_shifted_sample_is_the_shift_away() -> None:
    x, shift = gaussian(300, 3, seed=1), np.array([0.3, -0.4, 1.2])
    assert wasserstein(x[:, 0], x[:, 0] + 0.7) == pytest.approx(0.7)
    # No pairing can do better: the mean displacement is the same for all of them.
    assert exact_wasserstein(x, x + shift, seed=1) == pytest.approx(1.3)


def test_one_dimension_agrees_with_scipy_at_any_sizes() -> None:
    x, y = gaussian(500, 1, seed=2)[:, 0], 1.5 * gaussian(500, 1, seed=3)[:, 0]
    assert wasserstein(x, y) == pytest.approx(wasserstein_distance(x, y))
    assert wasserstein(x, y[:200]) == pytest.approx(wasserstein_distance(x, y[:200]))


def test_three_ways_are_one_in_one_dimension() -> None:
    x, y = gaussian(400, 1, seed=4), 0.5 + gaussian(400, 1, seed=5)
    one = wasserstein(x[:, 0], y[:, 0])
    assert sliced_wasserstein(x, y, seed=1) == pytest.approx(one)
    assert exact_wasserstein(x, y, seed=1) == pytest.approx(one)


def test_slices_see_their_part_of_a_shift() -> None:
    x = gaussian(50, 2, seed=6)
    sliced = sliced_wasserstein(x, x + np.array([3.0, 4.0]), seed=1, projections=4000)
    # The mean of |cos| is 2 / pi, its variance 1/2 - 4 / pi^2; 3 sigma of 4000 directions.
    assert sliced == pytest.approx(5 * 2 / np.pi, abs=3 * 5 * np.sqrt((0.5 - 4 / np.pi**2) / 4000))


def test_slices_are_no_farther_apart_than_the_samples() -> None:
    x, y = gaussian(200, 4, seed=7), gaussian(200, 4, seed=8) * [1, 2, 1, 0.5]
    assert sliced_wasserstein(x, y, seed=1) < exact_wasserstein(x, y, seed=1)


def test_a_rotation_that_no_single_feature_shows_is_seen() -> None:
    z = gaussian(4000, 2, seed=9)
    x, y = z @ [[1.0, 0.8], [0.0, 0.6]], z @ [[1.0, -0.8], [0.0, 0.6]]  # correlation 0.8 and -0.8
    floor = sliced_wasserstein(x[:2000], x[2000:], seed=1)
    assert sliced_wasserstein(x, y, seed=1) > 5 * floor
    assert wasserstein(x[:, 1], y[:, 1]) < floor + 0.02


def test_the_subsample_is_the_seeds_and_no_larger_than_asked() -> None:
    x, y = gaussian(500, 2, seed=10), gaussian(300, 2, seed=11)
    assert exact_wasserstein(x, y, seed=1, events=100) == exact_wasserstein(x, y, seed=1, events=100)
    assert exact_wasserstein(x, y, seed=1, events=100) != exact_wasserstein(x, y, seed=2, events=100)
    # Floors fall with the number of events paired.
    assert exact_wasserstein(x, y, seed=1, events=300) < exact_wasserstein(x, y, seed=1, events=20)
