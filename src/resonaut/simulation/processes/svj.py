"""Semivisible jets: Z' -> dark quarks, which shower and hadronise in a hidden sector of their own.

Of the dark hadrons a fraction r_inv is stable and escapes, the others decay to quarks: jets with missing momentum
along them. The dark sector (two colours, two flavours) and everything that follows from its meson mass is as in the
CMS production:

    Lambda_dark = 3.2 GeV (m_dark / GeV)^0.8,  pTminFSR = 1.1 Lambda_dark,  m(dark quark) = m_dark / 2

A dark pseudoscalar decays by a mass insertion, as a pion does, at a rate proportional to the running m_q^2; a dark
vector to all flavours alike. Flavours with 2 m_q > m_dark are closed.

References:
    Cohen, Lisanti, Lou, PRL 115 (2015) 171804, arXiv:1503.00009
    Cohen, Lisanti, Lou, Mishra-Sharma, JHEP 11 (2017) 196, arXiv:1707.05326
    CMS, JHEP 06 (2022) 156, arXiv:2112.11125
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from jaxtyping import Bool

from resonaut.errors import SimulationError
from resonaut.simulation.processes.parameters import fraction, gev
from resonaut.simulation.processes.process import EventFilter, Process
from resonaut.simulation.processes.quark_masses import QUARK_MASSES, running_mass
from resonaut.simulation.processes.resonances import decays_to

__all__ = ["SVJ", "pseudoscalar_fractions", "vector_fractions"]

DARK_QUARK, ZPRIME = 4900101, 4900023
PSEUDOSCALARS, VECTORS = (4900111, 4900211), (4900113, 4900213)
STABLE = {**dict.fromkeys(PSEUDOSCALARS, 51), **dict.fromkeys(VECTORS, 53)}  # what they decay to when invisible
# The hidden valley's other particles, which carry standard model charges, are too heavy to matter.
PORTALS = (*range(4900001, 4900007), *range(4900011, 4900017))
HARD_OUTGOING = 23  # Pythia's status of what leaves the hard process


def _open_flavours(mass_dark: float) -> list[int]:
    return [quark for quark, mass in QUARK_MASSES.items() if 2 * mass < mass_dark]


def pseudoscalar_fractions(mass_dark: float) -> dict[int, float]:
    """Shares of the visible decays by quark, proportional to the running mass squared."""
    squares = {quark: running_mass(quark, mass_dark) ** 2 for quark in _open_flavours(mass_dark)}
    return {quark: square / sum(squares.values()) for quark, square in squares.items() if square}


def vector_fractions(mass_dark: float) -> dict[int, float]:
    """Shares of the visible decays by quark, the same for all."""
    flavours = sorted(_open_flavours(mass_dark))
    return {quark: 1 / len(flavours) for quark in flavours}


def _derive(parameters: Mapping[str, float]) -> dict[str, float | str]:
    mass_zprime, mass_dark, r_inv = (parameters[name] for name in ("mass_zprime", "mass_dark", "r_inv"))
    if not pseudoscalar_fractions(mass_dark):
        raise SimulationError(
            f"dark pions of {mass_dark:.6g} GeV cannot decay to c quarks, the lightest whose mass lets them; "
            f"choose mass_dark above {2 * QUARK_MASSES[4]:.6g} GeV"
        )
    decays_to(("mass_zprime", mass_zprime), ("dark hadron", mass_dark), ("dark hadron", mass_dark))
    scale = 3.2 * mass_dark**0.8
    return {
        "mass_low": mass_zprime - 1.0,
        "mass_high": mass_zprime + 1.0,
        "mass_dark_quark": mass_dark / 2,
        "lambda_dark": scale,
        "pt_min_fsr": 1.1 * scale,
        "dark_mesons": "\n".join(_dark_mesons(mass_dark, r_inv)),
        "quark_couplings": "\n".join(f"{ZPRIME}:addChannel = 1 0.003 102 {quark} -{quark}" for quark in range(1, 7)),
        "portals": "\n".join(f"{portal}:m0 = 50000" for portal in PORTALS),
    }


def _dark_mesons(mass_dark: float, r_inv: float) -> list[str]:
    """Mass and decays of each dark meson; meMode 91 hands a quark pair to the shower and hadronisation."""
    lines = []
    for meson, stable in STABLE.items():
        visible = pseudoscalar_fractions(mass_dark) if meson in PSEUDOSCALARS else vector_fractions(mass_dark)
        lines += [f"{meson}:m0 = {mass_dark}", f"{meson}:oneChannel = 1 {r_inv} 0 {stable} -{stable}"]
        lines += [
            f"{meson}:addChannel = 1 {(1 - r_inv) * share:.6g} 91 {quark} -{quark}" for quark, share in visible.items()
        ]
    return lines


def _invisible_in_pairs(particles: Any) -> Bool[np.ndarray, " N"]:
    """Dark matter is stable because of a Z2 symmetry, so that an even number of dark hadrons must be invisible.

    Each of them leaves two particles.
    """
    identifier = abs(particles.id)
    return ak.to_numpy(ak.sum((identifier == 51) | (identifier == 53), axis=1)) % 4 == 0


def _two_dark_quarks(particles: Any) -> Bool[np.ndarray, " N"]:
    outgoing = (abs(particles.id) == DARK_QUARK) & (abs(particles.status) == HARD_OUTGOING)
    n = ak.to_numpy(ak.sum(outgoing, axis=1))
    return (n >= 2) & (n % 2 == 0)


# The Z' is made by the quarks that it couples to a little; where it also decays to them, a filter takes the event out.
# Pythia from 8.309 on takes Lambda only with setLambda. The stable particles are massless and Pythia must not give them
# a Breit-Wigner shape.
SVJ = Process(
    name="svj",
    about="semivisible jets: Z' -> dark quarks, whose hadrons are visible in part",
    label=1,
    card="""
        HiddenValley:ffbar2Zv = on
        PartonLevel:MPI = off
        4900023:m0 = {mass_zprime}
        4900023:mMin = {mass_low}
        4900023:mMax = {mass_high}
        4900023:mWidth = 0.01
        4900023:oneChannel = 1 0.982 102 4900101 -4900101
        {quark_couplings}
        {portals}
        4900101:m0 = {mass_dark_quark}
        51:m0 = 0.0
        51:isResonance = false
        53:m0 = 0.0
        53:isResonance = false
        HiddenValley:Ngauge = 2
        HiddenValley:nFlav = 2
        HiddenValley:spinFv = 0
        HiddenValley:FSR = on
        HiddenValley:fragment = on
        HiddenValley:alphaOrder = 1
        HiddenValley:setLambda = on
        HiddenValley:Lambda = {lambda_dark:.6g}
        HiddenValley:pTminFSR = {pt_min_fsr:.6g}
        HiddenValley:probVector = 0.75
        {dark_mesons}
    """,
    free={
        "mass_zprime": gev(3000.0),
        "mass_dark": gev(20.0),
        "r_inv": fraction(0.3, "fraction of dark hadrons that are invisible"),
    },
    derive=_derive,
    filters=(
        EventFilter("filtered: not two dark quarks", _two_dark_quarks),
        EventFilter("filtered: odd number of invisible dark hadrons", _invisible_in_pairs),
    ),
)
