"""Sampled masses follow the spectrum of the region and never leave it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from resonaut.errors import ConfigError, RegionError
from resonaut.models.density.mass import KernelMass
from resonaut.searches.regions import Region

LOW, HIGH = 3300.0, 3700.0
REGION = Region(LOW, HIGH, 2300, 5000)


def falling(n, seed):
    """Masses of a spectrum that falls as steeply as dijets do, between LOW and HIGH."""
    u = np.random.default_rng(seed).random(n)
    scale = 500.0
    return LOW - scale * np.log1p(-u * -np.expm1(-(HIGH - LOW) / scale))


def test_masses_follow_a_falling_spectrum_up_to_the_edges():
    model = KernelMass().fit(falling(50_000, seed=1), REGION)
    sample, truth = model.sample(50_000, seed=2), falling(50_000, seed=3)
    # The model repeats the statistics of its own 50,000 masses: at the 1 % point of the test, as two samples would.
    assert stats.ks_2samp(sample, truth).pvalue > 0.01
    for low, high in [(LOW, LOW + 5), (HIGH - 5, HIGH)]:
        n_sample, n_truth = (((m >= low) & (m < high)).sum() for m in (sample, truth))
        # Three samples of Poisson numbers are involved: the model's, the drawn, and the truth.
        assert abs(n_sample - n_truth) < 4 * np.sqrt(3 * n_truth)


def test_a_wrong_spectrum_is_noticed():
    # The test above can fail: masses spread evenly are not the falling spectrum.
    flat = np.random.default_rng(1).uniform(LOW, HIGH, 50_000)
    sample = KernelMass().fit(flat, REGION).sample(50_000, seed=2)
    assert stats.ks_2samp(sample, falling(50_000, seed=3)).pvalue < 1e-10


def test_only_masses_in_the_window_count():
    mass = np.concatenate([np.full(100, 3500.0), np.full(1000, 3299.9), np.full(1000, 3700.0)])
    sample = KernelMass().fit(mass, REGION).sample(1000, seed=1)
    # A kernel of 0.01 in the logit is 1 GeV at the middle of a region of 400 GeV.
    assert abs(sample - 3500).max() < 5


@given(edge=st.sampled_from([LOW, np.nextafter(LOW, HIGH), np.nextafter(HIGH, LOW)]), bandwidth=st.floats(1e-3, 10))
def test_no_mass_leaves_the_region(edge, bandwidth):
    sample = KernelMass(bandwidth=bandwidth).fit(np.array([edge, 3500.0]), REGION).sample(200, seed=1)
    assert (sample >= LOW).all()
    assert (sample < HIGH).all()


def test_samples_follow_the_seed():
    model = KernelMass().fit(falling(100, seed=1), REGION)
    np.testing.assert_array_equal(model.sample(10, seed=1), model.sample(10, seed=1))
    assert not np.allclose(model.sample(10, seed=1), model.sample(10, seed=2))
    assert model.sample(0, seed=1).shape == (0,)


def test_an_empty_region_is_refused():
    with pytest.raises(RegionError, match="no mass lies between 3300 and 3700"):
        KernelMass().fit(np.array([3000.0, 4000.0]), REGION)


def test_a_bandwidth_must_be_positive():
    with pytest.raises(ConfigError, match="bandwidth is 0"):
        KernelMass(bandwidth=0)
