"""A velocity that inside an interval of its context is a mixture of what it is at the two edges.

A generator that has learnt all masses knows the signal region as it is, a signal included. With its velocity
interpolated across the region it generates there what both sides say, and one training serves every region.

References:
    Das, Shih (SIGMA), arXiv:2410.20537
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Bridge"]


class Bridge(nn.Module):
    """Takes what the velocity takes, its context last.

    Args:
        velocity: Of a flow or a diffusion.
        column: Of the context.
        low, high: The interval's edges, as the velocity sees that column.
    """

    def __init__(self, velocity: nn.Module, column: int, low: float, high: float) -> None:
        super().__init__()
        self.velocity, self.column, self.low, self.high = velocity, column, low, high

    def forward(self, *inputs: Tensor) -> Float[Tensor, "B ..."]:
        """The velocity; inside the interval twice as many calls."""
        *at, context = inputs
        place = context[:, self.column]
        if not bool(((place > self.low) & (place < self.high)).any()):
            return self._at(at, context)
        share = ((place - self.low) / (self.high - self.low)).clamp(0, 1)
        inside = (share > 0) & (share < 1)
        below, above = (
            self._at(at, self._moved(context, torch.where(inside, torch.full_like(place, edge), place)))
            for edge in (self.low, self.high)
        )
        return torch.lerp(below, above, share.reshape(-1, *[1] * (below.ndim - 1)))

    def _at(self, at: list[Tensor], context: Tensor) -> Tensor:
        velocity: Tensor = self.velocity(*at, context)
        return velocity

    def _moved(self, context: Float[Tensor, "B C"], column: Float[Tensor, " B"]) -> Float[Tensor, "B C"]:
        return torch.cat([context[:, : self.column], column[:, None], context[:, self.column + 1 :]], dim=1)
