"""Two jets of a given dijet mass as independent numbers: what a density of jets should be asked to learn.

Of the ten numbers (pT, eta, phi, m, N) x 2 one follows from the others, because the dijet mass is given; one is an
arbitrary azimuth, and the two directions of the beam are alike. What is left are eight numbers without a constraint
among them. The selection on the leading jet, a cut through the space of all of them, is here the edge of one: the
rapidity difference, in units of the largest that the mass and the cut leave room for.

Back in the jets' own variables the dijet mass is exact and no jet lies below the cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from resonaut.features.azimuth import wrapped
from resonaut.features.cloud_frame import Jets

__all__ = ["DijetCoordinates"]

Array = np.ndarray


@dataclass(frozen=True)
class DijetCoordinates:
    """Maps two jets of given mass to eight numbers and back.

    The columns: difference of rapidities over its largest possible value; log pT2/pT1; log m1/pT1; log m2/pT2; azimuth
    by which the jets miss being back to back; mean rapidity, positive on the first jet's side; N1; N2.

    Args:
        leading_pt: The first jet's pT is at least this (GeV).
    """

    leading_pt: float

    def forward(
        self, first: Jets, second: Jets, mass: Float[Array, " N"], rng: np.random.Generator
    ) -> Float[Array, "N 8"]:
        """Eight numbers of each event; N becomes continuous by up to half a particle, which the way back undoes."""
        y1, y2 = first.rapidity, second.rapidity
        ratio = second.pt / first.pt
        # Two particles in one direction have no mass but for rounding, and zero has no logarithm.
        m1, m2 = (np.maximum(jet.mass / jet.pt, 1e-4) for jet in (first, second))
        miss = np.remainder(first.phi - second.phi, 2 * np.pi) - np.pi
        side = np.where(y1 >= y2, 1.0, -1.0)
        largest = np.arccosh(np.maximum(self._cosh_difference(mass / self.leading_pt, ratio, m1, m2, miss), 1.0))
        part = np.divide(np.abs(y1 - y2), largest, out=np.ones_like(largest), where=largest > 0)
        numbers = [jet.n + rng.uniform(-0.5, 0.5, len(jet)) for jet in (first, second)]
        columns = (np.minimum(part, 1.0), np.log(ratio), np.log(m1), np.log(m2), miss, side * (y1 + y2) / 2, *numbers)
        return np.stack(columns, axis=1)

    def inverse(
        self, z: Float[Array, "N 8"], mass: Float[Array, " N"], rng: np.random.Generator
    ) -> tuple[Jets, Jets, Bool[Array, " N"]]:
        """Both jets, at a random azimuth and side, and which of them are possible at all."""
        part, log_ratio, log_m1, log_m2, miss, mean, n1, n2 = z.T
        ratio, m1, m2 = np.exp(log_ratio), np.exp(log_m1), np.exp(log_m2)
        most = self._cosh_difference(mass / self.leading_pt, ratio, m1, m2, miss)
        possible = (most >= 1) & (part >= 0) & (part <= 1) & (ratio <= 1) & (np.abs(miss) <= np.pi)
        difference = part * np.arccosh(np.maximum(most, 1.0))
        pt = mass / np.sqrt(_squared_mass(np.cosh(difference), ratio, m1, m2, miss))
        side = rng.choice([-1.0, 1.0], len(z))
        phi = rng.uniform(-np.pi, np.pi, len(z))
        first, second = (
            Jets(
                pt=pt_jet,
                eta=np.arcsinh(np.sinh(side * (mean + half)) * np.hypot(1, m)),
                phi=wrapped(azimuth),
                mass=m * pt_jet,
                n=np.maximum(np.rint(n), 2).astype(np.int64),
            )
            for pt_jet, half, m, azimuth, n in (
                (pt, difference / 2, m1, phi, n1),
                (ratio * pt, -difference / 2, m2, phi - miss - np.pi, n2),
            )
        )
        return first, second, possible

    @staticmethod
    def _cosh_difference(mass_over_pt: Array, ratio: Array, m1: Array, m2: Array, miss: Array) -> Array:
        """The hyperbolic cosine of the rapidity difference at a dijet mass in units of the first jet's pT."""
        rest = m1**2 + (ratio * m2) ** 2 + 2 * ratio * np.cos(miss)
        return (mass_over_pt**2 - rest) / (2 * ratio * np.hypot(1, m1) * np.hypot(1, m2))


def _squared_mass(cosh_difference: Array, ratio: Array, m1: Array, m2: Array, miss: Array) -> Array:
    """Of both jets together, in units of the first one's pT."""
    transverse = np.hypot(1, m1) * ratio * np.hypot(1, m2) * cosh_difference + ratio * np.cos(miss)
    return m1**2 + (ratio * m2) ** 2 + 2 * transverse
