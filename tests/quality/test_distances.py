from __future__ import annotations

import numpy as np
import pytest

from resonaut.errors import ConfigError, EventsError
from resonaut.quality.distances import DISTANCES, compare

NAMES = ("mj1", "delta_mj", "tau21_1")
# Normalised to a null mean of 0: the very same events are less apart than two samples of one distribution.
NEGATIVE = "anderson_darling"


def gaussian(n: int, seed: int) -> np.ndarray:
    """Features of unlike scales, the first two correlated."""
    z = np.random.default_rng(seed).normal(size=(n, 3))
    return np.stack([100 + 30 * z[:, 0], 300 + 50 * (z[:, 0] + z[:, 1]), 0.5 + 0.1 * z[:, 2]], axis=1)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_sample_is_no_distance_from_itself(name: str) -> None:
    x = gaussian(300, 1)
    value = compare(x, x[::-1], NAMES, distances=[name], seed=1).values[name]
    if name == NEGATIVE:
        # Less its mean over its standard deviation, sqrt(2 (pi^2 - 9) / 3); 1 % for the finite sample.
        assert value == pytest.approx(-1 / np.sqrt(2 * (np.pi**2 - 9) / 3), rel=0.01)
    else:
        assert value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", sorted(set(DISTANCES) - {"kullback_leibler"}))
def test_distances_are_symmetric(name: str) -> None:
    x, y, distance = gaussian(300, 2), gaussian(300, 3), DISTANCES[name]
    seeded = {"seed": 1} if distance.random else {}
    a, b = (x, y) if distance.joint else (x[:, 0], y[:, 0])
    assert distance.function(a, b, **seeded) == pytest.approx(distance.function(b, a, **seeded))


@pytest.mark.parametrize("name", DISTANCES)
def test_units_do_not_matter(name: str) -> None:
    x, y = gaussian(400, 4), gaussian(300, 5)
    units, zero = np.array([1e-3, 1.0, 100.0]), np.array([0.0, -300.0, 1.0])
    there, here = (
        compare(a, b, NAMES, distances=[name], seed=1) for a, b in ((x, y), (x * units + zero, y * units + zero))
    )
    assert there.values[name] == pytest.approx(here.values[name], rel=1e-6)


def test_lengths_are_standard_deviations_of_the_real_sample() -> None:
    x = gaussian(500, 6)
    shifted = x + 0.2 * x.std(axis=0)
    comparison = compare(x, shifted, NAMES, distances=["wasserstein", "frechet"])
    assert comparison.per_feature["wasserstein"] == pytest.approx(dict.fromkeys(NAMES, 0.2))
    assert comparison.values["frechet"] == pytest.approx(3 * 0.2**2)


def test_values_are_averages_over_features_where_there_are_any() -> None:
    comparison = compare(gaussian(200, 7), gaussian(150, 8), NAMES, seed=1)
    assert (comparison.n_real, comparison.n_generated) == (200, 150)
    assert list(comparison.values) == list(DISTANCES)
    assert set(comparison.per_feature) == {name for name, one in DISTANCES.items() if not one.joint}
    for name, features in comparison.per_feature.items():
        assert tuple(features) == NAMES
        assert comparison.values[name] == pytest.approx(np.mean(list(features.values())))


def test_the_feature_that_is_off_is_named() -> None:
    x, y = gaussian(1000, 9), gaussian(1000, 10)
    y[:, 1] += 40
    for features in compare(x, y, NAMES).per_feature.values():
        assert max(features, key=features.__getitem__) == "delta_mj"


def test_a_value_depends_on_the_seed_and_not_on_what_else_is_asked_for() -> None:
    x, y = gaussian(200, 11), gaussian(200, 12)
    everything = compare(x, y, NAMES, seed=1)
    assert everything == compare(x, y, NAMES, seed=1)
    alone = compare(x, y, NAMES, distances=["sliced_wasserstein"], seed=1)
    assert alone.values["sliced_wasserstein"] == everything.values["sliced_wasserstein"]
    assert alone.values != compare(x, y, NAMES, distances=["sliced_wasserstein"], seed=2).values


def test_single_precision_is_welcome() -> None:
    x, y = gaussian(300, 13), gaussian(300, 14)
    single = compare(x.astype(np.float32), y.astype(np.float32), NAMES, seed=1)
    assert single.values == pytest.approx(compare(x, y, NAMES, seed=1).values, rel=1e-2)


def broken(value: float) -> np.ndarray:
    x = gaussian(50, 15)
    x[7, 1] = value
    return x


def constant() -> np.ndarray:
    x = gaussian(50, 16)
    x[:, 2] = 0.25
    return x


@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (gaussian(0, 1), gaussian(50, 2), "real sample holds 0 events"),
        (gaussian(50, 1), gaussian(1, 2), "generated sample holds 1 events"),
        (broken(np.nan), gaussian(50, 2), r"'delta_mj' of the real sample is NaN or infinite in 1 of 50"),
        (gaussian(50, 1), broken(np.inf), r"'delta_mj' of the generated sample is NaN or infinite in 1 of 50"),
        (gaussian(50, 1), gaussian(50, 2)[:, :2], r"generated sample has 2 columns for 3 features \(mj1, delta_mj"),
        (gaussian(50, 1)[:, :2], gaussian(50, 2), "real sample has 2 columns for 3 features"),
        (constant(), gaussian(50, 2), "'tau21_1' is 0.25 in every real event"),
    ],
)
def test_samples_that_cannot_be_measured_are_refused(real: np.ndarray, generated: np.ndarray, message: str) -> None:
    with pytest.raises(EventsError, match=message):
        compare(real, generated, NAMES, seed=1)


def test_a_generator_that_gives_one_value_is_measured() -> None:
    values = compare(gaussian(200, 17), constant(), NAMES, seed=1).values
    assert np.isfinite(list(values.values())).all()


def test_an_unknown_distance_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown distance 'fid'; use some of: frechet, kolmogorov_smirnov"):
        compare(gaussian(50, 1), gaussian(50, 2), NAMES, distances=["fid"])
