"""Quadratic spline coupling layers: between affine ones and rational-quadratic splines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.coupling import coupling_flow
from resonaut.models.networks.flow import FlowNetwork
from resonaut.models.networks.quadratic import QuadraticSpline
from resonaut.registry import register

__all__ = ["QuadraticFlow"]


@register("density", "quadratic")
@dataclass(kw_only=True)
class QuadraticFlow(LatentTableDensity):
    """Each layer maps half of the features by splines whose density is piecewise linear.

    Args:
        transforms: Coupling layers.
        hidden: Widths of the hidden layers of each layer's network.
        bins: Segments of each spline.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Müller et al. (Neural importance sampling), ACM Trans. Graph. 38 (2019) 145, arXiv:1808.03856
    """

    transforms: Annotated[int, Field(ge=1)] = 6
    hidden: tuple[int, ...] = (64, 64)
    bins: Annotated[int, Field(ge=2)] = 10

    def _network(self, features: int, context: int) -> FlowNetwork:
        return coupling_flow(
            features,
            context,
            transforms=self.transforms,
            univariate=QuadraticSpline,
            shapes=[(self.bins,), (self.bins - 1,)],
            hidden=self.hidden,
        )
