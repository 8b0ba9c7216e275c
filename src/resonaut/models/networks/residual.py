"""A residual network of rows: where a vector field or a denoiser of a table comes from.

Blocks of normalisation, two layers and a shortcut, each told the time and the context anew. The time enters as Fourier
features: a network sees fast changes in it only with fast waves.

References:
    He et al., CVPR 2016, arXiv:1512.03385; Tancik et al. (Fourier features), NeurIPS 2020, arXiv:2006.10739
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["ResidualNetwork", "training_times"]

_WAVES = 16
_FASTEST = 32.0  # periods in the unit interval


class ResidualNetwork(nn.Module):
    """Maps (x, time, context) to a row of as many columns as x.

    Args:
        features: Columns of x.
        context: Columns of the context.
        width: Of every layer.
        blocks: Number of residual blocks.
    """

    frequencies: Tensor

    def __init__(self, features: int, context: int, *, width: int, blocks: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", 2 * math.pi * torch.logspace(-1, math.log2(_FASTEST), _WAVES, base=2.0))
        self.enter = nn.Linear(features, width)
        self.condition = nn.Sequential(nn.Linear(2 * _WAVES + context, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(_Block(width) for _ in range(blocks))
        self.leave = nn.Linear(width, features)
        # A network that begins as zero begins as the mean of its target.
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(
        self, x: Float[Tensor, "B F"], time: Float[Tensor, " B"], context: Float[Tensor, "B C"]
    ) -> Float[Tensor, "B F"]:
        """The network's value at each row; time lies in [0, 1]."""
        phase = time[:, None] * self.frequencies
        condition = self.condition(torch.cat([phase.sin(), phase.cos(), context], dim=1))
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, condition)
        out: Tensor = self.leave(h)
        return out


def training_times(n: int, device: torch.device) -> Float[Tensor, " n"]:
    """Random times, each uniform on [0, 1], all evenly spread within the batch: the gradient is less noisy."""
    return (torch.rand((), device=device) + torch.arange(n, device=device) / n) % 1.0


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, h: Float[Tensor, "B W"], condition: Float[Tensor, "B W"]) -> Float[Tensor, "B W"]:
        inner = nn.functional.silu(self.first(self.norm(h)) + condition)
        out: Tensor = h + self.second(inner)
        return out
