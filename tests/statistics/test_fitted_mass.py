"""Masses drawn from the fitted spectrum follow the background, and know nothing of what lies in the signal region."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resonaut.errors import FitError
from resonaut.registry import read_config
from resonaut.searches.regions import Region
from resonaut.statistics.fitted_mass import FittedMass

REGION = Region(3300, 3700, 2600, 5000)


def falling(n, seed, low=2600.0, high=5000.0):
    """Masses that fall as m^-10."""
    u = np.random.default_rng(seed).random(n)
    return (low**-9 + u * (high**-9 - low**-9)) ** (-1 / 9)


def test_it_follows_the_background_under_a_peak():
    peak = np.random.default_rng(2).normal(3500, 30, 5000)
    model = FittedMass().fit(np.concatenate([falling(200_000, seed=1), peak]), REGION)
    sample, truth = model.sample(50_000, seed=3), falling(50_000, seed=4, low=3300, high=3700)
    # The slope of the fit has an error of its own, of a tenth of what 50,000 events can see.
    assert stats.ks_2samp(sample, truth).pvalue > 0.01
    # The very test notices the peak where the masses of the region themselves are resampled.
    kernel = read_config("mass", "kde").fit(np.concatenate([falling(200_000, seed=1), peak]), REGION)
    assert stats.ks_2samp(kernel.sample(50_000, seed=3), truth).pvalue < 1e-10


def test_masses_stay_in_the_region_and_follow_the_seed():
    model = FittedMass().fit(falling(20_000, seed=1), REGION)
    sample = model.sample(1000, seed=1)
    assert sample.min() >= 3300
    assert sample.max() < 3700
    np.testing.assert_array_equal(sample, model.sample(1000, seed=1))
    assert model.sample(0, seed=1).shape == (0,)


def test_a_spectrum_it_cannot_describe_is_refused():
    # A step in the upper sideband, at every place where the fit could begin.
    mass = falling(200_000, seed=1)
    mass = mass[(mass < 4000) | (np.random.default_rng(1).random(len(mass)) < 0.3)]
    with pytest.raises(FitError, match="masses cannot be drawn from it; use mass_model"):
        FittedMass().fit(mass, REGION)
