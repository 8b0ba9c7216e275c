"""Conditional variational autoencoder: a few latent variables, a Gaussian around what they decode to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from resonaut.models.density.table import TableDensity
from resonaut.models.networks.mlp import mlp
from resonaut.models.networks.noise import gaussian_noise
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["CVAE"]


@register("density", "cvae")
@dataclass(kw_only=True)
class CVAE(TableDensity):
    """Encoder q(z|x,m), decoder p(x|z,m), prior p(z|m) that follows the mass; maximises the evidence's lower bound.

    Args:
        latent: Latent variables.
        hidden: Widths of the hidden layers of encoder, decoder and prior.
        beta: Weight of the divergence from the prior; 1 is the bound itself; with less it reconstructs better and
            samples worse.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Kingma, Welling, ICLR 2014, arXiv:1312.6114; Sohn, Lee, Yan (conditional), NeurIPS 2015; Higgins et al.
        (beta-VAE), ICLR 2017
    """

    latent: Annotated[int, Field(ge=1)] = 8
    hidden: tuple[int, ...] = (128, 128)
    beta: Annotated[float, Field(gt=0)] = 1.0
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=30, batch_size=1024, learning_rate=2e-3, ema=0.999))

    def _network(self, features: int, context: int) -> _Autoencoder:
        return _Autoencoder(features, context, model=self)


class _Autoencoder(nn.Module):
    def __init__(self, features: int, context: int, *, model: CVAE) -> None:
        super().__init__()
        self.beta = model.beta
        self.encoder = _Gaussian(features + context, model.latent, model.hidden)
        self.decoder = _Gaussian(model.latent + context, features, model.hidden)
        self.prior = _Gaussian(context, model.latent, model.hidden)

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Negative evidence lower bound (for beta = 1), nats; one draw of z an event."""
        x, context = batch["x"], batch["context"]
        posterior = self.encoder(x, context)
        z = posterior.rsample()
        reconstruction = self.decoder(z, context).log_prob(x).sum(dim=1)
        divergence = kl_divergence(posterior, self.prior(context)).sum(dim=1)
        loss: Tensor = self.beta * divergence - reconstruction
        return loss

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context: z from the prior, x around what z decodes to."""
        z = _draw(self.prior(context), noise)
        return _draw(self.decoder(z, context), noise)


class _Gaussian(nn.Module):
    """A diagonal Gaussian whose mean and width are functions of the inputs."""

    def __init__(self, inputs: int, outputs: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.network = mlp(inputs, 2 * outputs, hidden)

    def forward(self, *inputs: Float[Tensor, "B I"]) -> Normal:
        mean, log_width = self.network(torch.cat(inputs, dim=1)).chunk(2, dim=1)
        # Widths between 1e-3 and 1e3 of the standardised features: a width that runs to zero is an infinite likelihood.
        return Normal(mean, torch.exp(6.9 * torch.tanh(log_width / 6.9)))


def _draw(distribution: Normal, noise: torch.Generator) -> Tensor:
    mean = distribution.loc
    drawn: Tensor = mean + distribution.scale * gaussian_noise(mean.shape, noise, mean.device)
    return drawn
