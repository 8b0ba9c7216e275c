"""The plain autoencoder: what is hard to reconstruct was not in the training data, one hopes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.energy_network import EnergyNetwork
from resonaut.models.outlier.negatives import Chains
from resonaut.models.outlier.table import TableDetector
from resonaut.models.training import Trainer, TrainingHistory
from resonaut.registry import register

__all__ = ["Autoencoder"]


@register("outlier", "ae")
@dataclass(kw_only=True)
class Autoencoder(TableDetector):
    """Minimises the reconstruction error of the data, and nothing else.

    Nothing keeps it from reconstructing what it has never seen: trained on complicated jets it does so for simple ones.

    Args:
        trainer: The epoch with the least error on held-out events is kept.

    References:
        Heimel, Kasieczka, Plehn, Thompson, SciPost Phys. 6 (2019) 030, arXiv:1808.08979
        Farina, Nakai, Shih, PRD 101 (2020) 075021, arXiv:1808.08992
    """

    trainer: Trainer = field(
        default_factory=lambda: Trainer(
            epochs=200, batch_size=256, learning_rate=3e-3, validation_fraction=0.2, device="cpu"
        )
    )

    def _network(self, autoencoder: EnergyModel) -> EnergyNetwork:
        return EnergyNetwork(autoencoder, Chains(self.langevin))

    def _train(self, data: dict[str, Tensor], weight: Tensor | None, rng: np.random.Generator) -> TrainingHistory:
        return self.trainer.fit(self.network_, data, weight=weight, seed=rng)
