"""A residual network of rows: where a vector field or a denoiser of a table comes from.

Blocks of normalisation, two layers and a shortcut, each told the time and the context anew.

References:
    He et al., CVPR 2016, arXiv:1512.03385
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from resonaut.models.networks.time import TimeAndContext
from resonaut.models.networks.zero import zeroed

__all__ = ["ResidualNetwork"]


class ResidualNetwork(nn.Module):
    """Maps (x, time, context) to a row of as many columns as x.

    Args:
        features: Columns of x.
        context: Columns of the context.
        width: Of every layer.
        blocks: Number of residual blocks.
    """

    def __init__(self, features: int, context: int, *, width: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Linear(features, width)
        self.condition = TimeAndContext(context, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(blocks))
        self.leave = zeroed(nn.Linear(width, features))

    def forward(
        self, x: Float[Tensor, "B F"], time: Float[Tensor, " B"], context: Float[Tensor, "B C"]
    ) -> Float[Tensor, "B F"]:
        """The network's value at each row; time lies in [0, 1]."""
        condition = self.condition(time, context)
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, condition)
        out: Tensor = self.leave(h)
        return out


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
