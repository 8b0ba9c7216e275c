"""A hard process: its integrand in pb, and its events as particles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.integration.integrand import Integrand
from resonaut.simulation.processes.parameters import Parameter

__all__ = ["GEV2_PB", "HardProcess", "PartonEvents", "drawn"]

GEV2_PB = 0.3893793721e9
"""(hbar c)^2 in GeV^2 pb."""


@dataclass(frozen=True, kw_only=True)
class PartonEvents:
    """Particles of N events, the same number P in each, as the Les Houches accord has them.

    Args:
        id: PDG codes.
        status: -1 incoming, 2 decayed resonance, 1 final; of all events.
        mothers: Numbers of the first and last mother, from 1, 0 for none; of all events.
        colour: Colour and anticolour line of each.
        momentum: px, py, pz, e (GeV).
        scale: Where the shower starts, GeV.
        alpha_em, alpha_s: Couplings.
    """

    id: np.ndarray
    status: tuple[int, ...]
    mothers: tuple[tuple[int, int], ...]
    colour: np.ndarray
    momentum: Float[np.ndarray, "N P 4"]
    scale: Float[np.ndarray, " N"]
    alpha_em: Float[np.ndarray, " N"]
    alpha_s: Float[np.ndarray, " N"]


class HardProcess(Protocol):
    """What `resonaut integrate` integrates: a dataclass of the energy and its parameters.

    Its class says what it is called (`name`), what it is (`about`), and which parameters it has (`free`).
    """

    name: ClassVar[str]
    about: ClassVar[str]
    free: ClassVar[Mapping[str, Parameter]]

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process at that centre-of-mass energy (GeV)."""
        ...

    def integrand(self) -> Integrand:
        """The cross-section in pb, over the unit cube."""
        ...

    def events(self, y: Float[Tensor, "N Y"], rng: np.random.Generator) -> PartonEvents:
        """Particles of the physical points; flavours and angles that do not enter the integrand are drawn."""
        ...


def drawn(parts: Float[Tensor, "N P"], rng: np.random.Generator) -> Int[np.ndarray, " N"]:
    """Which part each event belongs to, in proportion to the parts of its cross-section."""
    ends = parts.numpy().cumsum(axis=1)
    chosen = (ends < rng.random(len(ends))[:, None] * ends[:, -1:]).sum(axis=1)
    return np.minimum(chosen, ends.shape[1] - 1)
