"""The Wasserstein normalised autoencoder: the distance that judges the samples is the loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from pydantic import Field

from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.energy_network import WassersteinNetwork
from resonaut.models.outlier.negatives import negatives
from resonaut.models.outlier.normalised import Normalised, trainer_of_density
from resonaut.models.outlier.table import TableDetector
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["WassersteinNormalisedAutoencoder"]


@register("outlier", "wnae")
@dataclass(kw_only=True)
class WassersteinNormalisedAutoencoder(Normalised[np.ndarray], TableDetector):
    """Moves its samples onto the data: the gradient of the Earth mover's distance flows through the Langevin chain.

    Unlike E+ - E- the distance has its minimum where samples and data agree and nowhere else, so that there is
    nothing to collapse to.

    Args:
        differentiable: The gradient flows through so many of a chain's last steps; a persistent chain has been close to
            its end for long, and what happened further back matters little.
        group: The batch is transported in groups of so many events: the time of a plan grows with the cube of them.

    References:
        CMS, arXiv:2510.02168
    """

    differentiable: Annotated[int, Field(ge=1)] = 5
    group: Annotated[int, Field(ge=8)] = 128
    # The distance has no way to run away, and stands larger steps than E+ - E-.
    trainer: Trainer = field(default_factory=lambda: trainer_of_density(learning_rate=1e-3))

    def _network(self, autoencoder: EnergyModel) -> WassersteinNetwork:
        return WassersteinNetwork(
            autoencoder,
            negatives(self.start, self.langevin, autoencoder),
            self._guard(),
            differentiable=self.differentiable,
            group=self.group,
        )
