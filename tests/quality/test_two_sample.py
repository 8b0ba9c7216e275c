from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, norm
from sklearn.linear_model import LogisticRegression

from resonaut.errors import EventsError
from resonaut.quality.two_sample import c2st, c2st_floor, feature_closure


def gaussian(n: int, seed: int, shift: float = 0.0, features: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, (n, features))


def test_samples_of_one_kind_cannot_be_told_apart() -> None:
    results = [c2st(gaussian(1000, 2 * i), gaussian(1000, 2 * i + 1), seed=i) for i in range(6)]
    pulls = np.array([(result.auc - 0.5) / result.error for result in results])
    # Standard normal: mean within 3 / sqrt(6), squares a chi-squared of 6 that exceeds 22 once in a thousand.
    assert abs(pulls.mean()) < 3 / np.sqrt(6)
    assert (pulls**2).sum() < 22
    assert results[0].n == 1000


def test_a_shift_is_seen_as_well_as_the_best_test_can() -> None:
    result = c2st(gaussian(10_000, 1, features=1), gaussian(10_000, 2, shift=1.0, features=1), seed=1)
    # Neyman-Pearson: no test exceeds Phi(d / sqrt 2); trees of 10,000 events come within 0.015.
    best = norm.cdf(1 / np.sqrt(2))
    assert best - 0.015 < result.auc < best + 3 * result.error


def test_a_difference_that_no_single_feature_shows_is_seen() -> None:
    real, rng = gaussian(5000, 3, features=2), np.random.default_rng(4)
    correlated = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 5000)
    assert min(test.p for test in feature_closure(real, correlated, ("x", "y")).values()) > 0.01
    result = c2st(real, correlated, seed=5)
    assert result.auc - 0.5 > 5 * result.error


def test_samples_of_different_size_are_weighted_alike() -> None:
    result = c2st(gaussian(6000, 6), gaussian(1000, 7), seed=6)
    assert abs(result.auc - 0.5) < 3 * result.error
    assert result.error == pytest.approx(np.sqrt(3501 / (12 * 3000 * 500)))


def test_the_seed_decides() -> None:
    a, b = gaussian(500, 8), gaussian(500, 9)
    assert c2st(a, b, seed=1) == c2st(a, b, seed=1)
    assert c2st(a, b, seed=1) != c2st(a, b, seed=2)


def test_another_classifier_can_judge_and_is_left_as_it_was() -> None:
    # A linear one is blind to the width, which trees see.
    a, b, linear = gaussian(4000, 10), 2 * gaussian(4000, 11), LogisticRegression()
    blind = c2st(a, b, seed=1, classifier=linear)
    assert abs(blind.auc - 0.5) < 4 * blind.error
    assert c2st(a, b, seed=1).auc > 0.7
    assert not hasattr(linear, "coef_")


def test_floor_is_chance_at_the_size_asked_for_or_what_there_is() -> None:
    real = gaussian(3000, 12)
    floor = c2st_floor(real, 1000, seed=1)
    assert floor.n == 1000
    assert abs(floor.auc - 0.5) < 3 * floor.error
    assert c2st_floor(real, 100_000, seed=1).n == 1500


def test_feature_p_values_are_uniform_where_the_samples_agree() -> None:
    names = [f"x{i}" for i in range(300)]
    tests = feature_closure(gaussian(2000, 13, features=300), gaussian(3000, 14, features=300), names)
    assert kstest([test.p for test in tests.values()], "uniform").pvalue > 0.001


def test_the_feature_that_is_off_is_named() -> None:
    real, sampled = gaussian(3000, 15), gaussian(3000, 16)
    sampled[:, 1] += 0.3
    tests = feature_closure(real, sampled, ("mj1", "delta_mj", "tau21_1"))
    # The largest distance of two Gaussian distributions shifted by d is 2 Phi(d / 2) - 1.
    assert tests["delta_mj"].ks == pytest.approx(2 * norm.cdf(0.15) - 1, abs=3 / np.sqrt(3000))
    assert tests["delta_mj"].p < 1e-10
    assert min(tests["mj1"].p, tests["tau21_1"].p) > 0.001


def test_a_handful_of_events_is_refused() -> None:
    with pytest.raises(EventsError, match="too small"):
        c2st(gaussian(3, 17), gaussian(100, 18), seed=1)
