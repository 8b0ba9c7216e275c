"""Transformer blocks for point clouds: attention among the points that exist, then a dense layer of each.

No position is encoded, so that permuting the points permutes the output.

References:
    Vaswani et al., NeurIPS 2017, arXiv:1706.03762; Peebles, Xie (conditions as scale and shift), arXiv:2212.09748
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, scaled_dot_product_attention

from resonaut.models.networks.time import TimeAndContext
from resonaut.models.networks.zero import zeroed

__all__ = ["AttentionBlock", "CloudDenoiser"]


class AttentionBlock(nn.Module):
    """Attention and two dense layers, each with a shortcut and told a condition, if there is one.

    Args:
        width: Columns of a point; the heads share them.
        heads: Of the attention.
        condition: Columns of the condition; 0 for none.
    """

    def __init__(self, width: int, heads: int, condition: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.norm_before, self.norm_after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.first, self.second = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.modulate = zeroed(nn.Linear(condition, 4 * width)) if condition else None

    def forward(
        self, h: Float[Tensor, "B K W"], mask: Bool[Tensor, "B K"], condition: Float[Tensor, "B C"] | None = None
    ) -> Float[Tensor, "B K W"]:
        """The points after the block; those that do not exist hold nothing of use."""
        before, after = self.norm_before(h), None
        if self.modulate:
            scale, shift, scale_after, shift_after = self.modulate(condition)[:, None].chunk(4, dim=2)
            before, after = before * (1 + scale) + shift, (scale_after, shift_after)
        h = h + self._attention(before, mask)
        inner = self.norm_after(h)
        if after:
            inner = inner * (1 + after[0]) + after[1]
        out: Tensor = h + self.second(leaky_relu(self.first(inner)))
        return out

    def _attention(self, h: Float[Tensor, "B K W"], mask: Bool[Tensor, "B K"]) -> Float[Tensor, "B K W"]:
        query, key, value = self.query_key_value(h).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        # A set without points looks at one that does not exist, rather than dividing nothing by nothing.
        seen = mask | (torch.arange(mask.shape[1], device=mask.device) == 0)
        looked = scaled_dot_product_attention(query, key, value, attn_mask=seen[:, None, None, :])
        joined: Tensor = self.join(looked.transpose(1, 2).flatten(2))
        return joined


class CloudDenoiser(nn.Module):
    """Maps (points, time, context) to as many points with as many columns: DeepSets layers around attention.

    Args:
        features: Columns of a point.
        context: Columns of the context.
        width: Of the layers.
        heads: Of the attention.
        blocks: Number of attention blocks.

    References:
        Mikuni, Nachman, Pettee (fast point cloud diffusion), PRD 108 (2023) 036025, arXiv:2304.01266
    """

    def __init__(self, features: int, context: int, *, width: int, heads: int, blocks: int) -> None:
        super().__init__()
        self.condition = TimeAndContext(context, width)
        self.enter, self.told = nn.Linear(features, width), nn.Linear(width, width)
        self.spread = nn.Linear(width, width)
        self.blocks = nn.ModuleList(AttentionBlock(width, heads, width) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.leave = zeroed(nn.Linear(width, features))

    def forward(
        self,
        x: Float[Tensor, "B K F"],
        mask: Bool[Tensor, "B K"],
        time: Float[Tensor, " B"],
        context: Float[Tensor, "B C"],
    ) -> Float[Tensor, "B K F"]:
        """The network's value at each point, zero where there is none; time lies in [0, 1]."""
        condition = leaky_relu(self.condition(time, context))
        h = self.spread(leaky_relu(self.enter(x) + self.told(condition)[:, None]))
        for block in self.blocks:
            h = block(h, mask, condition)
        out: Tensor = self.leave(leaky_relu(self.norm(h))) * mask[..., None]
        return out
