"""Drell-Yan: q q~ -> gamma*/Z/Z' -> l+ l-, with all interferences, at leading order.

A helicity amplitude is a sum over the bosons, A_ij = sum_V g_i(q) g_j(l) s/(s - M^2 + i s Gamma/M), in units of e^2:
equal helicities go with (1 + cos)^2, opposite ones with (1 - cos)^2. The Z' has the couplings of the Z ("sequential").

Points are y = (s, rapidity, cosine), the lepton's cosine against the first beam in the pair's rest frame. A channel a
propagator: a falling power for the photon, a Breit-Wigner each for Z and Z'.

References:
    Altarelli, Mele, Ruiz-Altaba, Z. Phys. C45 (1989) 109 (sequential Z')
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
from resonaut.integration.maps import BreitWigner, Map, PowerLaw
from resonaut.integration.processes.electroweak import SIN2, SIN2_EFFECTIVE, Z_MASS, Z_WIDTH, couplings
from resonaut.integration.processes.kinematics import back_to_back, beams, boosted
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s, fractions, parton_densities
from resonaut.integration.processes.process import GEV2_PB, PartonEvents, drawn
from resonaut.simulation.processes.parameters import Parameter, gev, optional_gev

__all__ = ["DrellYan"]

QUARKS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class DrellYan:
    """Electron pairs (or muon pairs: masses do not enter) in collisions of protons.

    Args:
        energy: Of the collision, GeV.
        mll_min: Least mass of the pair, GeV.
        zprime_mass: Of a sequential Z', GeV; None for none.
        zprime_width: Its width; None takes that of its decays to quarks and leptons of the Standard Model.
    """

    energy: float = 13000.0
    mll_min: float = 60.0
    zprime_mass: float | None = None
    zprime_width: float | None = None

    name: ClassVar[str] = "drell-yan"
    about: ClassVar[str] = "q q~ -> gamma*/Z/Z' -> e+ e-"
    free: ClassVar[Mapping[str, Parameter]] = {
        "mll_min": gev(60.0, "least mass of the pair"),
        "zprime_mass": optional_gev("of a sequential Z'"),
        "zprime_width": optional_gev("its width; by default that of its decays"),
    }

    def __post_init__(self) -> None:
        if not 4.0 <= self.mll_min < self.energy:
            raise IntegrandError(
                f"pairs above {self.mll_min:g} GeV cannot be made at {self.energy:g} GeV; choose mll_min from 4 GeV to "
                "below the energy"
            )

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process with these parameters."""
        return cls(energy, **parameters)

    def bosons(self) -> list[tuple[float, float]]:
        """Mass and width of Z, and Z' if there is one."""
        if self.zprime_mass is None:
            return [(Z_MASS, Z_WIDTH)]
        return [(Z_MASS, Z_WIDTH), (self.zprime_mass, self.zprime_width or sequential_width(self.zprime_mass))]

    def maps(self) -> list[Map]:
        """Of s, one a channel."""
        low, high = self.mll_min**2, self.energy**2
        return [PowerLaw(2.5, low, high), *(BreitWigner(mass, width, low, high) for mass, width in self.bosons())]

    def integrand(self) -> Integrand:
        """Pb, over (s, rapidity, cosine), each scaled to [0, 1]."""
        maps = self.maps()

        def function(x: Float[Tensor, "N 3"], channel: Int[Tensor, " N"]) -> IntegrandValue:
            s = torch.empty_like(x[:, 0])
            for number, one in enumerate(maps):
                rows = channel == number
                s[rows] = one.map(x[rows, 0])[0]
            density = torch.stack([one.density(s) for one in maps], dim=1)
            most = 0.5 * torch.log(self.energy**2 / s)
            y = torch.stack([s, most * (2 * x[:, 1] - 1), 2 * x[:, 2] - 1], dim=1)
            jacobian = 4 * most / density.gather(1, channel[:, None])[:, 0]
            weight = self.by_flavour(y).sum(dim=1) * jacobian
            return IntegrandValue(weight, y, density / density.sum(dim=1, keepdim=True))

        return Integrand(function=function, dimensions=3, n_channels=len(maps))

    def by_flavour(self, y: Float[Tensor, "N 3"]) -> Float[Tensor, "N 10"]:
        """Pb per GeV^2, of each quark from the first beam, then of each from the second."""
        s, rapidity, cosine = y.unbind(1)
        xf, (x1, x2) = parton_densities(), fractions(s, rapidity, self.energy)
        parts = []
        for sign in (1, -1):
            for quark in QUARKS:
                density = xf(sign * quark, x1, s) * xf(-sign * quark, x2, s) / s
                parts.append(density * self.partonic(quark, s, sign * cosine))
        return torch.stack(parts, dim=1)

    def partonic(self, quark: int, s: Float[Tensor, " N"], cosine: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """Differential cross-section d sigma/d cosine in pb, of the angle between quark and lepton."""
        same = opposite = torch.zeros_like(s)
        for quark_side in (0, 1):
            for lepton_side in (0, 1):
                charge_q, coupling_q = couplings(quark)[quark_side]
                charge_l, coupling_l = couplings(11)[lepton_side]
                amplitude = torch.full_like(s, charge_q * charge_l, dtype=torch.complex128)
                for mass, width in self.bosons():
                    amplitude = amplitude + coupling_q * coupling_l * s / torch.complex(s - mass**2, s * width / mass)
                square = amplitude.real**2 + amplitude.imag**2
                if quark_side == lepton_side:
                    same = same + square
                else:
                    opposite = opposite + square
        angles = same * (1 + cosine) ** 2 + opposite * (1 - cosine) ** 2
        # A third for the colours that fit, a quarter for the spins, two helicities summed twice: pi alpha^2/(6 s)/4.
        return GEV2_PB * math.pi * alpha_em(s) ** 2 / (24 * s) * angles

    def events(self, y: Float[Tensor, "N 3"], rng: np.random.Generator) -> PartonEvents:
        """Quark, antiquark, boson, electron, positron."""
        chosen = drawn(self.by_flavour(y), rng)
        quark = np.array(QUARKS)[chosen % 5] * np.where(chosen < 5, 1, -1)
        s, rapidity, cosine = y.numpy().T
        first, second = beams(s, rapidity)
        boson, zero = first + second, np.zeros_like(s)
        leptons = back_to_back(np.sqrt(s) / 2, cosine, rng.uniform(-np.pi, np.pi, len(s)), zero, zero)
        electron, positron = (boosted(lepton, boson) for lepton in leptons)
        ones = np.ones_like(quark)
        colour = np.zeros((len(s), 5, 2), int)
        colour[:, 0] = np.where(quark[:, None] > 0, [501, 0], [0, 501])
        colour[:, 1] = colour[:, 0, ::-1]
        return PartonEvents(
            id=np.stack([quark, -quark, 23 * ones, 11 * ones, -11 * ones], axis=1),
            status=(-1, -1, 2, 1, 1),
            mothers=((0, 0), (0, 0), (1, 2), (3, 3), (3, 3)),
            colour=colour,
            momentum=np.stack([first, second, boson, electron, positron], axis=1),
            scale=np.sqrt(s),
            alpha_em=alpha_em(y[:, 0]).numpy(),
            alpha_s=alpha_s(y[:, 0]).numpy(),
        )


def sequential_width(mass: float) -> float:
    """Of a Z' with the Z's couplings, to three generations of quarks and leptons; GeV."""
    alpha = float(alpha_em(torch.tensor(mass**2, dtype=torch.float64)))
    total = 0.0
    for charge, isospin, colours, copies, fermion_mass in (
        (-1.0, -0.5, 1, 3, 0.0),
        (0.0, 0.5, 1, 3, 0.0),
        (-1 / 3, -0.5, 3, 3, 0.0),
        (2 / 3, 0.5, 3, 2, 0.0),
        (2 / 3, 0.5, 3, 1, 173.0),
    ):
        ratio = (fermion_mass / mass) ** 2
        if ratio >= 0.25:
            continue
        beta = math.sqrt(1 - 4 * ratio)
        vector, axial = isospin - 2 * charge * SIN2_EFFECTIVE, isospin
        strong = 1 + float(alpha_s(torch.tensor(mass**2, dtype=torch.float64))) / math.pi if colours == 3 else 1.0
        part = vector**2 * (1 + 2 * ratio) * beta + axial**2 * beta**3
        total += colours * copies * strong * part
    return alpha * mass / (12 * SIN2 * (1 - SIN2)) * total
