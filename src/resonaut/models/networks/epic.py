"""EPiC layers: points that look at one another through the mean and the sum of all of them.

Equivariant under permutations, and the cost grows with the number of points, not with its square. A layer first
renews one global row of the set from what the points have become, then every point from itself and that row.

References:
    Buhmann, Kasieczka, Thaler (EPiC-GAN), SciPost Phys. 15 (2023) 130, arXiv:2301.08128
    Buhmann et al. (EPiC-FM), arXiv:2310.00049
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, linear

from resonaut.models.networks.time import TimeAndContext
from resonaut.models.networks.zero import zeroed

__all__ = ["EPiCNetwork", "pooled"]


class EPiCNetwork(nn.Module):
    """Maps (points, time, context) to as many points with as many columns.

    Args:
        features: Columns of a point.
        context: Columns of the context.
        width: Of the layers of the points.
        global_width: Of the row that stands for the whole set.
        layers: Number of EPiC layers.
    """

    def __init__(self, features: int, context: int, *, width: int, global_width: int, layers: int) -> None:
        super().__init__()
        self.condition = TimeAndContext(context, global_width)
        self.enter = _WeightNormLinear(features, width)
        self.enter_global = _WeightNormLinear(2 * width + global_width, global_width)
        self.layers = nn.ModuleList(_Layer(width, global_width) for _ in range(layers))
        self.leave = zeroed(nn.Linear(width, features))

    def forward(
        self,
        x: Float[Tensor, "B K F"],
        mask: Bool[Tensor, "B K"],
        time: Float[Tensor, " B"],
        context: Float[Tensor, "B C"],
    ) -> Float[Tensor, "B K F"]:
        """The network's value at each point, zero where there is none; time lies in [0, 1]."""
        condition = self.condition(time, context)
        h = leaky_relu(self.enter(x))
        whole = leaky_relu(self.enter_global(torch.cat([pooled(h, mask), condition], dim=1)))
        for layer in self.layers:
            h, whole = layer(h, whole, mask, condition)
        out: Tensor = self.leave(h) * mask[..., None]
        return out


class _Layer(nn.Module):
    def __init__(self, width: int, global_width: int) -> None:
        super().__init__()
        self.first_global = _WeightNormLinear(2 * width + 2 * global_width, global_width)
        self.second_global = _WeightNormLinear(global_width, global_width)
        self.first = _WeightNormLinear(width, width)
        # Of the global row, once a set: with it joined to every point the first layer would cost more than twice.
        self.from_global = nn.Linear(global_width, width, bias=False)
        self.second = _WeightNormLinear(width, width)

    def forward(
        self,
        h: Float[Tensor, "B K W"],
        whole: Float[Tensor, "B G"],
        mask: Bool[Tensor, "B K"],
        condition: Float[Tensor, "B G"],
    ) -> tuple[Float[Tensor, "B K W"], Float[Tensor, "B G"]]:
        seen = torch.cat([pooled(h, mask), whole, condition], dim=1)
        whole = leaky_relu(whole + self.second_global(leaky_relu(self.first_global(seen))))
        inner = leaky_relu(self.first(h) + self.from_global(whole)[:, None])
        return leaky_relu(h + self.second(inner)), whole


def pooled(h: Float[Tensor, "B K W"], mask: Bool[Tensor, "B K"]) -> Float[Tensor, "B 2W"]:
    """Mean and sum of the points that exist, the sum in units of a hundred points; zeros of an empty set."""
    total = torch.einsum("bkw,bk->bw", h, mask.to(h.dtype)).float()
    count = mask.sum(dim=1, keepdim=True)
    return torch.cat([total / count.clamp(min=1), total / 100], dim=1)


class _WeightNormLinear(nn.Module):
    """A layer whose weights have a length of their own: it stands large learning rates without normalising points.

    PyTorch's `weight_norm` makes a class for every layer it changes, which no other process could be handed.

    References:
        Salimans, Kingma, NeurIPS 2016, arXiv:1602.07868
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        plain = nn.Linear(inputs, outputs)
        self.direction, self.bias = plain.weight, plain.bias
        self.length = nn.Parameter(_norms(plain.weight.detach()))

    def forward(self, x: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        """As a linear layer."""
        return linear(x, self.direction * (self.length / _norms(self.direction)), self.bias)


def _norms(weight: Float[Tensor, "outputs inputs"]) -> Float[Tensor, "outputs 1"]:
    return weight.norm(dim=1, keepdim=True)
