from __future__ import annotations

import numpy as np
import pyhf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from resonaut.errors import FitError
from resonaut.statistics.counting import (
    asimov_z,
    binomial_interval,
    excess_z,
    p_to_z,
    significance,
    z_after_trials,
    z_to_p,
)


@pytest.mark.filterwarnings("ignore:jsonschema:DeprecationWarning")
@pytest.mark.parametrize(
    ("n", "b", "sigma"), [(12, 5.0, 1.0), (60, 40.0, 5.0), (260, 200.0, 10.0), (1300, 1200.0, 20.0), (55, 50.0, 15.0)]
)
def test_p_is_that_of_pyhf(n: int, b: float, sigma: float) -> None:
    model = pyhf.simplemodels.uncorrelated_background(signal=[10.0], bkg=[b], bkg_uncertainty=[sigma])
    # pyhf's control region holds (b / sigma)^2 events.
    oracle = pyhf.infer.hypotest(0.0, [n, *model.config.auxdata], model, test_stat="q0")
    assert significance(n, b, sigma).p == pytest.approx(float(oracle), rel=1e-3)


def test_without_error_it_is_the_poisson_likelihood_ratio() -> None:
    n, b = 30.0, 20.0
    assert excess_z(n, b, 0.0) == pytest.approx(np.sqrt(2 * (n * np.log(n / b) - (n - b))), rel=1e-12)
    assert excess_z(n, b, 1e-9) == pytest.approx(float(excess_z(n, b, 0.0)), rel=1e-9)


def test_many_events_make_it_gaussian() -> None:
    b, sigma = 1e8, 3e4
    assert excess_z(b + 2 * np.hypot(1e4, sigma), b, sigma) == pytest.approx(2, rel=1e-3)


counts, errors = st.floats(0.5, 1e6), st.floats(0, 0.5)


@given(b=counts, relative=errors, ratio=st.floats(0.1, 10))
def test_more_events_are_more_significant(b: float, relative: float, ratio: float) -> None:
    less, more = excess_z([ratio * b, ratio * b + 1], b, relative * b)
    assert less < more
    assert np.sign(less) == np.sign(ratio * b - b)


@given(b=counts, relative=st.floats(0.001, 0.5), ratio=st.floats(1.1, 10))
def test_a_larger_error_is_less_significant(b: float, relative: float, ratio: float) -> None:
    exact, known, vague = excess_z(ratio * b, b, np.array([0, relative, 1.5 * relative]) * b)
    assert exact > known > vague > 0


def test_as_many_as_expected_is_no_deviation() -> None:
    assert (excess_z([1.0, 70.0, 1e6], [1.0, 70.0, 1e6], [0.1, 0.0, 300.0]) == 0).all()
    assert significance(5, 5.0, 1.0).p == 0.5


def test_no_events_are_a_deficit_of_known_size() -> None:
    assert excess_z(0, 8.0, 0.0) == pytest.approx(-np.sqrt(2 * 8.0))


def test_p_values_are_uniform_without_signal() -> None:
    rng, truth, sigma = np.random.default_rng(1), 200.0, 20.0
    tau = truth / sigma**2
    observed = rng.poisson(truth, 1_000_000)
    estimate = rng.poisson(tau * truth, 1_000_000) / tau
    z = excess_z(observed, estimate, np.sqrt(estimate / tau))
    for threshold in (0.0, 1.0, 2.0, 3.0):
        # Whole numbers and an asymptotic formula: within 10 %, 3 % of which are the toys' own error at 3 sigma.
        assert np.mean(z >= threshold) == pytest.approx(norm.sf(threshold), rel=0.1)


def test_the_median_experiment_sees_the_asimov_significance() -> None:
    rng = np.random.default_rng(2)
    z = excess_z(rng.poisson(140.0, 100_000), 100.0, 5.0)
    assert np.median(z) == pytest.approx(float(asimov_z(40.0, 100.0, 5.0)), abs=0.1)  # one event is 0.09 sigma


@pytest.mark.parametrize(
    ("z", "p"), [(0, 0.5), (1, 0.158655254), (5, 2.866516e-7), (8, 6.220961e-16), (37, 5.725571e-300)]
)
def test_known_p_values(z: float, p: float) -> None:
    assert z_to_p(z) == pytest.approx(p, rel=1e-6)
    assert p_to_z(p) == pytest.approx(z, abs=1e-6)


@given(z=st.floats(-7, 37))
def test_p_and_z_are_each_others_inverse(z: float) -> None:
    # Near p = 1 a double keeps 16 digits of p, which are fewer of z.
    assert p_to_z(z_to_p(z)) == pytest.approx(z, abs=1e-9 if z > -4 else 1e-4)


def test_p_is_never_zero_and_z_goes_on_where_p_ends() -> None:
    result = significance(100_000, 10.0, 0.1)
    assert result.z > 100
    assert result.p > 0
    assert significance(200_000, 10.0, 0.1).z > result.z


@given(z=st.floats(-3, 7), trials=st.integers(1, 50))
def test_trials_are_those_of_independent_looks(z: float, trials: int) -> None:
    assert z_to_p(z_after_trials(z, trials)) == pytest.approx(1 - norm.cdf(z) ** trials, rel=1e-6, abs=1e-14)


def test_trials_are_counted_where_p_underflows() -> None:
    # ln p is near -z^2/2, so that n looks cost ln(n) / z sigma.
    assert 50 - z_after_trials(50.0, 3) == pytest.approx(np.log(3) / 50, rel=1e-3)
    assert z_after_trials(50.0, 1) == pytest.approx(50)


@given(true=st.floats(1e-9, 1), total=st.integers(1, 40), level=st.sampled_from([0.6827, 0.95]))
def test_binomial_interval_covers_whatever_the_truth(true: float, total: int, level: float) -> None:
    k = np.arange(total + 1)
    covered = [low <= true <= high for low, high in (binomial_interval(int(i), total, level) for i in k)]
    assert binom.pmf(k, total, true)[covered].sum() >= level - 1e-9


def test_no_toy_in_a_thousand_is_a_limit_and_not_zero() -> None:
    low, high = binomial_interval(0, 1000, 0.95)
    assert low == 0
    # (1 - p)^1000 = 0.025
    assert high == pytest.approx(1 - 0.025 ** (1 / 1000))


def test_no_background_is_refused() -> None:
    with pytest.raises(FitError, match="background of 0 events"):
        excess_z(3, 0.0, 1.0)
