"""Masses, widths and couplings of W and Z, as Pythia has them, so that cross-sections can be held against its own.

Widths are those that Pythia derives from the couplings: 0.4 % above the measured ones, and a cross-section on the peak
goes as their inverse.
"""

from __future__ import annotations

import math

import torch

from resonaut.integration.processes.parton_densities import alpha_em

__all__ = [
    "CKM2",
    "SIN2",
    "SIN2_EFFECTIVE",
    "W_MASS",
    "W_WIDTH",
    "Z_MASS",
    "Z_WIDTH",
    "couplings",
    "w_to_leptons",
]

SIN2 = 0.2312
SIN2_EFFECTIVE = 0.2315
"""In vector couplings."""
Z_MASS, Z_WIDTH = 91.1876, 2.5042
W_MASS, W_WIDTH = 80.385, 2.0923
CKM2 = {
    (2, 1): 0.97383**2, (2, 3): 0.2272**2, (2, 5): 0.00396**2,
    (4, 1): 0.2271**2, (4, 3): 0.97296**2, (4, 5): 0.04221**2,
}  # fmt: skip
"""Of an up-type and a down-type quark."""


def couplings(fermion: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Charge and Z coupling of the left- and right-handed fermion, in units of e."""
    charge, isospin = {11: (-1.0, -0.5)}.get(fermion, (2 / 3, 0.5) if fermion % 2 == 0 else (-1 / 3, -0.5))
    scale = math.sqrt(SIN2 * (1 - SIN2))
    return (charge, (isospin - charge * SIN2_EFFECTIVE) / scale), (charge, -charge * SIN2_EFFECTIVE / scale)


def w_to_leptons() -> float:
    """Width of a W to one kind of lepton and its neutrino, GeV."""
    return float(alpha_em(torch.tensor(W_MASS**2, dtype=torch.float64))) * W_MASS / (12 * SIN2)
