"""Maps of one variable that flatten a propagator: what a channel knows of its resonance beforehand.

    s, jacobian = BreitWigner(91.2, 2.5, low, high).map(x)      # jacobian = 1/density(s)

The density is a density in the variable, on [low, high], whoever drew the value: the prior weights of channels are
their densities' shares.

References:
    Byckling, Kajantie, Particle Kinematics (1973), chapter X; Kleiss, Pittau, hep-ph/9405257
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["BreitWigner", "Map", "PowerLaw"]

Bound = float | Tensor


class Map(Protocol):
    """From [0, 1] to a variable."""

    def map(self, x: Float[Tensor, " N"]) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The variable, and its derivative by x."""
        ...

    def density(self, value: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Of the variable."""
        ...


@dataclass(frozen=True)
class BreitWigner:
    """A squared mass s between `low` and `high`, distributed as 1/((s - M^2)^2 + M^2 Gamma^2).

    Args:
        mass, width: Of the resonance, GeV.
        low, high: Bounds of s, GeV^2; numbers, or one for each point.
    """

    mass: float
    width: float
    low: Bound
    high: Bound

    def _angles(self) -> tuple[Tensor, Tensor]:
        scale = self.mass * self.width
        low, high = (torch.as_tensor(bound, dtype=torch.float64) for bound in (self.low, self.high))
        return torch.atan((low - self.mass**2) / scale), torch.atan((high - self.mass**2) / scale)

    def map(self, x: Float[Tensor, " N"]) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """S, and ds/dx."""
        low, high = self._angles()
        s = self.mass**2 + self.mass * self.width * torch.tan(low + (high - low) * x)
        s = torch.minimum(torch.maximum(s, torch.as_tensor(self.low)), torch.as_tensor(self.high))
        return s, 1 / self.density(s)

    def density(self, value: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Normalised between the bounds."""
        low, high = self._angles()
        scale = self.mass * self.width
        return scale / ((value - self.mass**2) ** 2 + scale**2) / (high - low)


@dataclass(frozen=True)
class PowerLaw:
    """A variable distributed as its power -nu, nu > 1: a massless propagator, with falling parton densities.

    Args:
        power: Nu.
        low, high: Positive bounds; numbers, or one for each point.
    """

    power: float
    low: Bound
    high: Bound

    def map(self, x: Float[Tensor, " N"]) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The variable, and its derivative by x."""
        k = 1 - self.power
        value = (self.low**k + (self.high**k - self.low**k) * x) ** (1 / k)
        value = torch.minimum(torch.maximum(value, torch.as_tensor(self.low)), torch.as_tensor(self.high))
        return value, 1 / self.density(value)

    def density(self, value: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Normalised between the bounds."""
        k = 1 - self.power
        return k * value**-self.power / (self.high**k - self.low**k)
