"""Outlier detectors of tables: an event is a row of features."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from resonaut.errors import FitError
from resonaut.models.networks.autoencoder import AutoencoderNetwork
from resonaut.models.outlier.detector import EnergyDetector

__all__ = ["TableDetector", "bottleneck", "refuse_constant"]

Array = np.ndarray


@dataclass(kw_only=True)
class TableDetector(EnergyDetector[Array]):
    """Scores the rows of a table."""

    def _learn_scale(self, x: Float[Array, "N F"]) -> None:
        self.scaling_ = replace(self.scaling).fit(x)  # type: ignore[type-var]
        refuse_constant(x, "events", [f"feature {i}" for i in range(x.shape[1])])
        self.n_features_ = x.shape[1]

    def _rows(self, x: Float[Array, "N F"]) -> Float[Tensor, "N F"]:
        return torch.from_numpy(self.scaling_.transform(x))

    def _events(self, rows: Float[Tensor, "N F"]) -> Float[Array, "N F"]:
        return self.scaling_.inverse(rows.numpy())

    def _autoencoder(self) -> AutoencoderNetwork:
        return AutoencoderNetwork(self.n_features_, self.hidden, bottleneck(self.latent, self.n_features_))


def bottleneck(latent: int | None, features: int) -> int:
    """Width in the middle, which has to be less than that of the features."""
    latent = latent or max(1, 2 * features // 3)
    if latent >= features:
        raise FitError(f"latent is {latent} and there are {features} features, which is no bottleneck; lower it")
    return latent


def refuse_constant(x: Float[Array, "N F"], of: str, names: list[str]) -> None:
    """A constant column would be reconstructed by anything, and any other value of it be infinitely strange."""
    for name, column in zip(names, x.T, strict=True):
        if column.min() == column.max():
            raise FitError(f"{name} is {column[0]:g} in all {len(x)} {of}; leave it out")
