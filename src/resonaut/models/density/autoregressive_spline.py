"""An autoregressive neural spline flow: the density that CATHODE interpolates into the signal region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.spline import RationalQuadraticSpline
from resonaut.models.networks.sweep import AutoregressiveFlowNetwork, masked_flow
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["AutoregressiveSplineFlow"]


@register("density", "nsf-ar")
@dataclass(kw_only=True)
class AutoregressiveSplineFlow(LatentTableDensity):
    """Each layer maps every feature by a spline that depends on the features before it; then their order is reversed.

    One layer already holds any dependence of a feature on those before it, which takes many coupling layers. A
    likelihood takes one network call a layer, and so does a sample, as one sweep (`resonaut.models.networks.sweep`),
    in which a spline is inverted for one feature after the other.

    The defaults are for a handful of features; ten want twice the epochs.

    Args:
        transforms: Autoregressive layers.
        hidden: Widths of the hidden layers of each layer's network.
        bins: Segments of each spline.
        scaling: Applied to the features first; with `Logit` in it, samples stay within the range of the data.
        trainer: How it is trained.

    References:
        Durkan et al. (RQ-NSF (AR)), NeurIPS 2019, arXiv:1906.04032; Papamakarios, Pavlakou, Murray (masks), NeurIPS
        2017, arXiv:1705.07057
    """

    transforms: Annotated[int, Field(ge=1)] = 2
    hidden: tuple[int, ...] = (64, 64)
    bins: Annotated[int, Field(ge=2)] = 10
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=5, batch_size=1024, learning_rate=1.2e-2))

    def _network(self, features: int, context: int) -> AutoregressiveFlowNetwork:
        return masked_flow(
            features,
            context,
            transforms=self.transforms,
            hidden=self.hidden,
            univariate=RationalQuadraticSpline,
            shapes=[(self.bins,), (self.bins,), (self.bins - 1,)],
        )
