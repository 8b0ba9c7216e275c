"""Chains end up with the distribution that their energy stands for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from resonaut.errors import ConfigError
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.training import seeded
from resonaut.registry import read_config

N = 4000


def quadratic(x):
    """A correlated Gaussian's energy at temperature 1: precision [[1.5, 0.5], [0.5, 1.0]]."""
    precision = torch.tensor([[1.5, 0.5], [0.5, 1.0]])
    return 0.5 * torch.einsum("bi,ij,bj->b", x, precision, x)


def double_well(x):
    """Minima at -1 and 1, with a barrier of height 1 between them."""
    return (x[:, 0] ** 2 - 1) ** 2


def run(chain, energy, start, seed=1):
    with seeded(seed):
        return chain.run(energy, start).detach().numpy()


@pytest.mark.parametrize("metropolis", [False, True])
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_gaussian_is_sampled_with_its_covariance(metropolis, temperature):
    chain = Langevin(steps=150, noise=0.3, temperature=temperature, bound=None, metropolis=metropolis)
    x = run(chain, quadratic, torch.full((N, 2), 2.0))
    expected = temperature * np.linalg.inv([[1.5, 0.5], [0.5, 1.0]])
    # Covariances of 4,000 points scatter by 2 %; an unadjusted step of this size adds 3 %.
    np.testing.assert_allclose(np.cov(x.T), expected, atol=0.12 * temperature)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.1 * np.sqrt(temperature))


@pytest.mark.parametrize(("metropolis", "noise"), [(False, 0.2), (True, 0.7)])
def test_a_double_well_is_filled_on_both_sides(metropolis, noise):
    temperature = 0.6
    chain = Langevin(steps=600, noise=noise, temperature=temperature, bound=None, metropolis=metropolis)
    x = run(chain, double_well, torch.ones(N, 1))[:, 0]  # all start in one well
    grid = np.linspace(-3, 3, 2001)
    density = np.exp(-((grid**2 - 1) ** 2) / temperature)
    cumulative = np.cumsum(density) / density.sum()
    distance = stats.kstest(x, lambda at: np.interp(at, grid, cumulative)).statistic
    # 1.95 / sqrt(N) is exceeded once in a thousand; unadjusted steps shift the distribution a little more.
    assert distance < (0.031 if metropolis else 0.05)


def test_without_the_metropolis_step_large_noise_is_wrong():
    # The double well's test notices a sampler that is not one.
    chain = Langevin(steps=100, noise=0.7, temperature=0.6, bound=2.0)
    adjusted = Langevin(steps=100, noise=0.7, temperature=0.6, bound=2.0, metropolis=True)
    wrong, right = (run(one, double_well, torch.ones(N, 1))[:, 0] for one in (chain, adjusted))
    assert stats.ks_2samp(wrong, right).statistic > 0.1


@pytest.mark.parametrize("metropolis", [False, True])
def test_a_box_without_forces_is_filled_evenly(metropolis):
    chain = Langevin(steps=60, noise=0.4, bound=1.5, metropolis=metropolis)
    x = run(chain, lambda x: 0 * x[:, 0], torch.zeros(N, 1))[:, 0]
    assert np.abs(x).max() <= 1.5
    # Moved to the wall instead of reflected, chains would pile up there.
    assert stats.kstest(x, stats.uniform(-1.5, 3).cdf).statistic < 0.031


def test_a_start_outside_of_the_box_comes_inside():
    assert np.abs(run(Langevin(bound=1.0), quadratic, torch.full((50, 2), 7.3))).max() <= 1


def test_gradients_flow_through_the_last_steps_alone():
    weight = torch.tensor(1.3, requires_grad=True)

    def energy(x):
        return weight * x.square().sum(dim=1)

    def gradient(steps, keep_graph):
        with seeded(1):
            chain = Langevin(steps=steps, noise=0.2, temperature=0.1, bound=None)
            moved = chain.run(energy, torch.ones(5, 2), keep_graph=keep_graph)
        return None if not moved.requires_grad else torch.autograd.grad(moved.sum(), weight)[0].item()

    # One step from 1: x' = x - 0.2 * 2 weight x + ..., so the gradient is -0.4 for each of ten numbers.
    assert gradient(1, 1) == pytest.approx(-4.0, rel=1e-5)
    whole = gradient(4, 4)
    assert abs(gradient(4, 1) - whole) > 0
    with seeded(1):
        chain = Langevin(steps=4, noise=0.2, temperature=0.1, bound=None)
        ends = []
        for shifted in (1.3 + 1e-3, 1.3 - 1e-3):
            torch.manual_seed(3)
            ends.append(chain.run(lambda x, w=shifted: w * x.double().square().sum(dim=1), torch.ones(5, 2).double()))
        torch.manual_seed(3)
        through = chain.run(lambda x: weight * x.square().sum(dim=1), torch.ones(5, 2).double(), keep_graph=4)
    (exact,) = torch.autograd.grad(through.sum(), weight)
    assert exact.item() == pytest.approx(((ends[0] - ends[1]).sum() / 2e-3).item(), rel=1e-4)


def test_no_graph_is_kept_unasked():
    weight = torch.tensor(1.0, requires_grad=True)
    drawn = Langevin(steps=3).run(lambda x: weight * x.square().sum(dim=1), torch.ones(5, 2))
    assert drawn.grad_fn is None
    assert weight.grad is None


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match="noise"):
        read_config(Langevin, {"noise": 0.0})
