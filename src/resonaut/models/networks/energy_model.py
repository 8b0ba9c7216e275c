"""A network that gives every event an energy: what chains, losses and guards of outlier detectors ask of one."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["EnergyModel"]


class EnergyModel(nn.Module, ABC):
    """E(x) of events that are rows of numbers.

    The first `moving` columns are what p(x) ~ exp(-E / T) is a density of, and what chains change; the others are given
    with the event, such as how many nodes a graph has.
    """

    moving: int

    @abstractmethod
    def energy(self, x: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """Larger for stranger events."""

    def given(self, n: int) -> Float[Tensor, "n G"]:
        """The columns that are given, for n events that are to be drawn; none, unless the network says otherwise."""
        return next(self.parameters()).new_empty(n, 0)

    def coordinates(self, x: Float[Tensor, "B F"]) -> Float[Tensor, "B C"]:
        """In which the distance between samples and data is taken."""
        return x

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """The energy of the data: all that a plain autoencoder learns from."""
        return self.energy(batch["x"])
