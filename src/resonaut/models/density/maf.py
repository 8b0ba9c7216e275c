"""Masked autoregressive flow: the density of the CATHODE paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.sweep import AutoregressiveFlowNetwork, masked_flow
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["MaskedAutoregressiveFlow"]


@register("density", "maf")
@dataclass(kw_only=True)
class MaskedAutoregressiveFlow(LatentTableDensity):
    """Each layer shifts and scales every feature by functions of the features before it, whose order is then reversed.

    The likelihood takes one network call a layer; a sample takes the features one after the other, in one sweep through
    each layer's network (`resonaut.models.networks.sweep`). The defaults are affordable;
    the published CATHODE has 15 layers of 128 hidden units, batches of 256 and 100 epochs
    (`recipes/density-table.toml`).

    Args:
        transforms: Autoregressive layers.
        hidden: Widths of the hidden layers of each layer's network.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Papamakarios, Pavlakou, Murray, NeurIPS 2017, arXiv:1705.07057; Hallin et al. (CATHODE), arXiv:2109.00546
    """

    transforms: Annotated[int, Field(ge=1)] = 5
    hidden: tuple[int, ...] = (64, 64)
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=20, batch_size=1024))

    def _network(self, features: int, context: int) -> AutoregressiveFlowNetwork:
        return masked_flow(features, context, transforms=self.transforms, hidden=self.hidden)
