"""Diffusion of point clouds: a transformer takes the noise away from all particles of a jet together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.errors import ConfigError
from resonaut.models.density.bridging import Bridging
from resonaut.models.density.cloud import NetworkCloudDensity
from resonaut.models.diffusion import denoise, noised
from resonaut.models.networks.attention import CloudDenoiser
from resonaut.models.networks.time import training_times
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["CloudDiffusion"]


@register("cloud", "cloud-diffusion")
@dataclass(kw_only=True)
class CloudDiffusion(Bridging, NetworkCloudDensity):
    """A variance-preserving diffusion with a cosine schedule of the log-SNR, in v-prediction, given the jet.

    Args:
        width: Of the layers.
        heads: Of the attention; they share the width.
        blocks: Attention blocks.
        sampler: "dpm++" or "ddim2" (second order, few steps), or "ddim".
        steps: Of the sampler; "ddim2" calls the network twice a step.
        scaling: Applied to the coordinates of the points first.
        trainer: How it is trained.

    References:
        Mikuni, Nachman, Pettee, PRD 108 (2023) 036025, arXiv:2304.01266; the samplers' papers:
        `resonaut.models.diffusion`
    """

    width: Annotated[int, Field(ge=1)] = 64
    heads: Annotated[int, Field(ge=1)] = 2
    blocks: Annotated[int, Field(ge=1)] = 3
    sampler: Literal["ddim", "ddim2", "dpm++"] = "dpm++"
    steps: Annotated[int, Field(ge=1)] = 25
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=20, batch_size=256, learning_rate=1e-3, ema=0.999))

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ConfigError(f"width {self.width} cannot be shared by {self.heads} heads; make it a multiple")

    def _network(self, features: int, context: int) -> _Denoiser:
        return _Denoiser(features, context, model=self)


class _Denoiser(nn.Module):
    def __init__(self, features: int, context: int, *, model: CloudDiffusion) -> None:
        super().__init__()
        self.sampler, self.steps = model.sampler, model.steps
        self.velocity = CloudDenoiser(features, context, width=model.width, heads=model.heads, blocks=model.blocks)

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Squared error of v, at one random time a set; the mean over its points."""
        x, mask = batch["x"], batch["x_mask"]
        time = training_times(len(x), x.device)
        x_t, v = noised(x, torch.randn_like(x) * mask[..., None], time)
        error = (self.velocity(x_t, mask, time, batch["context"]) - v).square().mean(dim=2)
        return error.sum(dim=1) / mask.sum(dim=1)

    def generate(
        self, noise: Float[Tensor, "B K F"], mask: Bool[Tensor, "B K"], context: Float[Tensor, "B C"]
    ) -> Float[Tensor, "B K F"]:
        """Take the noise away."""
        return denoise(
            lambda x, time: self.velocity(x, mask, time, context), noise, sampler=self.sampler, steps=self.steps
        )
