"""An autoregressive transformer: one feature after the other, each from a mixture of Gaussians."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.errors import ConfigError
from resonaut.models.density.table import TractableTableDensity
from resonaut.models.networks.noise import gaussian_noise
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["AutoregressiveTransformer"]


@register("density", "autoregressive")
@dataclass(kw_only=True)
class AutoregressiveTransformer(TractableTableDensity):
    """p(x|m) = prod_i p(x_i | x_1 ... x_i-1, m), each factor a mixture of Gaussians read off a causal transformer.

    Args:
        width: Of the tokens, one a feature.
        layers: Transformer layers.
        heads: Attention heads; they divide the width.
        components: Gaussians of each mixture.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Vaswani et al., NeurIPS 2017, arXiv:1706.03762; Bishop (mixture density networks), 1994; Butter et al. (in
        particle physics), arXiv:2305.10475
    """

    width: Annotated[int, Field(ge=1)] = 64
    layers: Annotated[int, Field(ge=1)] = 3
    heads: Annotated[int, Field(ge=1)] = 4
    components: Annotated[int, Field(ge=1)] = 16
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=20, batch_size=1024, learning_rate=2e-3, ema=0.999))

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ConfigError(f"width {self.width} is not a multiple of {self.heads} heads; choose another")

    def _network(self, features: int, context: int) -> _Transformer:
        return _Transformer(features, context, model=self)


class _Transformer(nn.Module):
    def __init__(self, features: int, context: int, *, model: AutoregressiveTransformer) -> None:
        super().__init__()
        self.features = features
        self.place = nn.Parameter(0.02 * torch.randn(features, model.width))
        self.begin = nn.Linear(context, model.width)
        self.enter = nn.Linear(1, model.width)
        layer = nn.TransformerEncoderLayer(
            model.width, model.heads, 2 * model.width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, model.layers, enable_nested_tensor=False)
        self.leave = nn.Linear(model.width, 3 * model.components)

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Negative log-likelihood, nats."""
        return -self.log_prob(batch["x"], batch["context"])

    def log_prob(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        """Logarithm of p(x | context)."""
        log_weight, mean, log_width = self._mixtures(x[:, :-1], context)
        pull = (x[:, :, None] - mean) * torch.exp(-log_width)
        log_prob = log_weight - 0.5 * pull.square() - log_width - 0.5 * math.log(2 * math.pi)
        return torch.logsumexp(log_prob, dim=2).sum(dim=1)

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context, a feature at a time."""
        x = torch.empty(len(context), 0, device=context.device)
        for _ in range(self.features):
            log_weight, mean, log_width = (part[:, -1] for part in self._mixtures(x, context))
            uniform = torch.rand(len(context), 1, generator=noise).to(context.device)
            below = log_weight.exp().cumsum(dim=1) < uniform
            chosen = below.sum(dim=1, keepdim=True).clamp(max=log_weight.shape[1] - 1)
            standard = gaussian_noise((len(context), 1), noise, context.device)
            x = torch.cat([x, mean.gather(1, chosen) + log_width.gather(1, chosen).exp() * standard], dim=1)
        return x

    def _mixtures(
        self, before: Float[Tensor, "B P"], context: Float[Tensor, "B C"]
    ) -> tuple[Float[Tensor, "B P+1 K"], Float[Tensor, "B P+1 K"], Float[Tensor, "B P+1 K"]]:
        """Log-weights, means and log-widths of the features up to the one after `before`."""
        tokens = torch.cat([self.begin(context)[:, None], self.enter(before[:, :, None])], dim=1)
        n = tokens.shape[1]
        causal = nn.Transformer.generate_square_subsequent_mask(n, device=tokens.device)
        h = self.layers(tokens + self.place[:n], mask=causal, is_causal=True)
        weight, mean, log_width = self.leave(h).chunk(3, dim=2)
        # Widths between 1e-3 and 1e3: one that runs to zero is an infinite likelihood.
        return weight.log_softmax(dim=2), mean, 6.9 * torch.tanh(log_width / 6.9)
