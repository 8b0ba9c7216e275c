"""Monotonic quadratic splines: the integral of a piecewise linear density.

Between knots the map is a parabola, whose slope runs linearly from one knot's to the next one's. It acts on
[-bound, bound]; outside it is the identity, so that the outermost slopes are one.

References:
    Müller et al. (Neural importance sampling), ACM Trans. Graph. 38 (2019) 145, arXiv:1808.03856, section 4.2
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from resonaut.models.networks.monotonic import MonotonicSpline, bounded

__all__ = ["QuadraticSpline"]


class QuadraticSpline(MonotonicSpline):
    """A monotonic spline of K parabolas on [-bound, bound]; outside it is the identity.

    Args:
        widths: [..., K] unconstrained widths of the segments.
        slopes: [..., K-1] unconstrained slopes at the inner knots.
        bound: Where the identity begins.
        least: The least width and slope, in units of equal ones.
    """

    def __init__(
        self,
        widths: Float[Tensor, "*B K"],
        slopes: Float[Tensor, "*B K-1"],
        bound: float = 5.0,
        least: float = 1e-3,
    ) -> None:
        super().__init__()
        bins = widths.shape[-1]
        limit = -math.log(least)
        share = torch.softmax(bounded(widths, limit), dim=-1)
        width = 2 * bound * (least / bins + (1 - least) * share)
        # The area under the slopes must be that of the identity: the inner slopes share what the ends leave.
        inner = torch.exp(bounded(slopes, limit))
        ends = 0.5 * (width[..., :1] + width[..., -1:])
        area = 0.5 * ((width[..., 1:] + width[..., :-1]) * inner).sum(dim=-1, keepdim=True)
        inner = inner * (2 * bound - ends) / area
        self.slopes = F.pad(inner, (1, 1), value=1.0)
        self.x = F.pad(width.cumsum(dim=-1), (1, 0)) - bound
        heights = 0.5 * (self.slopes[..., 1:] + self.slopes[..., :-1]) * width
        self.y = F.pad(heights.cumsum(dim=-1), (1, 0)) - bound

    def _segment(
        self, value: Float[Tensor, "*B"], knots: Float[Tensor, "*B K+1"]
    ) -> tuple[Bool[Tensor, "*B"], tuple[Tensor, ...]]:
        """Whether the value lies within the bound, and its segment: x0, width, y0, slopes at both ends."""
        k = (knots.detach() < value[..., None]).sum(dim=-1) - 1
        inside = (k >= 0) & (k < knots.shape[-1] - 1)
        k = k.clamp(0, knots.shape[-1] - 2)[..., None]
        at = torch.cat((k, k + 1), dim=-1)
        (x0, x1), (s0, s1) = (values.gather(-1, at).unbind(-1) for values in (self.x, self.slopes))
        return inside, (x0, x1 - x0, self.y.gather(-1, k)[..., 0], s0, s1)

    def call_and_ladj(self, x: Float[Tensor, "*B"]) -> tuple[Float[Tensor, "*B"], Float[Tensor, "*B"]]:
        """Y and log dy/dx."""
        inside, (x0, width, y0, s0, s1) = self._segment(x, self.x)
        z = torch.where(inside, (x - x0) / width, 0.5)
        y = y0 + width * z * (s0 + 0.5 * z * (s1 - s0))
        log_slope = torch.log(s0 + z * (s1 - s0))
        return torch.where(inside, y, x), torch.where(inside, log_slope, 0.0)

    def _inverse(self, y: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """The root of a quadratic, in the form without cancellation."""
        inside, (x0, width, y0, s0, s1) = self._segment(y, self.y)
        rise = torch.where(inside, (y - y0) / width, 0.0)
        # In float32 the discriminant can round to below zero.
        z = 2 * rise / (s0 + (s0**2 + 2 * rise * (s1 - s0)).clamp(min=0).sqrt())
        return torch.where(inside, x0 + z * width, y)
