"""The variance-preserving diffusion with a cosine schedule, and the ways back from noise to data.

At time t in [0, 1] a data point x has become x_t = alpha x + sigma eps, alpha = cos(pi t / 2), sigma = sin(pi t / 2). A
network that predicts v = alpha eps - sigma x gives the data point it believes in, x = alpha x_t - sigma v, and every
sampler is a rule for going a step towards it.

References:
    Ho, Jain, Abbeel (DDPM), NeurIPS 2020, arXiv:2006.11239
    Song, Meng, Ermon (DDIM), ICLR 2021, arXiv:2010.02502
    Nichol, Dhariwal (cosine schedule), ICML 2021, arXiv:2102.09672
    Salimans, Ho (v-prediction), ICLR 2022, arXiv:2202.00512
    Karras et al. (second-order correction), NeurIPS 2022, arXiv:2206.00364
    Lu et al. (DPM-Solver++), arXiv:2211.01095
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from resonaut.models.networks.noise import gaussian_noise

__all__ = ["Sampler", "denoise", "noised"]

Sampler = Literal["ddpm", "ddim", "ddim2", "dpm++"]
"""`ddpm` draws noise at each step, `ddim` none. Of second order are `ddim2`, which looks at the end of a step and takes
it again (two network calls), and `dpm++`, which uses the step before (DPM-Solver++ 2M)."""

Prediction = Callable[[Tensor, Tensor], Tensor]
"""v(x_t, t) of rows x_t [B, ...] and their times t [B]."""

_FIRST = 1 - 1e-3  # at t = 1 there is no signal left at all, and its logarithm is infinite


def noised(
    x: Float[Tensor, "B ..."], eps: Float[Tensor, "B ..."], time: Float[Tensor, " B"]
) -> tuple[Float[Tensor, "B ..."], Float[Tensor, "B ..."]]:
    """x_t, and the v that a network should predict from it."""
    angle = 0.5 * math.pi * time.reshape(-1, *[1] * (x.ndim - 1))
    alpha, sigma = angle.cos(), angle.sin()
    return alpha * x + sigma * eps, alpha * eps - sigma * x


def denoise(
    predict: Prediction,
    x: Float[Tensor, "B ..."],
    *,
    sampler: Sampler = "dpm++",
    steps: int = 20,
    noise: torch.Generator | None = None,
) -> Float[Tensor, "B ..."]:
    """From Gaussian noise to data.

    Args:
        predict: v(x_t, t).
        x: Standard Gaussian noise.
        sampler: How; see `Sampler`.
        steps: At equally spaced times; one network call each, two of "ddim2".
        noise: Where "ddpm" takes its noise from.
    """
    times = torch.linspace(_FIRST, 0, steps + 1, dtype=torch.float64).tolist()
    before: tuple[Tensor, float] | None = None  # the last prediction, and the step in log(alpha / sigma) after it

    def data_at(x: Tensor, time: float) -> Tensor:
        alpha, sigma = _alpha_sigma(time)
        return alpha * x - sigma * predict(x, torch.full(x.shape[:1], time, device=x.device))

    for now, then in pairwise(times):
        data = data_at(x, now)
        if then == 0:
            return data
        if sampler == "ddpm":
            x = _ancestral(x, data, now, then, noise)
            continue
        h = _half_log_snr(then) - _half_log_snr(now)
        towards = data
        if sampler == "dpm++" and before is not None:
            last, h_last = before
            towards = data + (data - last) * (h / (2 * h_last))
        if sampler == "ddim2":
            towards = (data + data_at(_towards(data, x, now, then), then)) / 2
        x = _towards(towards, x, now, then)
        before = data, h
    raise AssertionError("the last time is 0")


def _towards(data: Tensor, x: Tensor, now: float, then: float) -> Tensor:
    """DDIM's step: what is noise stays the same noise."""
    (alpha, sigma), (alpha_then, sigma_then) = _alpha_sigma(now), _alpha_sigma(then)
    return (sigma_then / sigma) * x + (alpha_then - alpha * sigma_then / sigma) * data


def _ancestral(x: Tensor, data: Tensor, now: float, then: float, noise: torch.Generator | None) -> Tensor:
    """A draw from q(x_then | x_now, data), eq. 7 of Ho et al. for any two times."""
    (alpha, sigma), (alpha_then, sigma_then) = _alpha_sigma(now), _alpha_sigma(then)
    between = sigma**2 - (alpha / alpha_then) ** 2 * sigma_then**2  # variance of x_now given x_then
    mean = (alpha / alpha_then) * (sigma_then / sigma) ** 2 * x + alpha_then * between / sigma**2 * data
    return mean + math.sqrt(between) * sigma_then / sigma * gaussian_noise(x.shape, noise, x.device)


def _alpha_sigma(time: float) -> tuple[float, float]:
    return math.cos(0.5 * math.pi * time), math.sin(0.5 * math.pi * time)


def _half_log_snr(time: float) -> float:
    alpha, sigma = _alpha_sigma(time)
    return math.log(alpha / sigma)
