"""W + jet: q q~' -> W g and q g -> W q' with W -> e nu, spins correlated, at leading order.

Both are one amplitude, crossed. With a quark line that begins with momentum a and ends with b (an incoming antiquark,
or the outgoing quark), a gluon g, and the fermion f and antifermion f~ that a left-handed W decays to,

    |M|^2 ~ ((2 b.f)^2 + (2 a.f~)^2) / ((2 a.g)(2 b.g)),

averaged over the directions of f in the W's frame the textbook's (t^2 + u^2 + 2 s M_W^2)/(3 t u) or its crossing. As in
Pythia, the W's line has the width M_W Gamma s_W/M_W^2, densities have the scale pT^2, and couplings run with pT times
the W's transverse mass.

Points are y = (s, rapidity, s_W, cosine of the W against the first beam, cosine and azimuth of f in the W's rest frame,
against the beam and the W's transverse direction).

Reference: Ellis, Stirling, Webber, QCD and Collider Physics (1996), chapter 9
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import IntegrandError
from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.maps import BreitWigner, PowerLaw
from resonaut.integration.processes.electroweak import CKM2, SIN2, W_MASS, W_WIDTH, w_to_leptons
from resonaut.integration.processes.kinematics import back_to_back, beams, boosted, product, turned_about_beam
from resonaut.integration.processes.parton_densities import FLAVOURS, alpha_em, alpha_s, fractions, parton_densities
from resonaut.integration.processes.process import GEV2_PB, PartonEvents, drawn
from resonaut.simulation.processes.parameters import Parameter, gev

__all__ = ["WJet"]

GLUON = 21
LEAST_MASS = 10.0  # of the W, GeV, as in Pythia
LEAST_PT = 2.0  # GeV: the densities' least scale
ANNIHILATION, COMPTON = 2 / 9, 1 / 12
"""Averages over colours and spins, on the scale of Pythia's and the textbook's formulas."""


class Partons(NamedTuple):
    """A way to make a W and a jet.

    Args:
        first, second, jet: Codes of the partons.
        line: Which momenta are the quark line's beginning a, its end b, and the gluon: 0 and 1 for the beams, 2 for
            the jet.
        strength: |V|^2.
    """

    first: int
    second: int
    jet: int
    line: tuple[int, int, int]
    strength: float


@dataclass(frozen=True)
class WJet:
    """W -> e nu of either charge with a jet, in collisions of protons.

    Args:
        energy: Of the collision, GeV.
        pt_min: Least pT of the jet, and so of the W, GeV.
    """

    energy: float = 13000.0
    pt_min: float = 30.0

    name: ClassVar[str] = "w-jet"
    about: ClassVar[str] = "q q~' -> W g and q g -> W q', W -> e nu"
    free: ClassVar[Mapping[str, Parameter]] = {"pt_min": gev(30.0, "least pT of the jet")}

    def __post_init__(self) -> None:
        most = self.energy / 2 - LEAST_MASS
        if not LEAST_PT <= self.pt_min < most:
            raise IntegrandError(
                f"a jet of pt_min {self.pt_min:g} GeV beside a W cannot be described at {self.energy:g} GeV; choose "
                f"{LEAST_PT:g} to {most:g}"
            )

    @classmethod
    def of(cls, energy: float, parameters: Mapping[str, float]) -> Self:
        """The process with these parameters."""
        return cls(energy, **parameters)

    def integrand(self) -> Integrand:
        """Pb, over the six numbers of a point, each scaled to [0, 1]."""
        boson = BreitWigner(W_MASS, W_WIDTH, LEAST_MASS**2, self.energy * (self.energy - 2 * self.pt_min))

        def function(x: Float[Tensor, "N 6"], channel: Int[Tensor, " N"]) -> IntegrandValue:
            s_w, of_boson = boson.map(x[:, 0])
            threshold = (s_w + self.pt_min**2).sqrt() + self.pt_min
            s, of_s = PowerLaw(2.5, threshold**2, self.energy**2).map(x[:, 1])
            most = 0.5 * torch.log(self.energy**2 / s)
            # Even in pseudorapidity, as the propagators of t and u are; none below pt_min.
            sine = (2 * self.pt_min * s.sqrt() / (s - s_w)).clamp(max=1.0)
            farthest = torch.atanh((1 - sine**2).sqrt())
            cosine = torch.tanh(farthest * (2 * x[:, 3] - 1))
            y = torch.stack(
                [s, most * (2 * x[:, 2] - 1), s_w, cosine, 2 * x[:, 4] - 1, math.pi * (2 * x[:, 5] - 1)], dim=1
            )
            jacobian = of_boson * of_s * 2 * most * 2 * farthest * (1 - cosine**2) * 4 * math.pi
            return IntegrandValue(self.by_flavour(y).sum(dim=1) * jacobian, y)

        return Integrand(function=function, dimensions=6)

    def by_flavour(self, y: Float[Tensor, "N 6"]) -> Float[Tensor, "N 72"]:
        """Pb per unit of y, of each way."""
        s, rapidity = y[:, 0], y[:, 1]
        xf, (x1, x2) = parton_densities(), fractions(s, rapidity, self.energy)
        of_densities, _ = self.scales2(y)
        first, second = ({code: xf(code, x, of_densities) for code in FLAVOURS} for x in (x1, x2))
        hard = self.partonic(y)
        parts = [way.strength * first[way.first] * second[way.second] * hard[way.line] for way in WAYS]
        return torch.stack(parts, dim=1) / s[:, None]

    def scales2(self, y: Float[Tensor, "N 6"]) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """Of densities, the smaller of both transverse masses squared; of couplings, their product."""
        s, s_w, cosine = y[:, 0], y[:, 2], y[:, 3]
        pt2 = (s - s_w) ** 2 / (4 * s) * (1 - cosine**2)
        return pt2, (pt2 * (pt2 + s_w)).sqrt()

    def partonic(self, y: Float[Tensor, "N 6"]) -> dict[tuple[int, int, int], Float[Tensor, " N"]]:
        """The differential cross-sections in pb, per unit of s_W, cosine and the lepton's steradian, for |V| = 1."""
        s, s_w = y[:, 0], y[:, 2]
        _, of_couplings = self.scales2(y)
        electroweak = math.pi * alpha_em(of_couplings) / SIN2
        line = s_w * w_to_leptons() / W_MASS / ((s_w - W_MASS**2) ** 2 + (s_w * W_WIDTH / W_MASS) ** 2) / math.pi
        # dt = (s - s_W)/2 d cosine
        common = GEV2_PB / s**2 * electroweak * alpha_s(of_couplings) * (s - s_w) / 2 * line / (4 * math.pi)
        *partons, fermion, antifermion = self.momenta(y)
        found = {}
        for a, b, gluon in dict.fromkeys(way.line for way in WAYS):
            average = ANNIHILATION if gluon == JET else COMPTON
            squared = amplitude2(partons[a], partons[b], partons[gluon], fermion, antifermion)
            found[a, b, gluon] = common * average * torch.as_tensor(squared)
        return found

    @staticmethod
    def momenta(y: Float[Tensor, "N 6"]) -> list[Float[np.ndarray, "N 4"]]:
        """Both incoming partons, jet, fermion and antifermion, where the partons meet head on and the W has no py."""
        s, _, s_w, cosine, of_fermion, azimuth = y.numpy().T
        zero = np.zeros_like(s)
        first, second = beams(s, zero)
        boson, jet = back_to_back((s - s_w) / (2 * np.sqrt(s)), cosine, zero, s_w, zero)
        pair = back_to_back(np.sqrt(s_w) / 2, of_fermion, azimuth, zero, zero)
        return [first, second, jet, *(boosted(one, boson) for one in pair)]

    def events(self, y: Float[Tensor, "N 6"], rng: np.random.Generator) -> PartonEvents:
        """Two partons, W, two leptons, jet."""
        chosen = drawn(self.by_flavour(y), rng)
        ids = np.array([(way.first, way.second, way.jet) for way in WAYS])[chosen]
        # Up-type quarks and down-type antiquarks make a W+: by the end of the line that comes in.
        incoming = np.where(ids[:, 0] == GLUON, ids[:, 1], ids[:, 0])
        charge = np.where(incoming % 2 == 0, 1, -1) * np.sign(incoming)
        fermion, antifermion = np.where(charge > 0, 12, 11), np.where(charge > 0, -11, -12)
        s, rapidity = y[:, :2].numpy().T
        first, second = beams(s, rapidity)
        azimuth = rng.uniform(-np.pi, np.pi, len(s))
        jet, *pair = (boosted(turned_about_beam(one, azimuth), first + second) for one in self.momenta(y)[2:])
        of_densities, of_couplings = self.scales2(y)
        lines = np.array([COLOURS[way.line] for way in WAYS])
        return PartonEvents(
            id=np.stack([*ids[:, :2].T, 24 * charge, fermion, antifermion, ids[:, 2]], axis=1),
            status=(-1, -1, 2, 1, 1, 1),
            mothers=((0, 0), (0, 0), (1, 2), (3, 3), (3, 3), (1, 2)),
            colour=lines[chosen],
            momentum=np.stack([first, second, pair[0] + pair[1], *pair, jet], axis=1),
            scale=of_densities.sqrt().numpy(),
            alpha_em=alpha_em(of_couplings).numpy(),
            alpha_s=alpha_s(of_couplings).numpy(),
        )


def amplitude2(
    a: Float[np.ndarray, "N 4"],
    b: Float[np.ndarray, "N 4"],
    gluon: Float[np.ndarray, "N 4"],
    fermion: Float[np.ndarray, "N 4"],
    antifermion: Float[np.ndarray, "N 4"],
) -> Float[np.ndarray, " N"]:
    """Of the quark line from a to b, whichever of them, and of the gluon, come in; no couplings."""
    leptons = product(b, fermion) ** 2 + product(a, antifermion) ** 2
    return 3 * leptons / (product(a, gluon) * product(b, gluon))


FIRST, SECOND, JET = 0, 1, 2
COLOURS = {
    (FIRST, SECOND, JET): [[501, 0], [0, 502], [0, 0], [0, 0], [0, 0], [501, 502]],
    (SECOND, FIRST, JET): [[0, 502], [501, 0], [0, 0], [0, 0], [0, 0], [501, 502]],
    (FIRST, JET, SECOND): [[501, 0], [502, 501], [0, 0], [0, 0], [0, 0], [502, 0]],
    (SECOND, JET, FIRST): [[502, 501], [501, 0], [0, 0], [0, 0], [0, 0], [502, 0]],
    (JET, FIRST, SECOND): [[0, 501], [501, 502], [0, 0], [0, 0], [0, 0], [0, 502]],
    (JET, SECOND, FIRST): [[501, 502], [0, 501], [0, 0], [0, 0], [0, 0], [0, 502]],
}
"""Colour and anticolour of each particle of an event: the quark's goes to the gluon, which gives it another."""


def _ways() -> list[Partons]:
    found = []
    for (up, down), strength in CKM2.items():
        for quark, other in ((up, down), (down, up)):
            found += [
                Partons(quark, -other, GLUON, (FIRST, SECOND, JET), strength),
                Partons(-other, quark, GLUON, (SECOND, FIRST, JET), strength),
                Partons(quark, GLUON, other, (FIRST, JET, SECOND), strength),
                Partons(GLUON, quark, other, (SECOND, JET, FIRST), strength),
                Partons(-quark, GLUON, -other, (JET, FIRST, SECOND), strength),
                Partons(GLUON, -quark, -other, (JET, SECOND, FIRST), strength),
            ]
    return found


WAYS = _ways()
