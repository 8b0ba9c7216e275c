"""W' -> X Y -> q q~ q q~: the LHC Olympics' signal from its matrix element, three Breit-Wigners.

The model is that of `resonaut simulate wprime-xy`: a W' with the W's couplings to quarks that decays to X Y only,
widths as given, X and Y longitudinal (their quarks go as 1 - cos^2 against their flight), all else isotropic.

Points are y = (s, s_X, s_Y, rapidity, cosine and azimuth of X, cosine and azimuth of its quark, the same for Y's).

Reference: Kasieczka et al., Rep. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import IntegrandError
from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.maps import BreitWigner
from resonaut.integration.processes.electroweak import CKM2, SIN2
from resonaut.integration.processes.kinematics import back_to_back, beams, boosted, momentum_in_decay, turned
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s, fractions, parton_densities
from resonaut.integration.processes.process import GEV2_PB, PartonEvents, drawn
from resonaut.simulation.processes.parameters import Parameter
from resonaut.simulation.processes.resonances import mass_hat_min
from resonaut.simulation.processes.wprime_xy import WPRIME_XY_PARAMETERS, lighter_resonances

__all__ = ["WprimeXY"]

LEAST_MASS = 10.0  # of X and Y, GeV
X_CODE, Y_CODE = 24, 23
"""W and Z stand for X and Y, as colour-singlet vectors of their charges: Pythia refuses codes that it does not know."""


@dataclass(frozen=True)
class WprimeXY:
    """The signal in collisions of protons; masses and widths in GeV."""

    energy: float = 13000.0
    mass_wprime: float = 3500.0
    mass_x: float = 500.0
    mass_y: float = 100.0
    width_wprime: float = 60.0
    width_x: float = 12.0
    width_y: float = 2.5

    name: ClassVar[str] = "wprime-xy"
    about: ClassVar[str] = "q q~' -> W' -> X Y, each to a light quark pair"
    free: ClassVar[Mapping[str, Parameter]] = WPRIME_XY_PARAMETERS

    def __post_init__(self) -> None:
        lighter_resonances(vars(self))
        if self.mass_wprime >= self.energy:
            raise IntegrandError(
                f"a W' of {self.mass_wprime:g} GeV cannot be made at {self.energy:g} GeV; choose mass_wprime below"
            )

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process with these parameters."""
        return cls(energy, **parameters)

    def integrand(self) -> Integrand:
        """Pb, over the ten numbers of a point, each scaled to [0, 1]."""
        return Integrand(function=self._function, dimensions=10)

    def _function(self, x: Float[Tensor, "N 10"], channel: Int[Tensor, " N"]) -> IntegrandValue:
        least = mass_hat_min(self.mass_wprime, self.mass_x + self.mass_y)
        s, jacobian = BreitWigner(self.mass_wprime, self.width_wprime, least**2, self.energy**2).map(x[:, 0])
        first = BreitWigner(self.mass_x, self.width_x, LEAST_MASS**2, (s.sqrt() - LEAST_MASS) ** 2)
        s_x, _ = first.map(x[:, 1])
        second = BreitWigner(self.mass_y, self.width_y, LEAST_MASS**2, (s.sqrt() - s_x.sqrt()) ** 2)
        s_y, _ = second.map(x[:, 2])
        most = 0.5 * torch.log(self.energy**2 / s)
        cosines, azimuths = 2 * x[:, [4, 6, 8]] - 1, math.pi * (2 * x[:, [5, 7, 9]] - 1)
        angles = torch.stack([cosines, azimuths], dim=2).flatten(1)
        y = torch.cat([torch.stack([s, s_x, s_y, most * (2 * x[:, 3] - 1)], dim=1), angles], dim=1)
        weight = self.by_flavour(y).sum(dim=1) * self._decays(y) * jacobian * 2 * most
        # Of the masses of X and Y the maps are the distribution: Breit-Wigners between their bounds, as in Pythia. The
        # three directions have been scaled from 4 pi each.
        return IntegrandValue(weight * (4 * math.pi) ** 3, y)

    def by_flavour(self, y: Float[Tensor, "N 10"]) -> Float[Tensor, "N 24"]:
        """Pb per GeV^2 to make a W' of that mass and rapidity, of each pair of partons."""
        s, rapidity = y[:, 0], y[:, 3]
        xf, (x1, x2) = parton_densities(), fractions(s, rapidity, self.energy)
        # Of one pair of quarks, per |V|^2: 12 pi Gamma(W' -> q q~') Gamma/(...), averaged over colours.
        entry = alpha_em(s) * s.sqrt() / (12 * SIN2)
        line = (s - self.mass_wprime**2) ** 2 + (s * self.width_wprime / self.mass_wprime) ** 2
        sigma = GEV2_PB * 12 * math.pi / 3 * entry * self.width_wprime / line
        return torch.stack([c * sigma * xf(i, x1, s) * xf(j, x2, s) / s for i, j, c in PAIRS], dim=1)

    def _decays(self, y: Float[Tensor, "N 10"]) -> Float[Tensor, " N"]:
        """The distribution of all angles, per steradian each, and what phase space takes from unlikely masses."""
        s, s_x, s_y = y[:, :3].unbind(1)
        phase_space = (((s - s_x - s_y) ** 2 - 4 * s_x * s_y).clamp(min=0.0)).sqrt() / s
        m2, x2, y2 = self.mass_wprime**2, self.mass_x**2, self.mass_y**2
        nominal = math.sqrt((m2 - x2 - y2) ** 2 - 4 * x2 * y2) / m2
        longitudinal = ((1 - y[:, 6] ** 2) * (1 - y[:, 8] ** 2)) * (3 / (8 * math.pi)) ** 2
        return phase_space / nominal * longitudinal / (4 * math.pi)

    def events(self, y: Float[Tensor, "N 10"], rng: np.random.Generator) -> PartonEvents:
        """Two partons, W', X, Y, and their quarks."""
        pairs = np.array([(i, j) for i, j, _ in PAIRS])[drawn(self.by_flavour(y), rng)]
        # The quark of the pair, not the antiquark, says which: u d~ makes a W'+, d u~ a W'-.
        charge = np.where(pairs.max(axis=1) % 2 == 0, 1, -1)
        s, s_x, s_y, rapidity, *angles = y.numpy().T
        zero = np.zeros_like(s)
        first, second = beams(s, rapidity)
        parent = first + second
        x_there, y_there = back_to_back(momentum_in_decay(s, s_x, s_y), angles[0], angles[1], s_x, s_y)
        quarks = []
        for square, flight, cosine, azimuth in ((s_x, x_there, *angles[2:4]), (s_y, y_there, *angles[4:6])):
            pair = back_to_back(np.sqrt(square) / 2, cosine, azimuth, zero, zero)
            # The cosine is against the flight: turn the z axis there, boost to the W', and from there to the collision.
            quarks += [boosted(boosted(turned(quark, flight), flight), parent) for quark in pair]
        x_boson, y_boson = boosted(x_there, parent), boosted(y_there, parent)
        flavour = rng.integers(1, 3, len(s))
        ids = [pairs[:, 0], pairs[:, 1], 34 * charge, X_CODE * charge, np.full(len(s), Y_CODE)]
        up, down = np.where(charge > 0, 2, -2), np.where(charge > 0, -1, 1)
        colour = np.zeros((len(s), 9, 2), int)
        colour[:, 0] = np.where(pairs[:, :1] > 0, [501, 0], [0, 501])
        colour[:, 1] = colour[:, 0, ::-1]
        colour[:, 5] = np.where(up[:, None] > 0, [502, 0], [0, 502])
        colour[:, 6] = colour[:, 5, ::-1]
        colour[:, 7], colour[:, 8] = [503, 0], [0, 503]
        return PartonEvents(
            id=np.stack([*ids, up, down, flavour, -flavour], axis=1),
            status=(-1, -1, 2, 2, 2, 1, 1, 1, 1),
            mothers=((0, 0), (0, 0), (1, 2), (3, 3), (3, 3), (4, 4), (4, 4), (5, 5), (5, 5)),
            colour=colour,
            momentum=np.stack([first, second, parent, x_boson, y_boson, *quarks], axis=1),
            scale=np.sqrt(s),
            alpha_em=alpha_em(y[:, 0]).numpy(),
            alpha_s=alpha_s(y[:, 0]).numpy(),
        )


def _pairs() -> list[tuple[int, int, float]]:
    """Which partons make a W', of the first and of the second beam, with |V|^2."""
    found = []
    for (up, down), strength in CKM2.items():
        for sign in (1, -1):
            found += [(sign * up, -sign * down, strength), (-sign * down, sign * up, strength)]
    return found


PAIRS = _pairs()
