"""A flow of zuko as a network of ours: loss, likelihood, sampling, latent space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from zuko.distributions import DiagNormal
from zuko.lazy import Flow, LazyTransform, UnconditionalDistribution

from resonaut.models.networks.noise import gaussian_noise

__all__ = ["FlowNetwork"]


class FlowNetwork(nn.Module):
    """Trained by maximum likelihood.

    Args:
        layers: From features to a standard Gaussian, given the context.
        features: Number of columns.
    """

    def __init__(self, layers: Sequence[LazyTransform], features: int) -> None:
        super().__init__()
        zeros, ones = torch.zeros(features), torch.ones(features)
        self.flow = Flow(layers, UnconditionalDistribution(DiagNormal, loc=zeros, scale=ones, buffer=True))
        self.features = features

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Negative log-likelihood, nats."""
        return -self.log_prob(batch["x"], batch["context"])

    def log_prob(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        """Logarithm of p(x | context)."""
        log_prob: Tensor = self.flow(context).log_prob(x)
        return log_prob

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context."""
        return self.to_data(gaussian_noise((len(context), self.features), noise, context.device), context)

    def to_latent(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The Gaussian variables of x."""
        latent: Tensor = self.flow(context).transform(x)
        return latent

    def to_data(self, z: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The x of Gaussian variables."""
        data: Tensor = self.flow(context).transform.inv(z)
        return data
