"""Each loss against its integral, and its gradients against the integral's, for the map and for the channel weights."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch

from resonaut.integration.losses import Loss, map_loss

LOSSES = get_args(Loss)


def integral(loss, a, b, n=2001):
    """Two channels on [0, 1] with densities 1 + a_i (2u - 1), F_i = alpha_i(u) (1 + u), alpha_0 a logistic in b u."""
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    q = 1 + a[:, None] * (2 * u - 1)
    alpha = torch.sigmoid(b * u)
    f = torch.stack([alpha, 1 - alpha]) * (1 + u)
    i = f.mean(dim=1)
    r = (i / i.sum()).detach()[:, None]
    if loss == "variance":
        return (f**2 / (r * q)).mean(dim=1).sum() - i.sum().detach() ** 2
    if loss == "stratified-variance":
        return ((f**2 / q).mean(dim=1) - i**2).sqrt().sum() ** 2
    if loss == "kl":
        return (f * (f / (r * q)).log()).mean(dim=1).sum()
    return (r * q * (r * q / f).log()).mean(dim=1).sum()


def estimate(loss, a, b, n=100_000):
    """By points of other densities, in shares 0.3 and 0.7."""
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    channel = (torch.arange(n) * 7 % 10 >= 3).long()
    sampled = 0.5 + u  # drawn by inversion
    u = (-0.5 + (0.25 + 2 * u).sqrt()).clamp(0, 1)
    sampled = (0.5 + u) * torch.where(channel == 0, 0.3, 0.7)
    alpha = torch.sigmoid(b * u)
    share = torch.where(channel == 0, alpha, 1 - alpha) * (1 + u)
    log_prob = torch.log(1 + a[channel] * (2 * u - 1))
    return map_loss(loss, share, log_prob, sampled.log(), channel, 2).mean()


@pytest.mark.parametrize("loss", LOSSES)
def test_values_and_gradients_are_those_of_the_integral(loss):
    found, truth = [], []
    for function, values in ((estimate, found), (integral, truth)):
        a = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
        b = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        value = function(loss, a, b)
        gradient_a, gradient_b = torch.autograd.grad(value, (a, b))
        values += [float(value.detach()), *gradient_a.tolist(), float(gradient_b)]
    assert found == pytest.approx(truth, rel=2e-3, abs=2e-4)
    assert abs(truth[-1]) > 1e-3  # the channel weights are trained, by every loss


@pytest.mark.parametrize("loss", LOSSES)
def test_the_best_map_is_the_integrand_itself(loss):
    """Of densities 1 + a(2u - 1), that of 1 + u has a = 1/3."""
    a = torch.tensor(1 / 3, dtype=torch.float64, requires_grad=True)
    u = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    channel = torch.zeros(len(u), dtype=torch.int64)
    log_prob = torch.log(1 + a * (2 * u - 1))
    value = map_loss(loss, 1 + u, log_prob, torch.zeros_like(u), channel, 1).mean()
    assert torch.autograd.grad(value, a)[0].abs() < 1e-3
    if loss == "kl":
        assert float(value.detach()) == pytest.approx(1.5 * math.log(1.5), rel=1e-3)


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "stratified-variance"])
def test_at_the_best_map_no_point_pulls(loss):
    """Not only on average: what a few points say of a perfect map is nothing."""
    u = torch.rand(50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    share = torch.ones_like(u)  # of a flat integrand, I = 1
    log_prob = torch.zeros_like(u, requires_grad=True)
    value = map_loss(loss, share, log_prob, torch.zeros_like(u), torch.zeros(50, dtype=torch.int64), 1)
    torch.testing.assert_close(torch.autograd.grad(value.sum(), log_prob)[0], torch.zeros_like(u))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("share", [[0.0, 1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
def test_points_where_there_is_nothing_do_no_harm(loss, share):
    log_prob = torch.zeros(4, requires_grad=True)
    share = torch.tensor(share)
    value = map_loss(loss, share, log_prob, torch.zeros(4), torch.tensor([0, 0, 0, 1]), 2)
    assert value.isfinite().all()
    assert torch.autograd.grad(value.sum(), log_prob)[0].isfinite().all()
