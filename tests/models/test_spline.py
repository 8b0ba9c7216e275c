"""The spline flows are changes of variables, in both directions, and stay within the data's range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from resonaut.features.scaling import Quantile, Standardise
from resonaut.models import training
from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer


@pytest.fixture(scope="module")
def events():
    """A mass-like and a ratio-like feature that depend on the context."""
    rng = np.random.default_rng(1)
    mass = rng.uniform(2000, 5000, (1500, 1))
    return np.hstack([rng.gamma(2, mass / 20), rng.beta(2, mass / 1000)]), mass


@pytest.fixture(scope="module", params=[SplineFlow, AutoregressiveSplineFlow], ids=["coupling", "autoregressive"])
def flow(events, request):
    return request.param(trainer=Trainer(epochs=3, batch_size=256, device="cpu")).fit(*events, seed=1)


def test_log_prob_is_the_change_of_variables(flow, events):
    x, mass = events[0][:100], events[1][:100]
    z = torch.from_numpy(flow.scaling_.transform(x)).float()
    c = torch.from_numpy(flow.context_scaling_.transform(mass)).float()
    jacobian = torch.func.vmap(torch.func.jacrev(lambda z, c: flow.network_.to_latent(z, c)))(z, c)
    latent = flow.to_latent(x, mass)
    gaussian = -0.5 * (latent**2).sum(axis=1) - np.log(2 * np.pi)
    log_prob = gaussian + torch.linalg.slogdet(jacobian).logabsdet.detach().numpy() + flow.scaling_.log_jacobian(x)
    np.testing.assert_allclose(flow.log_prob(x, mass), log_prob, atol=1e-4)  # float32


def test_latent_variables_lead_back_to_the_event(flow, events):
    x, mass = events[0][:500], events[1][:500]
    latent = torch.from_numpy(flow.to_latent(x, mass)).float()
    c = torch.from_numpy(flow.context_scaling_.transform(mass)).float()
    back = flow.scaling_.inverse(flow.network_.to_data(latent, c).detach().double().numpy())
    np.testing.assert_allclose(back, x, rtol=2e-3, atol=1e-3)


def test_samples_stay_in_the_range_of_the_data(flow, events):
    x, mass = events
    sample = flow.sample(np.tile(mass, (20, 1)), seed=1)
    room = 0.001 * np.ptp(x, axis=0)
    assert (sample >= x.min(axis=0) - room).all()
    assert (sample <= x.max(axis=0) + room).all()


def test_outside_the_range_there_is_no_density_but_a_latent(flow, events):
    x = events[0].max(axis=0, keepdims=True) * 1.1
    mass = np.array([[3000.0]])
    assert flow.log_prob(x, mass) == -np.inf
    assert np.isfinite(flow.to_latent(x, mass)).all()


@pytest.mark.parametrize("scaling", [Standardise(), Quantile()])
def test_other_scalings_do(scaling, events):
    flow = SplineFlow(scaling=scaling, trainer=Trainer(epochs=1, batch_size=256, device="cpu")).fit(*events, seed=1)
    assert np.isfinite(flow.sample(events[1], seed=1)).all()
    assert np.isfinite(flow.log_prob(*events)).all()


def test_one_feature_and_several_contexts(events):
    x, mass = events
    context = np.hstack([mass, x[:, 1:]])
    flow = SplineFlow(trainer=Trainer(epochs=1, batch_size=256, device="cpu")).fit(x[:, :1], context, seed=1)
    assert flow.sample(context[:5], seed=1).shape == (5, 1)
    assert flow.log_prob(x[:5, :1], context[:5]).shape == (5,)


def test_an_interrupted_fit_goes_on(events, tmp_path, monkeypatch):
    trainer = Trainer(epochs=3, batch_size=1000, device="cpu", checkpoints=tmp_path)
    whole = SplineFlow(trainer=replace(trainer, checkpoints=None)).fit(*events, seed=1)

    write = training.write_tensors

    def write_and_stop(*args):
        write(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "write_tensors", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            SplineFlow(trainer=trainer).fit(*events, seed=1)
    resumed = SplineFlow(trainer=trainer).fit(*events, seed=1)
    np.testing.assert_array_equal(resumed.sample(events[1], seed=1), whole.sample(events[1], seed=1))
