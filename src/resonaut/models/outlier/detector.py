"""What the outlier detectors of tables have in common: an autoencoder whose reconstruction error is the score.

A method is a dataclass on top of this and says how the autoencoder is trained, `_train(network, data, weight, rng)`.
The error is an energy, E(x), and p(x) ~ exp(-E(x) / T) a density, of which every one of them can be asked for samples:
of a plain autoencoder, too, which has never been told to be one. What it takes for data then shows.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Self

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from resonaut.errors import FitError
from resonaut.features.scaling import AnyScaling, Standardise
from resonaut.models.density.network import arrays_of, as_tensor, part_of
from resonaut.models.networks.autoencoder import AutoencoderNetwork
from resonaut.models.outlier.energy_network import EnergyNetwork
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.outlier.transport import earth_movers_distance
from resonaut.models.training import Trainer, TrainingHistory, seeded
from resonaut.protocols import Seed
from resonaut.registry import check_config

__all__ = ["FEWEST", "JUDGED", "AutoencoderDetector"]

Array = np.ndarray

FEWEST = 200
"""Events below which neither the weights nor a distance between samples mean anything."""
JUDGED = 500
"""Events of a distance; its floor falls, and its cost rises, with them."""


@dataclass(kw_only=True)
class AutoencoderDetector(ABC):
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

    @abstractmethod
    def _network(self, features: int) -> EnergyNetwork:
        """The network, with fresh weights."""

    def _autoencoder(self, features: int) -> AutoencoderNetwork:
        latent = self.latent or max(1, 2 * features // 3)
        if latent >= features:
            raise FitError(f"latent is {latent} and there are {features} features, which is no bottleneck; lower it")
        return AutoencoderNetwork(features, self.hidden, latent)

    @abstractmethod
    def _train(self, data: dict[str, Tensor], weight: Tensor | None, rng: np.random.Generator) -> TrainingHistory:
        """Train `network_`, whose weights are fresh."""

    def fit(self, x: Float[Array, "N F"], *, weight: Float[Array, " N"] | None = None, seed: Seed = None) -> Self:
        """Learn what ordinary events look like.

        Raises:
            FitError: a constant feature, or too few events.
        """
        check_config(self)
        rng = np.random.default_rng(seed)
        self.scaling_ = replace(self.scaling).fit(x)  # type: ignore[type-var]
        _refuse_hopeless(x)
        self.n_features_ = x.shape[1]
        scaled = as_tensor(self.scaling_.transform(x))
        # A distance is taken of no more events than are held out.
        self.judged_ = min(JUDGED, round(len(x) * (self.trainer.validation_fraction or 0.2)), len(x) // 2)
        self.emd_floor_ = _floor(scaled, self.judged_, rng)
        with seeded(int(rng.integers(2**62))):
            self.network_ = self._network(self.n_features_)
        self.history_ = self._train({"x": scaled}, None if weight is None else as_tensor(weight), rng)
        if self.history_.stopped:
            warnings.warn(f"training stopped after epoch {self.history_.epochs}: {self.history_.stopped}", stacklevel=2)
        # In double precision an event's score does not depend on what else is scored with it.
        self.network_.double()
        return self

    def score(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """The reconstruction error: larger for stranger events."""
        with torch.no_grad():
            energy = self.network_.energy(torch.from_numpy(self.scaling_.transform(x)))
        return energy.numpy()

    def sample(self, n: int, *, seed: Seed = None) -> Float[Array, "n F"]:
        """Events that the model takes for ordinary."""
        with seeded(int(np.random.default_rng(seed).integers(2**62))):
            drawn = self.network_.sample(n)
        return self.scaling_.inverse(drawn.numpy())

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
        self.network_ = self._network(self.n_features_).double().eval()
        self.network_.load_state_dict(part_of(state, "network."))
        return self

    def _with_weights(self, weights: Mapping[str, Tensor]) -> Self:
        others = {name: tensor for name, tensor in self.state().items() if not name.startswith("network.")}
        return replace(self).load_state(others | {f"network.{name}": tensor for name, tensor in weights.items()})


def _refuse_hopeless(x: Float[Array, "N F"]) -> None:
    """A constant column would be reconstructed by anything, and any other value of it be infinitely strange."""
    for i, column in enumerate(x.T):
        if column.min() == column.max():
            raise FitError(f"feature {i} is {column[0]:g} in all {len(x)} events; leave it out")
    if len(x) < FEWEST:
        raise FitError(f"{len(x)} events are too few to learn what is ordinary; give {FEWEST} or more")


def _floor(x: Float[Tensor, "N F"], n: int, rng: np.random.Generator) -> float:
    """The Earth mover's distance of so many real events from as many other real events."""
    chosen = torch.from_numpy(rng.permutation(len(x))[: 2 * n])
    return earth_movers_distance(x[chosen[:n]], x[chosen[n:]])
