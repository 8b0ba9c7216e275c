"""Scalings are invertible, their Jacobian is the derivative, and nothing that goes in comes out as NaN."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from resonaut.errors import EventsError
from resonaut.features.scaling import Chain, Logit, Quantile, Standardise
from resonaut.features.whitening import Whiten
from resonaut.registry import members

SCALINGS = list(members("scaling").values())

tables = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.integers(1, 3)),
    elements=st.floats(-1e6, 1e6, allow_subnormal=False),
)


@pytest.fixture
def features():
    """A mass, a ratio with spikes at 0 and 1, and a constant."""
    rng = np.random.default_rng(1)
    ratio = np.clip(rng.normal(0.5, 0.4, 2000), 0, 1)
    return np.stack([rng.gamma(2, 100, 2000), ratio, np.full(2000, 3.0)], axis=1)


@pytest.mark.parametrize("Scaling", SCALINGS)
def test_inverse_undoes_transform(Scaling, features):
    scaling = Scaling().fit(features)
    assert scaling.covers(features).all()
    np.testing.assert_allclose(scaling.inverse(scaling.transform(features)), features, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("Scaling", SCALINGS)
@given(x=tables)
def test_its_own_data_never_become_nan(Scaling, x):
    # Whatever the data: one event, equal values, 12 orders of magnitude.
    scaling = Scaling().fit(x)
    z = scaling.transform(x)
    assert np.isfinite(z).all()
    assert np.isfinite(scaling.log_jacobian(x)).all()
    np.testing.assert_allclose(scaling.inverse(z), x, rtol=1e-6, atol=1e-6 * (1 + np.abs(x).max()))


@pytest.mark.parametrize("Scaling", SCALINGS)
def test_log_jacobian_is_the_derivative(Scaling, features):
    scaling = Scaling().fit(features[:, :2])
    x, step = features[:, :2], 1e-6
    x = x[(x[:, 1] > 0.01) & (x[:, 1] < 0.99)][:500]
    moved = step * np.eye(2)
    slopes = np.stack([scaling.transform(x + by) - scaling.transform(x - by) for by in moved], axis=2) / (2 * step)
    # An interval that straddles a kink of a broken line has neither slope.
    smooth = np.abs(scaling.log_jacobian(x + step) - scaling.log_jacobian(x - step)) < 1e-3
    assert smooth.mean() > 0.98
    np.testing.assert_allclose(np.linalg.slogdet(slopes)[1][smooth], scaling.log_jacobian(x)[smooth], atol=1e-4)


@pytest.mark.parametrize("Scaling", SCALINGS)
def test_state_is_everything_that_was_learnt(Scaling, features):
    fitted = Scaling().fit(features)
    copied = Scaling().load_state(fitted.state())
    np.testing.assert_array_equal(copied.transform(features), fitted.transform(features))
    np.testing.assert_array_equal(copied.inverse(features), fitted.inverse(features))


@pytest.mark.parametrize("Scaling", SCALINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_unusable_values_are_refused(Scaling, value, features):
    features[3, 1] = value
    with pytest.raises(EventsError, match=r"columns \[1\]"):
        Scaling().fit(features)


def test_standardise_gives_mean_0_and_deviation_1(features):
    z = Standardise().fit(features).transform(features)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), [1, 1, 0], atol=1e-12)


def test_logit_stays_in_the_range_whatever_it_inverts(features):
    scaling = Logit(margin=0.01).fit(features)
    x = scaling.inverse(np.array([[-1e3, -50.0, 0.0], [1e3, 50.0, 0.0]]))
    width = np.ptp(features[:, 1])
    assert (x[:, 1] >= -0.01 * width).all()
    assert (x[:, 1] <= 1 + 0.01 * width).all()
    assert np.isfinite(x).all()


def test_what_lies_outside_is_known_and_finite(features):
    beyond = np.array([[1e5, 0.5, 3.0], [100.0, 0.5, 3.0], [-1e5, 0.5, 3.0]])
    for scaling in (Logit().fit(features), Chain().fit(features)):
        np.testing.assert_array_equal(scaling.covers(beyond), [False, True, False])
        assert np.isfinite(scaling.transform(beyond)).all()


def test_quantile_makes_any_continuous_feature_gaussian():
    x = np.random.default_rng(2).exponential(size=(20000, 1)) ** 3
    z = Quantile().fit(x).transform(x)[:, 0]
    # 1.63 / sqrt(n) is the 1 % point of Kolmogorov's distribution; straight lines between 100 knots add about 0.001.
    assert stats.kstest(z, "norm").statistic < 1.63 / np.sqrt(len(z)) + 0.001
    assert stats.kstest((x[:, 0] - x.mean()) / x.std(), "norm").statistic > 0.1


def test_whitened_columns_are_uncorrelated_and_of_unit_width():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((5000, 3)) @ rng.standard_normal((3, 3)) * [1, 100, 1e-3]
    nearly = x[:, :1] + 1e-4 * rng.standard_normal((5000, 1))  # all but a copy: the small difference counts as much
    z = Whiten().fit(np.hstack([x, nearly])).transform(np.hstack([x, nearly]))
    np.testing.assert_allclose(np.cov(z, rowvar=False), np.eye(4), atol=1e-3)
