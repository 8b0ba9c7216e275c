"""Samplers of a diffusion, where the perfect network is known: Gaussian data."""

import math

import numpy as np
import pytest
import torch

from resonaut.models.diffusion import denoise, noised

MEAN, WIDTH = 1.5, 0.3


def perfect(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """v for data from a Gaussian of that mean and width: the posterior mean of alpha eps - sigma x given x_t."""
    angle = 0.5 * math.pi * time[:, None]
    alpha, sigma = angle.cos(), angle.sin()
    variance = (alpha * WIDTH) ** 2 + sigma**2
    data = MEAN + alpha * WIDTH**2 / variance * (x - alpha * MEAN)
    eps = (x - alpha * data) / sigma
    return alpha * eps - sigma * data


def sampled(sampler: str, steps: int, n: int = 20_000) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 1, generator=generator, dtype=torch.float64)
    return denoise(perfect, x, sampler=sampler, steps=steps, noise=generator)


@pytest.mark.parametrize(("sampler", "steps"), [("ddpm", 300), ("ddim", 300), ("dpm++", 40)])
def test_the_samples_are_those_of_the_data(sampler, steps):
    x = sampled(sampler, steps)
    # 20,000 draws: the mean is known to 0.0021, the width to 0.5 %; the rest is the finite number of steps.
    assert float(x.mean()) == pytest.approx(MEAN, abs=0.01)
    assert float(x.std()) == pytest.approx(WIDTH, rel=0.03)


def test_a_second_order_needs_fewer_steps():
    exact = sampled("ddim", 2000, n=50)
    first, second = (float((sampled(name, 25, n=50) - exact).abs().mean()) for name in ("ddim", "dpm++"))
    assert second < 0.5 * first


def test_orders_of_convergence():
    """DDIM halves its error with half the step; DPM-Solver++ more than that: its first step is DDIM's."""
    exact = sampled("dpm++", 4000, n=50)
    for sampler, least in (("ddim", 0.9), ("dpm++", 1.4)):
        errors = [float((sampled(sampler, steps, n=50) - exact).abs().mean()) for steps in (200, 400)]
        assert math.log2(errors[0] / errors[1]) > least, sampler


def test_noise_keeps_the_variance():
    generator = torch.Generator().manual_seed(2)
    x, eps = torch.randn(2, 50_000, 1, generator=generator, dtype=torch.float64)
    for time in (0.1, 0.5, 0.9):
        x_t, v = noised(x, eps, torch.full((50_000,), time))
        np.testing.assert_allclose([x_t.var(), v.var()], 1, atol=0.03)  # 0.6 % each
        alpha, sigma = math.cos(0.5 * math.pi * time), math.sin(0.5 * math.pi * time)
        np.testing.assert_allclose(alpha * x_t - sigma * v, x, atol=1e-6)
