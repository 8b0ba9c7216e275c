from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, poisson

from resonaut.statistics.goodness_of_fit import deviance, goodness_of_fit

NOTHING = np.zeros(40, dtype=bool)


def test_deviance_is_the_likelihood_ratio_to_a_perfect_description() -> None:
    counts, expected = np.array([0, 1, 7, 40]), np.array([0.3, 2.0, 7.0, 30.0])
    ratio = 2 * (poisson.logpmf(counts, np.maximum(counts, 1e-300)) - poisson.logpmf(counts, expected))
    np.testing.assert_allclose(deviance(counts, expected), ratio, atol=1e-12)


@pytest.mark.parametrize("events_per_bin", [0.2, 2.0, 200.0])
def test_p_values_of_the_truth_are_uniform_however_few_events_a_bin_holds(events_per_bin: float) -> None:
    expected = np.full(40, events_per_bin)
    rng = np.random.default_rng(1)
    p = [goodness_of_fit(rng.poisson(expected), expected, NOTHING, 0).p_value for _ in range(400)]
    # Of the truth below 1 %, within three binomial sigma; where five events are expected a bin, p is a little low.
    assert np.mean(np.array(p) < 0.01) < 0.01 + 3 * np.sqrt(0.01 * 0.99 / 400)
    if events_per_bin > 100:
        assert kstest(p, "uniform").pvalue > 0.001


def test_sparse_bins_are_merged_on_their_own_side_of_the_mask() -> None:
    expected = np.full(40, 1.0)
    masked = (np.arange(40) >= 12) & (np.arange(40) < 20)
    # 12 bins of one event on the left make two merged bins, 20 on the right make four.
    assert goodness_of_fit(expected.astype(int), expected, masked, 2).n_dof == 2 + 4 - 2


def test_masked_bins_do_not_count() -> None:
    expected = np.full(40, 10.0)
    masked = (np.arange(40) >= 12) & (np.arange(40) < 20)
    counts = np.full(40, 10)
    wild = np.where(masked, 1000, counts)
    assert goodness_of_fit(wild, expected, masked, 2) == goodness_of_fit(counts, expected, masked, 2)


def test_a_wrong_expectation_is_noticed_in_sparse_bins_too() -> None:
    truth, wrong = np.linspace(3.0, 0.1, 40), np.full(40, 1.55)
    counts = np.random.default_rng(2).poisson(truth)
    assert goodness_of_fit(counts, wrong, NOTHING, 0).p_value < 0.01
