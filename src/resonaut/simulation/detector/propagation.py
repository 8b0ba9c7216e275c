"""The way of a particle from where it is produced to the calorimeter's face, in a solenoid field.

Neutral particles fly straight, charged ones on a helix around the beam direction; both leave the tracker's cylinder
through its side or an end. In 3.8 T a charged particle below 0.74 GeV of transverse momentum turns before it reaches
1.29 m and leaves through an end instead.

References:
    de Favereau et al. (DELPHES 3), JHEP 02 (2014) 057, arXiv:1307.6346, section 3.1
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

__all__ = ["Cylinder", "Impact"]

_GEV_PER_TESLA_METRE = 0.299792458
_Array = Float[np.ndarray, " N"]


@dataclass(frozen=True)
class Impact:
    """Where particles meet the calorimeter, and the direction they are measured with.

    Args:
        eta: Pseudorapidity of the point of impact.
        phi: Azimuth of the point of impact (radians).
        track_phi: Azimuth of the momentum at the point closest to the beam: what a tracker reports.
        reached: False for particles produced beyond the cylinder, or without a way out of it.
    """

    eta: _Array
    phi: _Array
    track_phi: _Array
    reached: Bool[np.ndarray, " N"]


@dataclass(frozen=True)
class Cylinder:
    """A tracker's volume in a field along the beam.

    Args:
        radius: Transverse radius (m).
        half_length: Half of the length along the beam (m).
        field: Magnetic field (T).
    """

    radius: float
    half_length: float
    field: float

    def propagate(
        self, px: _Array, py: _Array, pz: _Array, charge: _Array, vertex: tuple[_Array, _Array, _Array]
    ) -> Impact:
        """Follow particles (momenta in GeV, vertex in m) to the cylinder's surface."""
        pt, phi = np.hypot(px, py), np.arctan2(py, px)
        inside = (np.hypot(*vertex[:2]) < self.radius) & (np.abs(vertex[2]) < self.half_length)
        inside &= pt > 3e-5  # along the beam pipe there is nothing to hit
        impact = Impact(np.zeros_like(pt), np.zeros_like(pt), phi.copy(), np.zeros(len(pt), dtype=bool))
        for chosen, follow in ((inside & (charge == 0), self._line), (inside & (charge != 0), self._helix)):
            x, y, z = (component[chosen] for component in vertex)
            with np.errstate(all="ignore"):
                slope = pz[chosen] / pt[chosen]
                # Lengths are measured in the transverse plane; at slope 0 the end is infinitely far.
                to_end = (np.copysign(self.half_length, slope) - z) / slope
                path, x, y, impact.track_phi[chosen] = follow(x, y, phi[chosen], pt[chosen], charge[chosen], to_end)
                impact.eta[chosen] = np.arcsinh((z + path * slope) / np.hypot(x, y))
                impact.phi[chosen] = np.arctan2(y, x)
        impact.reached[:] = inside & np.isfinite(impact.eta) & np.isfinite(impact.phi)
        return impact

    def _line(
        self, x: _Array, y: _Array, phi: _Array, pt: _Array, charge: _Array, to_end: _Array
    ) -> tuple[_Array, _Array, _Array, _Array]:
        """Path length, end point (x, y) and measured azimuth of a straight flight."""
        cos, sin = np.cos(phi), np.sin(phi)
        along = x * cos + y * sin
        to_side = np.sqrt(along**2 + self.radius**2 - x**2 - y**2) - along
        path = np.minimum(to_side, to_end)
        return path, x + path * cos, y + path * sin, phi

    def _helix(
        self, x: _Array, y: _Array, phi: _Array, pt: _Array, charge: _Array, to_end: _Array
    ) -> tuple[_Array, _Array, _Array, _Array]:
        """The same on a circle in the transverse plane, of signed radius r and centre (x_c, y_c)."""
        r = pt / (_GEV_PER_TESLA_METRE * self.field * charge)
        x_c, y_c = x + r * np.sin(phi), y - r * np.cos(phi)
        d = np.hypot(x_c, y_c)
        # |position|^2 = d^2 + r^2 + 2 r d sin(phi_c - phi) equals radius^2 at two azimuths phi, if it does at all: the
        # arcsine of a looper is NaN.
        first = np.arcsin((self.radius**2 - d**2 - r**2) / (2 * r * d))
        side = np.sign(charge)
        now = np.arctan2(y_c, x_c) - phi
        turn = np.fmin(_to_one_turn(side * (first - now)), _to_one_turn(side * (np.pi - first - now)))
        path = np.fmin(turn * np.abs(r), to_end)
        phi_out = phi - path / r
        perigee = np.arctan2(side * x_c, -side * y_c)
        return path, x_c - r * np.sin(phi_out), y_c + r * np.cos(phi_out), perigee


def _to_one_turn(angle: _Array) -> _Array:
    """The same angle in [0, 2 pi)."""
    return angle - 2 * np.pi * np.floor(angle / (2 * np.pi))
