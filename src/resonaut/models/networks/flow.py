"""A flow of zuko as a network of ours: loss, likelihood, sampling, latent space."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from zuko.lazy import Flow

__all__ = ["FlowNetwork"]


class FlowNetwork(nn.Module):
    """Trained by maximum likelihood.

    Args:
        flow: From features to a standard Gaussian, given the context.
        features: Number of columns.
    """

    def __init__(self, flow: Flow, features: int) -> None:
        super().__init__()
        self.flow = flow
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
        z = torch.randn(len(context), self.features, generator=noise).to(context.device)
        return self.to_data(z, context)

    def to_latent(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The Gaussian variables of x."""
        latent: Tensor = self.flow(context).transform(x)
        return latent

    def to_data(self, z: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The x of Gaussian variables."""
        data: Tensor = self.flow(context).transform.inv(z)
        return data
