"""What all outlier detectors have in common: an autoencoder whose reconstruction error is the score.

A method is a dataclass on top of this and says how the autoencoder is trained, `_train(data, weight, rng)`. What its
events are, rows of a table (`table`) or graphs (`graph`), is said on another branch: how they become rows of numbers
that chains can move, and back. The error is an energy, E(x), and p(x) ~ exp(-E(x) / T) a density, of which every one of
them can be asked for samples: of a plain autoencoder, too, which has never been told to be one. What it takes for data
then shows.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Generic, Self, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from resonaut.errors import FitError
from resonaut.features.scaling import AnyScaling, Standardise
from resonaut.models.density.network import arrays_of, as_tensor, part_of
from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.energy_network import EnergyNetwork
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.outlier.transport import earth_movers_distance
from resonaut.models.training import Trainer, TrainingHistory, seeded
from resonaut.protocols import Seed
from resonaut.registry import check_config

__all__ = ["FEWEST", "JUDGED", "EnergyDetector"]

Array = np.ndarray
X = TypeVar("X")

FEWEST = 200
"""Events below which neither the weights nor a distance between samples mean anything."""
JUDGED = 500
"""Events of a distance; its floor falls, and its cost rises, with them."""
_CHUNK = 1024


@dataclass(kw_only=True)
class EnergyDetector(ABC, Generic[X]):
    """Scores events by the error with which an autoencoder reconstructs them.

    Args:
        hidden: Widths of the encoder's layers; the decoder has them in reverse.
        latent: Width in the middle; None is two thirds of the features, as in CMS's 6 of 9.
        scaling: Of the features, first.
        langevin: How samples are drawn; its noise and bound are in units of the scaled features.
        trainer: How it is trained.
    """

    hidden: Annotated[tuple[int, ...], Field(min_length=1)] = (10, 10)
    latent: Annotated[int, Field(ge=1)] | None = None
    scaling: AnyScaling = field(default_factory=Standardise)
    langevin: Langevin = field(default_factory=Langevin)
    trainer: Trainer = field(default_factory=Trainer)

    needs: ClassVar[frozenset[str]] = frozenset()
    """What it asks for besides features of the events: their "particles"."""

    @abstractmethod
    def _learn_scale(self, x: X) -> None:
        """Learn the scaling, `n_features_`, and whatever the network has to be built for."""

    @abstractmethod
    def _rows(self, x: X) -> Float[Tensor, "N D"]:
        """Events as the network sees them, in double precision."""

    @abstractmethod
    def _events(self, rows: Float[Tensor, "N D"]) -> X:
        """And back."""

    @abstractmethod
    def _autoencoder(self) -> EnergyModel:
        """What has the energy, with fresh weights."""

    @abstractmethod
    def _network(self, autoencoder: EnergyModel) -> EnergyNetwork:
        """What is trained, around that autoencoder."""

    @abstractmethod
    def _train(self, data: dict[str, Tensor], weight: Tensor | None, rng: np.random.Generator) -> TrainingHistory:
        """Train `network_`, whose weights are fresh."""

    def fit(self, x: X, *, weight: Float[Array, " N"] | None = None, seed: Seed = None) -> Self:
        """Learn what ordinary events look like.

        Raises:
            FitError: a constant feature, or too few events.
        """
        check_config(self)
        rng = np.random.default_rng(seed)
        self._learn_scale(x)
        rows = self._rows(x).float()
        if (n := len(rows)) < FEWEST:
            raise FitError(f"{n} events are too few to learn what is ordinary; give {FEWEST} or more")
        # A distance is taken of no more events than are held out.
        self.judged_ = min(JUDGED, round(n * (self.trainer.validation_fraction or 0.2)), n // 2)
        chosen = torch.from_numpy(rng.permutation(n)[: 2 * self.judged_])
        with seeded(int(rng.integers(2**62))):
            autoencoder = self._autoencoder()
            coordinates = autoencoder.coordinates(rows[chosen])
            self.emd_floor_ = earth_movers_distance(coordinates[: self.judged_], coordinates[self.judged_ :])
            self.network_ = self._network(autoencoder)
        self.history_ = self._train({"x": rows}, None if weight is None else as_tensor(weight), rng)
        if self.history_.stopped:
            warnings.warn(f"training stopped after epoch {self.history_.epochs}: {self.history_.stopped}", stacklevel=2)
        # In double precision an event's score does not depend on what else is scored with it.
        self.network_.double()
        return self

    def score(self, x: X) -> Float[Array, " N"]:
        """The reconstruction error: larger for stranger events."""
        with torch.no_grad():
            energies = [self.network_.energy(rows) for rows in torch.split(self._rows(x), _CHUNK)]
        return torch.cat(energies).numpy()

    def sample(self, n: int, *, seed: Seed = None) -> X:
        """Events that the model takes for ordinary."""
        return self._events(self._drawn(n, seed))

    def coordinates(self, x: X) -> Float[Array, "N C"]:
        """What the distance between samples and data is taken in."""
        with torch.no_grad():
            return self.network_.autoencoder.coordinates(self._rows(x)).numpy()

    def at_epoch(self, epoch: int) -> Self:
        """The same detector as it was after an epoch whose weights were kept (`trainer.best_epochs`), from 0."""
        kept = self.history_.states[self.history_.best_epochs.index(epoch)]
        return self._with_weights(kept)

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        return {
            "features": torch.tensor(self.n_features_),
            "judged": torch.tensor(self.judged_),
            "emd_floor": torch.tensor(self.emd_floor_, dtype=torch.float64),
            **{f"scaling.{name}": torch.from_numpy(array) for name, array in self.scaling_.state().items()},
            **{f"network.{name}": tensor for name, tensor in self.network_.state_dict().items()},
        }

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.scaling_ = replace(self.scaling).load_state(arrays_of(state, "scaling."))  # type: ignore[type-var]
        self.n_features_, self.judged_ = int(state["features"]), int(state["judged"])
        self.emd_floor_ = float(state["emd_floor"])
        self.network_ = self._network(self._autoencoder()).double().eval()
        self.network_.load_state_dict(part_of(state, "network."))
        return self

    def _drawn(self, n: int, seed: Seed) -> Float[Tensor, "n D"]:
        with seeded(int(np.random.default_rng(seed).integers(2**62))):
            return self.network_.sample(n)

    def _with_weights(self, weights: Mapping[str, Tensor]) -> Self:
        others = {name: tensor for name, tensor in self.state().items() if not name.startswith("network.")}
        return replace(self).load_state(others | {f"network.{name}": tensor for name, tensor in weights.items()})
