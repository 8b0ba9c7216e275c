"""What is learnt: a flow for each group of channels, and what each point's channels share.

The learned factors multiply the prior channel weights, alpha_i ~ prior_i exp K_i(y); at the start the flows are the
identity and the factors nearly one. A channel that was dropped has no share any more: the others take it over.

References:
    MadNIS, arXiv:2212.06172, section 3; arXiv:2311.01548, section 2.3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from resonaut.integration.losses import Loss, map_loss
from resonaut.models.networks.mlp import mlp
from resonaut.models.networks.unit_cube import UnitCubeFlow

__all__ = ["ChannelMaps"]


class ChannelMaps(nn.Module):
    """A network with `loss(batch) -> [B]`, for the trainer.

    A batch holds rows of `u`, `y` (scaled), `channel`, `log_prior` (of all channels), `value` (the integrand, in units
    of the integral) and `log_sampled` (of the density that the point was drawn from, over groups and u).

    Args:
        groups: Which channels share a flow.
        dimensions: Of the unit cube.
        y_dimensions: Of the physical point.
        learn_weights: Whether the channel weights are learned; otherwise they stay the prior's.
        loss: Which is minimised.
        transforms, bins, hidden: Of each flow.
    """

    group_of: Tensor
    group_size: Tensor
    dropped: Tensor

    def __init__(
        self,
        groups: Sequence[Sequence[int]],
        dimensions: int,
        y_dimensions: int,
        *,
        learn_weights: bool,
        loss: Loss,
        transforms: int,
        bins: int,
        hidden: Sequence[int],
    ) -> None:
        super().__init__()
        n_channels = sum(map(len, groups))
        self.kind = loss
        self.flows = nn.ModuleList(
            UnitCubeFlow(dimensions, transforms=transforms, bins=bins, hidden=hidden) for _ in groups
        )
        self.weights = mlp(y_dimensions, n_channels, hidden) if learn_weights and n_channels > 1 else None
        group_of = torch.zeros(n_channels, dtype=torch.int64)
        for number, channels in enumerate(groups):
            group_of[list(channels)] = number
        self.register_buffer("group_of", group_of)
        self.register_buffer("group_size", torch.tensor([float(len(channels)) for channels in groups]))
        # Part of the state, so that a checkpoint of another loss is not taken for this training's.
        self.register_buffer("loss_number", torch.tensor(get_args(Loss).index(loss)))
        self.register_buffer("dropped", torch.zeros(n_channels, dtype=torch.bool))

    @property
    def active(self) -> Bool[Tensor, " G"]:
        """Which groups are still there."""
        return torch.stack([~self.dropped[self.group_of == g].all() for g in range(len(self.flows))])

    def flow(self, group: int) -> UnitCubeFlow:
        """Of one group."""
        flow = self.flows[group]
        assert isinstance(flow, UnitCubeFlow)
        return flow

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """The map's distance from the integrand."""
        channel = batch["channel"]
        group = self.group_of[channel]
        share = self.shares(batch["y"], batch["log_prior"], channel) * self.group_size[group] * batch["value"]
        log_prob = self.log_prob(batch["u"], group)
        return map_loss(self.kind, share, log_prob, batch["log_sampled"], group, len(self.flows))

    def log_prob(self, u: Float[Tensor, "B D"], group: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        """Logarithm of each point's density in its group."""
        if len(self.flows) == 1:
            return self.flow(0).log_prob(u)
        log_prob = u.new_zeros(len(u))
        for number in range(len(self.flows)):
            rows = (group == number).nonzero()[:, 0]
            if len(rows):
                log_prob = log_prob.index_copy(0, rows, self.flow(number).log_prob(u[rows]))
        return log_prob

    def shares(
        self, y: Float[Tensor, "B Y"], log_prior: Float[Tensor, "B C"], channel: Int[Tensor, " B"]
    ) -> Float[Tensor, " B"]:
        """Each point's alpha in its own channel."""
        if len(self.dropped) == 1:
            return y.new_ones(len(y))
        log_alpha = log_prior if self.weights is None else log_prior + self.weights(y)
        log_alpha = log_alpha.masked_fill(self.dropped, -torch.inf)
        return torch.softmax(log_alpha, dim=1).gather(1, channel[:, None])[:, 0]
