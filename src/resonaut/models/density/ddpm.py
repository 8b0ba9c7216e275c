"""Denoising diffusion: learn to take noise away, and begin with nothing but noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.models.density.bridging import Bridging
from resonaut.models.density.table import TableDensity
from resonaut.models.diffusion import Sampler, denoise, noised
from resonaut.models.networks.noise import gaussian_noise
from resonaut.models.networks.residual import ResidualNetwork
from resonaut.models.networks.time import training_times
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["DDPM"]


@register("density", "ddpm")
@dataclass(kw_only=True)
class DDPM(Bridging, TableDensity):
    """A diffusion model of the features, conditional on the mass.

    Args:
        width: Of the layers of the network.
        blocks: Residual blocks of the network.
        sampler: "dpm++" (second order, few steps), "ddim", or "ddpm" (as published: fresh noise in each of many steps).
        steps: Network calls a sample.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Ho, Jain, Abbeel, NeurIPS 2020, arXiv:2006.11239; the samplers' papers: `resonaut.models.diffusion`
    """

    width: Annotated[int, Field(ge=1)] = 128
    blocks: Annotated[int, Field(ge=1)] = 3
    sampler: Sampler = "dpm++"
    steps: Annotated[int, Field(ge=1)] = 25
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=30, batch_size=1024, learning_rate=2e-3, ema=0.999))

    def _network(self, features: int, context: int) -> _Denoiser:
        return _Denoiser(features, context, model=self)


class _Denoiser(nn.Module):
    def __init__(self, features: int, context: int, *, model: DDPM) -> None:
        super().__init__()
        self.features, self.sampler, self.steps = features, model.sampler, model.steps
        self.velocity = ResidualNetwork(features, context, width=model.width, blocks=model.blocks)

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Squared error of v, at a random time."""
        x = batch["x"]
        time = training_times(len(x), x.device)
        x_t, v = noised(x, torch.randn_like(x), time)
        error: Tensor = (self.velocity(x_t, time, batch["context"]) - v).square().mean(dim=1)
        return error

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context."""
        x = gaussian_noise((len(context), self.features), noise, context.device)
        return denoise(
            lambda x, t: self.velocity(x, t, context), x, sampler=self.sampler, steps=self.steps, noise=noise
        )
