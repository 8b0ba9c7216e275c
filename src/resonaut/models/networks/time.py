"""What time it is, and which event or jet the network works on, as one row of numbers.

The time enters as Fourier features: a network sees fast changes in it only with fast waves.

References:
    Tancik et al. (Fourier features), NeurIPS 2020, arXiv:2006.10739
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["TimeAndContext", "training_times"]

_WAVES = 16
_FASTEST = 32.0  # periods in the unit interval


class TimeAndContext(nn.Module):
    """Maps (time, context) through two layers to a row of `width` numbers.

    Args:
        context: Columns of the context.
        width: Of the row.
    """

    frequencies: Tensor

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", 2 * math.pi * torch.logspace(-1, math.log2(_FASTEST), _WAVES, base=2.0))
        self.layers = nn.Sequential(nn.Linear(2 * _WAVES + context, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, time: Float[Tensor, " B"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B W"]:
        """The row of each event; time lies in [0, 1]."""
        phase = time[:, None] * self.frequencies
        row: Tensor = self.layers(torch.cat([phase.sin(), phase.cos(), context], dim=1))
        return row


def training_times(n: int, device: torch.device) -> Float[Tensor, " n"]:
    """Random times, each uniform on [0, 1], all evenly spread within the batch: the gradient is less noisy."""
    return (torch.rand((), device=device) + torch.arange(n, device=device) / n) % 1.0
