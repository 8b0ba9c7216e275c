"""Integrands that are hard in one way each, with their integrals.

- gaussian: a narrow peak in four dimensions, the example of the vegas manual. It factorises.
- ridges: two ridges along the diagonals of a square, which no factorised map follows. Two channels.
- ring: a thin circle.
- ridges-ring: the product of the two, in four dimensions.
- breit-wigners: two resonances that cross in a plane of masses, over a falling third variable. Two channels, each with
  the map of its own resonance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from scipy.integrate import quad
from torch import Tensor

from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.maps import BreitWigner

__all__ = ["TOYS", "Toy"]

_RIDGE, _RADIUS, _RING = 0.05, 0.3, 0.03
_RESONANCES = (BreitWigner(0.3, 0.01, 0.0, 1.0), BreitWigner(0.6, 0.02, 0.0, 1.0))


@dataclass(frozen=True)
class Toy:
    """An integrand and its integral."""

    integrand: Integrand
    integral: float


def _gaussian(x: Float[Tensor, "N 4"]) -> Float[Tensor, " N"]:
    """Of [-1, 1] x [0, 1]^3 in the vegas manual."""
    x = x * torch.tensor([2.0, 1.0, 1.0, 1.0], dtype=x.dtype) - torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=x.dtype)
    return 2 * 1013.2118364296088 * torch.exp(-100 * ((x - 0.5) ** 2).sum(dim=1))


def _ridges(x: Float[Tensor, "N 2"]) -> Float[Tensor, " N"]:
    along, across = x[:, 0] - x[:, 1], x[:, 0] + x[:, 1] - 1
    return torch.exp(-0.5 * (along / _RIDGE) ** 2) + torch.exp(-0.5 * (across / _RIDGE) ** 2)


def _ring(x: Float[Tensor, "N 2"]) -> Float[Tensor, " N"]:
    radius = ((x - 0.5) ** 2).sum(dim=1).sqrt()
    return torch.exp(-0.5 * ((radius - _RADIUS) / _RING) ** 2)


def _breit_wigners(x: Float[Tensor, "N 3"], channel: Int[Tensor, " N"]) -> IntegrandValue:
    """Resonance 0 in the first variable, resonance 1 in the second, added, times an exponential in the third."""
    own = [resonance.map(x[:, i]) for i, resonance in enumerate(_RESONANCES)]
    rows = torch.arange(len(x))
    y = x.clone()
    y[rows, channel] = torch.stack([value for value, _ in own], dim=1)[rows, channel]
    density = torch.stack([resonance.density(y[:, i]) for i, resonance in enumerate(_RESONANCES)], dim=1)
    f = density.sum(dim=1) * torch.exp(-3 * y[:, 2])
    return IntegrandValue(f / density[rows, channel], y, density / density.sum(dim=1, keepdim=True))


def _plain(function: Callable[[Tensor], Tensor], dimensions: int, n_channels: int = 1) -> Integrand:
    return Integrand(
        function=lambda x, channel: IntegrandValue(function(x)), dimensions=dimensions, n_channels=n_channels
    )


def _toys() -> dict[str, Toy]:
    # The distance of two uniform numbers has density 2(1 - d); the two ridges are mirror images.
    ridges = 2 * quad(lambda d: 2 * (1 - d) * math.exp(-0.5 * (d / _RIDGE) ** 2), 0, 1, points=[_RIDGE])[0]
    # The ring is thin enough to end within the square.
    ring = 2 * math.pi * quad(lambda r: r * math.exp(-0.5 * ((r - _RADIUS) / _RING) ** 2), 0, 0.5, points=[_RADIUS])[0]
    gaussian = 1013.2118364296088 * (math.sqrt(math.pi) / 10) ** 4 * _inside(-1.5) * _inside(-0.5) ** 3
    return {
        "gaussian": Toy(_plain(_gaussian, 4), gaussian),
        "ridges": Toy(_plain(_ridges, 2, n_channels=2), ridges),
        "ring": Toy(_plain(_ring, 2), ring),
        "ridges-ring": Toy(_plain(lambda x: _ridges(x[:, :2]) * _ring(x[:, 2:]), 4, n_channels=2), ridges * ring),
        "breit-wigners": Toy(
            Integrand(function=_breit_wigners, dimensions=3, n_channels=2), 2 * (1 - math.exp(-3)) / 3
        ),
    }


def _inside(low: float) -> float:
    """The part of exp(-100 d^2) that lies between d = low and d = 1/2."""
    return 0.5 * (math.erf(5.0) - math.erf(10 * low))


TOYS: dict[str, Toy] = _toys()
