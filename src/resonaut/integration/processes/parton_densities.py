"""The proton's partons and the couplings, as Pythia has them: its own NNPDF2.3 LO, put on a grid once.

What is integrated here and simulated there are then the same thing.

References:
    NNPDF, Nucl. Phys. B877 (2013) 290, arXiv:1308.0598; Sjöstrand et al. (Pythia), arXiv:2203.11601
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from jaxtyping import Float
from scipy.interpolate import RectBivariateSpline
from torch import Tensor

from resonaut.simulation.pythia import new_pythia

__all__ = ["FLAVOURS", "PartonDensities", "alpha_em", "alpha_s", "fractions", "parton_densities"]

FLAVOURS = (21, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5)
_ALPHA_EM_MZ, _MZ2 = 0.00781751, 91.1876**2
_ALPHA_S_MZ = 0.13  # Pythia's default of hard processes, at one loop
_TOP2 = 171.0**2


class PartonDensities:
    """x f(x, Q2) by cubic interpolation, of everything that is in a proton."""

    def __init__(self) -> None:
        pdf = new_pythia().getPDFPtr(2212)
        # Dense where the densities bend: towards x = 1, linearly; below, by powers.
        x = np.concatenate([np.geomspace(1e-7, 0.1, 90, endpoint=False), np.linspace(0.1, 1.0, 120)])
        q2 = np.geomspace(4.0, 1e8, 32)
        self._splines = {}
        for flavour in FLAVOURS:
            values = np.array([[pdf.xf(flavour, float(one), float(scale)) for scale in q2] for one in x])
            self._splines[flavour] = RectBivariateSpline(np.log(x), np.log(q2), values)

    def __call__(self, flavour: int, x: Float[Tensor, " N"], q2: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """X f(x, Q2), never negative."""
        values = self._splines[flavour].ev(x.log().numpy(), q2.log().numpy())
        return torch.as_tensor(np.maximum(values, 0.0))


@functools.cache
def parton_densities() -> PartonDensities:
    """The grid, made when it is first asked for, in about a second."""
    return PartonDensities()


def fractions(
    s: Float[Tensor, " N"], rapidity: Float[Tensor, " N"], energy: float
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Of the protons' momenta, which both partons carry that make a system of that squared mass and rapidity."""
    root = s.sqrt() / energy
    return (root * torch.exp(rapidity)).clamp(max=1.0), (root * torch.exp(-rapidity)).clamp(max=1.0)


def alpha_em(q2: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The electromagnetic coupling above the b quark's mass, at one loop as in Pythia (`AlphaEM`)."""
    return _ALPHA_EM_MZ / (1 - _ALPHA_EM_MZ * 0.725 * torch.log(q2 / _MZ2))


def alpha_s(q2: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The strong coupling above the b quark's mass, at one loop: five flavours, six above the top quark's."""

    def inverse(start: Tensor | float, low: float, high: Tensor, flavours: int) -> Tensor:
        return start + (33 - 2 * flavours) / (12 * math.pi) * torch.log(high / low)

    at_top = inverse(1 / _ALPHA_S_MZ, _MZ2, torch.tensor(_TOP2, dtype=torch.float64), 5)
    five, six = inverse(1 / _ALPHA_S_MZ, _MZ2, q2, 5), inverse(at_top, _TOP2, q2, 6)
    return 1 / torch.where(q2 < _TOP2, five, six)
