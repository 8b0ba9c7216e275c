"""Unweighted events are distributed as the integrand, whatever the largest weight is taken to be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from resonaut.errors import ConfigError, IntegrandError
from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.unweighting import WeightLimit, efficiency


def rising(x, channel):
    """2y on [0, 1], in two channels of which the second knows nothing and has a third."""
    near = channel == 0
    y = torch.where(near, x[:, 0].sqrt(), x[:, 0])
    weight = torch.where(near, torch.ones_like(y), 2 * y)
    alpha = torch.tensor([2 / 3, 1 / 3], dtype=x.dtype).expand(len(x), 2)
    return IntegrandValue(weight, y[:, None], alpha)


@pytest.fixture(scope="module")
def fitted():
    from resonaut.integration.integrator import Integrator

    integrator = Integrator(refine="never", grid_iterations=0, points=4000, learn_weights=False)
    return integrator.fit(Integrand(function=rising, dimensions=1, n_channels=2), seed=1)


@pytest.mark.parametrize(
    "limit",
    [
        WeightLimit(convention="maximum"),
        WeightLimit(convention="quantile", fraction=0.3),
        WeightLimit(convention="overweight", fraction=0.1),
    ],
)
def test_events_follow_the_integrand(fitted, limit):
    events = fitted.unweight(4000, seed=2, limit=limit, overweights="repeat")
    assert (events.weight == 1).all()
    assert events.integral == pytest.approx(1.0, abs=5 * events.error)
    # Repeated events are not independent: a sample of each value once, for the test's p-value.
    values = np.unique(events.y[:, 0].numpy())
    if limit.convention == "maximum":
        assert kstest(values, lambda y: y**2).pvalue > 1e-3
    kept = fitted.unweight(4000, seed=3, limit=limit, overweights="keep")
    mean = float((kept.weight * kept.y[:, 0]).sum() / kept.weight.sum())
    assert mean == pytest.approx(2 / 3, abs=5 * 0.236 / np.sqrt(4000) * 1.2)
    assert float(events.y[:, 0].mean()) == pytest.approx(2 / 3, abs=5 * 0.236 / np.sqrt(4000) * 1.2)
    # A point may well exceed the largest weight of the survey, but not many.
    assert kept.n_overweight < 10 if limit.convention == "maximum" else kept.n_overweight > 100


def test_the_efficiency_is_the_harmonic_mean_of_the_channels(fitted):
    """Channel 0 has constant weights and two thirds of the integral, channel 1 weights up to twice their mean."""
    events = fitted.unweight(5000, seed=4, limit=WeightLimit(convention="maximum"))
    assert events.efficiency == pytest.approx(1 / (2 / 3 / 1 + 1 / 3 / 0.5), abs=0.02)


def test_the_limit_leaves_out_what_it_says():
    weight = torch.rand(2000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    most = WeightLimit(convention="overweight", fraction=0.02).of(weight)
    assert float((weight - most).clamp(min=0).sum() / weight.sum()) == pytest.approx(0.02, rel=1e-9)
    quantile = WeightLimit(convention="quantile", fraction=0.02).of(weight)
    assert int((weight > quantile).sum()) in (39, 40)
    assert WeightLimit(convention="maximum").of(weight) == float(weight.max())
    assert efficiency([weight], WeightLimit(convention="maximum")) == pytest.approx(float(weight.mean() / weight.max()))


def test_signs_stay(make_small):
    from resonaut.integration.integrand import single_channel

    integrator = make_small(refine="never").fit(single_channel(lambda x: x[:, 0] - 0.25, 1), seed=1)
    events = integrator.unweight(3000, seed=2)
    # int |f| = (0.75^2 + 0.25^2)/2, of which a tenth is negative
    assert float((events.weight < 0).double().mean()) == pytest.approx(0.1, abs=0.03)
    assert (events.weight[events.y[:, 0] < 0.25] < 0).all()


def test_impossible_limits_are_refused(fitted):
    with pytest.raises(ConfigError, match=r"overweight fraction is 1\.5"):
        WeightLimit(fraction=1.5)
    from resonaut.integration.integrator import Integrator

    with pytest.raises(IntegrandError, match="call fit"):
        Integrator().unweight(10, seed=1)
