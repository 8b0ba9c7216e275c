"""The shape of a resonance: normalised, continued by its tails, and recovered from its own events."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import crystalball

from resonaut.errors import FitError
from resonaut.statistics.signal_shape import DoubleCrystalBall, fit_signal_shape

WINDOW = (2300.0, 5000.0)
TRUTH = DoubleCrystalBall(mean=3500.0, width=110.0, low=1.3, n_low=2.5, high=1.6, n_high=4.0)


def sample(shape: DoubleCrystalBall, n: int, seed: int) -> np.ndarray:
    """By inverting the cumulative on a fine grid."""
    grid = np.linspace(*WINDOW, 20_001)
    cumulative = shape.cumulative(grid)
    uniform = np.random.default_rng(seed).uniform(cumulative[0], cumulative[-1], n)
    return np.interp(uniform, cumulative, grid)


@pytest.mark.parametrize("interval", [(2300, 3300), (3300, 3400), (3400, 3600), (3600, 3700), (3700, 5000)])
def test_the_area_is_the_integral_of_the_curve(interval: tuple[float, float]) -> None:
    area, _ = quad(lambda m: float(TRUTH.density(np.array([m]))[0]), *interval)
    assert np.diff(TRUTH.cumulative(np.array(interval, dtype=float)))[0] == pytest.approx(area, rel=1e-6)


def test_each_side_is_scipys_crystal_ball() -> None:
    t = np.linspace(-10, 0, 50)
    for start, power, side in ((TRUTH.low, TRUTH.n_low, 1), (TRUTH.high, TRUTH.n_high, -1)):
        one_sided = crystalball.pdf(t, start, power) / crystalball.pdf(0, start, power)
        np.testing.assert_allclose(TRUTH.density(TRUTH.mean + side * t * TRUTH.width), one_sided, rtol=1e-12)


def test_fractions_add_up_to_one() -> None:
    assert TRUTH.fractions(np.linspace(*WINDOW, 30), WINDOW).sum() == pytest.approx(1)


def test_a_shape_is_recovered_from_its_events() -> None:
    pulls = []
    for seed in range(6):
        fit = fit_signal_shape(sample(TRUTH, 5_000, seed), WINDOW)
        pulls += [(fit.shape.mean - 3500) / fit.mean_error, (fit.shape.width - 110) / fit.width_error]
        # What limits use: how much lies in the signal region, known to its own binomial error.
        truth = TRUTH.fractions(np.array([3300.0, 3700.0]), WINDOW)[0]
        fitted = fit.shape.fractions(np.array([3300.0, 3700.0]), WINDOW)[0]
        assert fitted == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth) / 5_000))
        assert fit.p_value > 0.05
    assert np.abs(pulls).max() < 4
    assert np.std(pulls) < 1.6


def test_energies_and_resolutions_shift_it() -> None:
    moved = TRUTH.shifted(energy=0.02, resolution=0.1)
    assert moved.mean == pytest.approx(3570)
    assert moved.width == pytest.approx(110 * 1.02 * 1.1)


def test_few_events_or_no_peak_are_refused() -> None:
    with pytest.raises(FitError, match=r"50 simulated signal events .* needs 200"):
        fit_signal_shape(sample(TRUTH, 50, 0), WINDOW)
    with pytest.raises(FitError, match="no peak"):
        fit_signal_shape(np.random.default_rng(0).uniform(*WINDOW, 2_000), WINDOW)
