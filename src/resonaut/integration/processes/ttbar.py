"""Top pairs: g g -> t t~ and q q~ -> t t~ at leading order, undecayed.

With tau_1, tau_2 = (m^2 - t, m^2 - u)/s and rho = 4 m^2/s,

    q q~: d sigma/dt = pi alpha_s^2/s^2  4/9 (tau_1^2 + tau_2^2 + rho/2)
    g g:  d sigma/dt = pi alpha_s^2/s^2  (1/(6 tau_1 tau_2) - 3/8) (tau_1^2 + tau_2^2 + rho - rho^2/(4 tau_1 tau_2))

at the scale m^2 + pT^2. Points are y = (s, rapidity, cosine), the top's cosine against the first beam.

References:
    Combridge, Nucl. Phys. B151 (1979) 429; Ellis, Stirling, Webber, QCD and Collider Physics (1996), section 10.3
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
from resonaut.integration.maps import PowerLaw
from resonaut.integration.processes.kinematics import back_to_back, beams, boosted, momentum_in_decay
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s, fractions, parton_densities
from resonaut.integration.processes.process import GEV2_PB, PartonEvents, drawn
from resonaut.simulation.processes.parameters import Parameter, gev, optional_gev

__all__ = ["TopPairs"]

TOP_MASS = 173.0  # Pythia's
GLUON = 21
INCOMING = (GLUON, *(sign * quark for sign in (1, -1) for quark in (1, 2, 3, 4, 5)))
"""What the first beam gives; the second gives its antiparticle."""


@dataclass(frozen=True)
class TopPairs:
    """Top pairs in collisions of protons; masses and momenta in GeV."""

    energy: float = 13000.0
    mass_top: float = TOP_MASS
    pt_min: float = 0.0

    name: ClassVar[str] = "ttbar"
    about: ClassVar[str] = "g g and q q~ -> t t~, which the shower decays"
    free: ClassVar[Mapping[str, Parameter]] = {
        "mass_top": gev(TOP_MASS),
        "pt_min": optional_gev("least pT of the tops"),
    }

    def __post_init__(self) -> None:
        if self.threshold >= self.energy:
            raise IntegrandError(
                f"top pairs need {self.threshold:g} GeV and the collision has {self.energy:g}; choose a lower pt_min"
            )

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process with these parameters."""
        return cls(energy, **parameters)

    @property
    def threshold(self) -> float:
        """Least mass of the pair."""
        return 2 * math.hypot(self.mass_top, self.pt_min)

    def integrand(self) -> Integrand:
        """Pb, over (s, rapidity, cosine), each scaled to [0, 1]."""
        falling = PowerLaw(2.5, self.threshold**2, self.energy**2)

        def function(x: Float[Tensor, "N 3"], channel: Int[Tensor, " N"]) -> IntegrandValue:
            s, jacobian = falling.map(x[:, 0])
            most = 0.5 * torch.log(self.energy**2 / s)
            # Below pt_min nothing is wanted, and the cosine does not go there.
            farthest = (1 - (2 * self.pt_min) ** 2 / (s - 4 * self.mass_top**2).clamp(min=1e-9)).clamp(min=0.0).sqrt()
            y = torch.stack([s, most * (2 * x[:, 1] - 1), farthest * (2 * x[:, 2] - 1)], dim=1)
            return IntegrandValue(self.by_flavour(y).sum(dim=1) * jacobian * 4 * most * farthest, y)

        return Integrand(function=function, dimensions=3)

    def scale2(self, s: Float[Tensor, " N"], cosine: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """m^2 + pT^2."""
        return self.mass_top**2 + (s / 4 - self.mass_top**2) * (1 - cosine**2)

    def by_flavour(self, y: Float[Tensor, "N 3"]) -> Float[Tensor, "N 11"]:
        """Pb per GeV^2, of each parton from the first beam."""
        s, rapidity, cosine = y.unbind(1)
        xf, q2 = parton_densities(), self.scale2(s, cosine)
        x1, x2 = fractions(s, rapidity, self.energy)
        gluons, quarks = self.partonic(s, cosine)
        parts = []
        for parton in INCOMING:
            other, sigma = (GLUON, gluons) if parton == GLUON else (-parton, quarks)
            parts.append(xf(parton, x1, q2) * xf(other, x2, q2) / s * sigma)
        return torch.stack(parts, dim=1)

    def partonic(
        self, s: Float[Tensor, " N"], cosine: Float[Tensor, " N"]
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The differential cross-sections d sigma/d cosine in pb, of gluons and of quarks."""
        rho = 4 * self.mass_top**2 / s
        beta = (1 - rho).clamp(min=0.0).sqrt()
        one, two = (1 - beta * cosine) / 2, (1 + beta * cosine) / 2
        squares, product = one**2 + two**2, one * two
        common = GEV2_PB * math.pi * alpha_s(self.scale2(s, cosine)) ** 2 / s * beta / 2  # dt = s beta/2 d cosine
        gluons = (1 / (6 * product) - 3 / 8) * (squares + rho - rho**2 / (4 * product))
        return common * gluons, common * 4 / 9 * (squares + rho / 2)

    def events(self, y: Float[Tensor, "N 3"], rng: np.random.Generator) -> PartonEvents:
        """Two partons, top, antitop."""
        first_id = np.array(INCOMING)[drawn(self.by_flavour(y), rng)]
        glue = first_id == GLUON
        s, rapidity, cosine = y.numpy().T
        first, second = beams(s, rapidity)
        square = np.full_like(s, self.mass_top**2)
        momentum = momentum_in_decay(s, square, square)
        pair = back_to_back(momentum, cosine, rng.uniform(-np.pi, np.pi, len(s)), square, square)
        top, antitop = (boosted(one, first + second) for one in pair)
        scale2 = self.scale2(y[:, 0], y[:, 2])
        ones = np.ones_like(first_id)
        return PartonEvents(
            id=np.stack([first_id, np.where(glue, GLUON, -first_id), 6 * ones, -6 * ones], axis=1),
            status=(-1, -1, 1, 1),
            mothers=((0, 0), (0, 0), (1, 2), (1, 2)),
            colour=self._colours(first_id, 2 * momentum * cosine / np.sqrt(s), rng),
            momentum=np.stack([first, second, top, antitop], axis=1),
            scale=scale2.sqrt().numpy(),
            alpha_em=alpha_em(scale2).numpy(),
            alpha_s=alpha_s(scale2).numpy(),
        )

    @staticmethod
    def _colours(
        first_id: Int[np.ndarray, " N"], forward: Float[np.ndarray, " N"], rng: np.random.Generator
    ) -> Int[np.ndarray, "N 4 2"]:
        """Colour lines; of gluons, the two ways they can go in proportion to the leading-colour amplitudes squared."""
        quark, antiquark = ([501, 0], [0, 502], [501, 0], [0, 502]), ([0, 502], [501, 0], [501, 0], [0, 502])
        near, far = ([501, 502], [502, 503], [501, 0], [0, 503]), ([501, 502], [503, 501], [503, 0], [0, 502])
        one, two = (
            (1 - forward) ** 2,
            (1 + forward) ** 2,
        )  # tau_1^2 and tau_2^2: the top near the first gluon takes its line
        flow = np.where(rng.random(len(forward)) < two / (one + two), 2, 3)
        flow = np.where(first_id == GLUON, flow, np.where(first_id > 0, 0, 1))
        return np.array([quark, antiquark, near, far])[flow]
