"""The normalised autoencoder: what it reconstructs without having been shown it is unlearnt.

`Normalised` is a training with samples of its own, whatever its loss and whatever an event is; `EnergyDifference` has
the published loss, and `NormalisedAutoencoder` is that for tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from torch import Tensor

from resonaut.errors import ConfigError
from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.detector import EnergyDetector, X
from resonaut.models.outlier.energy_network import NormalisedNetwork
from resonaut.models.outlier.guards import Guard
from resonaut.models.outlier.negatives import Start, negatives
from resonaut.models.outlier.table import TableDetector
from resonaut.models.training import Trainer, TrainingHistory
from resonaut.registry import register

__all__ = ["EnergyDifference", "Normalised", "NormalisedAutoencoder", "trainer_of_density"]


def trainer_of_density(*, learning_rate: float) -> Trainer:
    """Held-out events judge the epochs; the rate is constant, since there is no end that it could fall towards.

    So it is an average of the weights that comes to rest: those of single steps go up and down, and AUCs with them.
    """
    return Trainer(
        epochs=200,
        batch_size=256,
        learning_rate=learning_rate,
        schedule="constant",
        gradient_clip=1.0,
        ema=0.999,
        validation_fraction=0.2,
        patience=50,
        device="cpu",
    )


@dataclass(kw_only=True)
class Normalised(EnergyDetector[X]):
    """Learns from data and from its own Langevin samples, after a while as a plain autoencoder.

    At the loss's minimum p(x) = exp(-E(x) / T) / Omega is the density of the data, and everything else has a larger
    error. The training need not stay there: the epoch whose samples are closest to the data is kept, and the training
    ends where the samples collapse or the energies run away.

    Args:
        start: Where the chains start: "replay", "data" or "manifold" (`resonaut.models.outlier.negatives`).
        pretraining: Of the plain autoencoder.
        trainer: Of the density; the held-out events judge the epochs.
        stop: End the training where it has gone wrong, or only take notes.
    """

    start: Start = "replay"
    pretraining: Trainer = field(
        default_factory=lambda: Trainer(
            epochs=20, batch_size=256, learning_rate=3e-3, validation_fraction=0.2, device="cpu"
        )
    )
    trainer: Trainer = field(default_factory=lambda: trainer_of_density(learning_rate=3e-4))
    stop: bool = True

    remedies: ClassVar[str] = "a lower learning rate, a gradient clip, longer chains"

    def __post_init__(self) -> None:
        if not self.trainer.validation_fraction:
            raise ConfigError(
                "the epochs of a normalised autoencoder are judged by held-out events; set trainer.validation_fraction,"
                " say 0.2"
            )

    def _guard(self) -> Guard:
        return Guard(events=self.judged_, floor=self.emd_floor_, stop=self.stop, remedies=self.remedies)

    def _train(self, data: dict[str, Tensor], weight: Tensor | None, rng: np.random.Generator) -> TrainingHistory:
        self.pretraining.fit(self.network_.autoencoder, data, weight=weight, seed=rng)
        return self.trainer.fit(self.network_, data, weight=weight, seed=rng)


@dataclass(kw_only=True)
class EnergyDifference(Normalised[X]):
    """Lowers the energy of data and raises that of the samples: the gradient of the likelihood.

    Args:
        gamma: Weight of E-^2 in the loss, which bounds the energies.
        arrived: Samples count only where their energy is not above that of all data of the batch. Energies can then not
            run away by raising what no chain comes back from; they may still sharpen until chains get lost.
    """

    gamma: Annotated[float, Field(ge=0)] = 0.0
    arrived: bool = False

    remedies: ClassVar[str] = f"{Normalised.remedies}, gamma, arrived, or wnae instead"

    def _network(self, autoencoder: EnergyModel) -> NormalisedNetwork:
        return NormalisedNetwork(
            autoencoder,
            negatives(self.start, self.langevin, autoencoder),
            self._guard(),
            gamma=self.gamma,
            arrived=self.arrived,
        )


@register("outlier", "nae")
@dataclass(kw_only=True)
class NormalisedAutoencoder(EnergyDifference[np.ndarray], TableDetector):
    """A normalised autoencoder of the rows of a table, by `EnergyDifference`.

    References:
        Yoon, Noh, Park, ICML 2021, arXiv:2105.05735
        Dillon, Favaro, Plehn, Sorrenson, Kraemer (on jets), SciPost Phys. Core 6 (2023) 074, arXiv:2206.14225
    """
