"""A conditional neural spline flow of coupling layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.coupling import coupling_flow
from resonaut.models.networks.flow import FlowNetwork
from resonaut.models.networks.spline import RationalQuadraticSpline
from resonaut.registry import register

__all__ = ["SplineFlow"]


@register("density", "nsf")
@dataclass(kw_only=True)
class SplineFlow(LatentTableDensity):
    """Normalizing flow of rational-quadratic splines in coupling layers, conditional on the mass.

    Features are mapped to a Gaussian by a chain of monotonic splines whose knots depend on the context and, in each
    layer, on the other half of the features. Both directions take one call of a small network a layer, so that sampling
    is as quick as the likelihood.

    Args:
        transforms: Coupling layers.
        hidden: Widths of the hidden layers of each layer's network.
        bins: Segments of each spline.
        scaling: Applied to the features first; with `Logit` in it, samples stay within the range of the data.
        trainer: How it is trained.

    References:
        Durkan et al., NeurIPS 2019, arXiv:1906.04032
    """

    transforms: Annotated[int, Field(ge=1)] = 6
    hidden: tuple[int, ...] = (64, 64)
    bins: Annotated[int, Field(ge=2)] = 10

    def _network(self, features: int, context: int) -> FlowNetwork:
        return coupling_flow(
            features,
            context,
            transforms=self.transforms,
            univariate=RationalQuadraticSpline,
            shapes=[(self.bins,), (self.bins,), (self.bins - 1,)],
            hidden=self.hidden,
        )
