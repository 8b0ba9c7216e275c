"""Affine coupling layers: the first flow whose likelihood and samples both take one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from zuko.transforms import MonotonicAffineTransform

from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.coupling import coupling_flow
from resonaut.models.networks.flow import FlowNetwork
from resonaut.registry import register

__all__ = ["AffineFlow"]


@register("density", "realnvp")
@dataclass(kw_only=True)
class AffineFlow(LatentTableDensity):
    """Each layer shifts and scales half of the features by functions of the other half and of the context.

    Args:
        transforms: Coupling layers.
        hidden: Widths of the hidden layers of each layer's network.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Dinh, Sohl-Dickstein, Bengio (RealNVP), ICLR 2017, arXiv:1605.08803
    """

    transforms: Annotated[int, Field(ge=1)] = 10
    hidden: tuple[int, ...] = (64, 64)

    def _network(self, features: int, context: int) -> FlowNetwork:
        return coupling_flow(
            features,
            context,
            transforms=self.transforms,
            univariate=MonotonicAffineTransform,
            shapes=[(), ()],
            hidden=self.hidden,
        )
