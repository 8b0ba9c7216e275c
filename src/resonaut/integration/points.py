"""Points of a map with all that is known of them: drawn, evaluated, weighed.

The weight of a point is alpha_i f / q, times the size of its group, so that the mean over a group's points is the
group's part of the integral. Values that are not finite count as zero, and are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.integration.channel_maps import ChannelMaps
from resonaut.integration.integrand import Integrand
from resonaut.integration.vegas_grid import VegasGrid

__all__ = ["Points", "Sampler", "Scale"]

_LEAST_LOG_PRIOR = -80.0  # of a channel that does not reach a point: e^-80 is still a number in float32


@dataclass(frozen=True)
class Points:
    """Evaluated points.

    Args:
        u: In the cube that the flow fills.
        y: The physical point.
        channel: Which channel each belongs to.
        value: f(y), with the Jacobians of the channel's map and of the grid; 0 where it was not finite.
        log_prior: Logarithms of the prior channel weights.
        log_prob: Logarithm of the flow's density when the point was drawn.
        weight: Of which the mean over a group is its part of the integral.
        nonfinite: Whether the integrand gave no finite value.
    """

    u: Float[Tensor, "N D"]
    y: Float[Tensor, "N Y"]
    channel: Int[Tensor, " N"]
    value: Float[Tensor, " N"]
    log_prior: Float[Tensor, "N C"]
    log_prob: Float[Tensor, " N"]
    weight: Float[Tensor, " N"]
    nonfinite: Tensor

    def __len__(self) -> int:
        return len(self.weight)

    def __getitem__(self, rows: Tensor) -> Points:
        """Some of the points."""
        return Points(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def together(cls, parts: Sequence[Points]) -> Points:
        """Several sets of points in one."""
        return cls(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)))


@dataclass(frozen=True)
class Scale:
    """Brings physical points to numbers of order one, for the network of the channel weights."""

    mean: Float[Tensor, " Y"]
    deviation: Float[Tensor, " Y"]

    @classmethod
    def of(cls, y: Float[Tensor, "N Y"]) -> Scale:
        """From a first look at some points."""
        return cls(y.mean(dim=0), y.std(dim=0).clamp(min=1e-12))

    def __call__(self, y: Float[Tensor, "N Y"]) -> Float[Tensor, "N Y"]:
        """The scaled points."""
        return ((y - self.mean) / self.deviation).float()


@dataclass(frozen=True)
class Sampler:
    """Draws from the map of each group of channels: a flow, then the group's grid, then the channel's own map."""

    integrand: Integrand
    groups: Sequence[Sequence[int]]
    grids: Sequence[VegasGrid]
    maps: ChannelMaps
    scale: Scale

    def draw(self, group: int, z: Float[Tensor, "N D"], random: torch.Generator) -> Points:
        """The points that numbers of the latent cube stand for; which channel of the group takes each is random."""
        channels = torch.tensor(self.groups[group])
        channel = channels[torch.randint(len(channels), (len(z),), generator=random)]
        with torch.no_grad():
            u, log_prob = self.maps.flow(group).sample(z.float())
            x, jacobian = self.grids[group](u)
            found = self.integrand(x, channel)
            assert found.y is not None
            assert found.alpha is not None
            finite = torch.isfinite(found.weight) & found.y.isfinite().all(dim=1) & found.alpha.isfinite().all(dim=1)
            y = torch.where(finite[:, None], found.y, 0.0)
            value = torch.where(finite, found.weight, 0.0) * jacobian
            log_prior = torch.where(finite[:, None], found.alpha, 1.0).log().clamp(min=_LEAST_LOG_PRIOR).float()
            share = self.maps.shares(self.scale(y), log_prior, channel).double()
            weight = len(channels) * share * value * torch.exp(-log_prob.double())
        return Points(u, y, channel, value, log_prior, log_prob, weight, ~finite)
