"""g g -> H -> Z Z* -> e+ e- mu+ mu-, on the Higgs boson's peak, at leading order.

The gluons' way is the triangle of top, bottom and charm with its full dependence on their masses, tau = 4 m_q^2/s,

    Gamma(g g) = alpha m^3/(8 sin^2 M_W^2) (alpha_s/pi)^2 |sum_q tau/2 (1 + (1 - tau) f(tau))|^2,

and the decay is the tree's four-lepton amplitude, in which angles and masses of both pairs hang together:

    |M|^2 ~ ((LL' + RR') (e-.mu-)(e+.mu+) + (LR' + RL') (e-.mu+)(e+.mu-)) / (D_1 D_2).

Leptons are of two flavours: with four electrons two diagrams would interfere, and they are not here. Nor are g g -> Z Z
without a Higgs boson and virtual photons: the process is the peak, 50 widths to either side.

Points are y = (s, rapidity, masses squared of the pairs of electrons and of muons, cosines of e- and mu- against the
electrons' flight, in their pairs' frames, azimuth between them).

References:
    Georgi, Glashow, Machacek, Nanopoulos, PRL 40 (1978) 692; Djouadi, Phys. Rept. 457 (2008) 1, hep-ph/0503172
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
from torch.nn.functional import one_hot

from resonaut.errors import IntegrandError
from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.maps import BreitWigner
from resonaut.integration.processes.electroweak import SIN2, W_MASS, Z_MASS, Z_WIDTH, couplings
from resonaut.integration.processes.kinematics import (
    back_to_back,
    beams,
    boosted,
    momentum_in_decay,
    product,
    turned,
    turned_about_beam,
)
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s, fractions, parton_densities
from resonaut.integration.processes.process import GEV2_PB, PartonEvents
from resonaut.simulation.processes.parameters import Parameter, gev

__all__ = ["HiggsToFourLeptons", "gluon_width", "triangle"]

HIGGS_MASS, HIGGS_WIDTH = 125.0, 0.00407
"""The LHC Higgs working group's width for that mass, CERN-2017-002: the cross-section goes as its inverse."""
LOOP_MASSES = (165.0, 2.944, 0.701)
"""Of top, bottom and charm at 125 GeV, running as in Pythia."""
LEAST_PAIR = 10.0  # GeV, of either pair of leptons, as in Pythia
WIDTHS = 50  # of the peak to either side, as in Pythia


@dataclass(frozen=True)
class HiggsToFourLeptons:
    """A Higgs boson of the Standard Model in collisions of protons; GeV.

    Args:
        energy: Of the collision.
        mass_higgs: Below that of two Z bosons; the loop's quark masses are those at 125 GeV.
        width_higgs: Its total width.
    """

    energy: float = 13000.0
    mass_higgs: float = HIGGS_MASS
    width_higgs: float = HIGGS_WIDTH

    name: ClassVar[str] = "higgs-4l"
    about: ClassVar[str] = "g g -> H -> Z Z* -> e+ e- mu+ mu-"
    free: ClassVar[Mapping[str, Parameter]] = {
        "mass_higgs": gev(HIGGS_MASS),
        "width_higgs": gev(HIGGS_WIDTH, "total width"),
    }

    def __post_init__(self) -> None:
        least, most = Z_MASS + LEAST_PAIR, min(2 * Z_MASS, self.energy)
        if not least < self.mass_higgs < most:
            raise IntegrandError(f"mass_higgs is {self.mass_higgs:g} GeV; choose it from {least:g} to {most:g}")
        if self.width_higgs > 0.1:
            raise IntegrandError(
                f"width_higgs is {self.width_higgs:g} GeV; a peak without its surroundings needs < 0.1"
            )

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process with these parameters."""
        return cls(energy, **parameters)

    def integrand(self) -> Integrand:
        """Pb, over the seven numbers of a point, each scaled to [0, 1]; a channel for which of the pairs is lighter."""
        span = WIDTHS * self.width_higgs
        low, high = self.mass_higgs - span, self.mass_higgs + span
        peak = BreitWigner(self.mass_higgs, self.width_higgs, low**2, high**2)

        def function(x: Float[Tensor, "N 7"], channel: Int[Tensor, " N"]) -> IntegrandValue:
            s, of_s = peak.map(x[:, 0])
            mass = s.sqrt()
            most = 0.5 * torch.log(self.energy**2 / s)
            lighter = LEAST_PAIR + (mass / 2 - LEAST_PAIR) * x[:, 2]
            of_lighter = 2 * lighter * (mass / 2 - LEAST_PAIR)
            heavier2, of_heavier = BreitWigner(Z_MASS, Z_WIDTH, lighter**2, (mass - lighter) ** 2).map(x[:, 3])
            pairs = [torch.where(channel == 0, *both) for both in ((lighter**2, heavier2), (heavier2, lighter**2))]
            angles = [2 * x[:, 4] - 1, 2 * x[:, 5] - 1, math.pi * (2 * x[:, 6] - 1)]
            y = torch.stack([s, most * (2 * x[:, 1] - 1), *pairs, *angles], dim=1)
            jacobian = of_s * 2 * most * of_lighter * of_heavier * 8 * math.pi
            return IntegrandValue(self.differential(y) * jacobian, y, one_hot(channel, 2).to(x.dtype))

        return Integrand(function=function, dimensions=7, n_channels=2, symmetry=(0, 0))

    def differential(self, y: Float[Tensor, "N 7"]) -> Float[Tensor, " N"]:
        """Pb per unit of y."""
        s, rapidity = y[:, 0], y[:, 1]
        xf, (x1, x2) = parton_densities(), fractions(s, rapidity, self.energy)
        line = (s - self.mass_higgs**2) ** 2 + s * self.width_higgs**2
        # A resonance of spin 0 from two massless particles of two helicities and eight colours each, alike: 8 pi/64.
        sigma = GEV2_PB * math.pi / 8 * gluon_width(s) * self.decay(y) / line
        return xf(21, x1, s) * xf(21, x2, s) / s * sigma

    @staticmethod
    def decay(y: Float[Tensor, "N 7"]) -> Float[Tensor, " N"]:
        """The differential width to four leptons in GeV, per unit of both squared masses, cosines, and the azimuth."""
        s, first, second = y[:, 0], y[:, 2], y[:, 3]
        electron, positron, muon, antimuon = momenta(y)
        (_, left), (_, right) = couplings(11)
        same, opposite = left**4 + right**4, 2 * left**2 * right**2
        products = same * product(electron, muon) * product(positron, antimuon)
        products = products + opposite * product(electron, antimuon) * product(positron, muon)
        line, other_line = ((square - Z_MASS**2) ** 2 + (Z_MASS * Z_WIDTH) ** 2 for square in (first, second))
        at_z = torch.tensor(Z_MASS**2, dtype=torch.float64)
        to_leptons = (4 * math.pi * alpha_em(at_z)) ** 2
        # The vertex 2 M_Z^2/v squared, v = 2 M_W sin/e.
        vertex = 4 * math.pi * alpha_em(s) / SIN2 * Z_MASS**4 / W_MASS**2
        amplitude = vertex * to_leptons * 4 * torch.as_tensor(products) / (line * other_line)
        flight = torch.as_tensor(momentum_in_decay(s.numpy(), first.numpy(), second.numpy()))
        # Two-body phase space: of the pairs p/(4 pi m), of the leptons 1/(8 pi) each over all directions.
        phase_space = flight / s.sqrt() / (4 * math.pi) / (8 * math.pi) ** 2 / (2 * math.pi) ** 2
        return amplitude * phase_space / (2 * s.sqrt()) / (8 * math.pi)

    def events(self, y: Float[Tensor, "N 7"], rng: np.random.Generator) -> PartonEvents:
        """Two gluons, H, two Z, and their leptons."""
        n = len(y)
        s, rapidity = y[:, :2].numpy().T
        first, second = beams(s, rapidity)
        cosine, azimuth, twist = rng.uniform(-1, 1, n), rng.uniform(-np.pi, np.pi, n), rng.uniform(-np.pi, np.pi, n)
        zero = np.zeros(n)
        axis, _ = back_to_back(np.ones(n), cosine, azimuth, zero, zero)
        leptons = [boosted(turned(turned_about_beam(lepton, twist), axis), first + second) for lepton in momenta(y)]
        pairs = [leptons[0] + leptons[1], leptons[2] + leptons[3]]
        colour = np.zeros((n, 9, 2), int)
        colour[:, 0], colour[:, 1] = [501, 502], [502, 501]
        return PartonEvents(
            id=np.tile([21, 21, 25, 23, 23, 11, -11, 13, -13], (n, 1)),
            status=(-1, -1, 2, 2, 2, 1, 1, 1, 1),
            mothers=((0, 0), (0, 0), (1, 2), (3, 3), (3, 3), (4, 4), (4, 4), (5, 5), (5, 5)),
            colour=colour,
            momentum=np.stack([first, second, first + second, *pairs, *leptons], axis=1),
            scale=np.sqrt(s),
            alpha_em=alpha_em(y[:, 0]).numpy(),
            alpha_s=alpha_s(y[:, 0]).numpy(),
        )


def momenta(y: Float[Tensor, "N 7"]) -> list[Float[np.ndarray, "N 4"]]:
    """Of e-, e+, mu-, mu+ in the Higgs boson's rest frame, the electrons' pair along z."""
    s, _, first, second, of_electron, of_muon, azimuth = y.numpy().T
    zero, one = np.zeros_like(s), np.ones_like(s)
    z_one, z_two = back_to_back(momentum_in_decay(s, first, second), one, zero, first, second)
    electrons = back_to_back(np.sqrt(first) / 2, of_electron, zero, zero, zero)
    muons = back_to_back(np.sqrt(second) / 2, of_muon, azimuth, zero, zero)
    return [boosted(one, z_one) for one in electrons] + [boosted(one, z_two) for one in muons]


def triangle(tau: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The loop of a quark with tau = 4 m^2/s: 1/3 for a heavy one, 0 for a light one; complex where tau < 1."""
    root = (1 - tau).clamp(min=0.0).sqrt()
    logarithm = torch.log((1 + root) / (1 - root).clamp(min=1e-300))
    heavy = torch.asin(1 / tau.clamp(min=1.0).sqrt()) ** 2
    light = -0.25 * torch.complex(logarithm, torch.full_like(tau, -math.pi)) ** 2
    f = torch.where(tau >= 1, heavy.to(light.dtype), light)
    return tau / 2 * (1 + (1 - tau) * f)


def gluon_width(s: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """Of a Higgs boson of squared mass s, to two gluons; GeV."""
    loop = sum((triangle(4 * mass**2 / s) for mass in LOOP_MASSES), torch.zeros_like(s))
    return alpha_em(s) / (8 * SIN2) * s**1.5 / W_MASS**2 * (alpha_s(s) / math.pi) ** 2 * loop.abs() ** 2
