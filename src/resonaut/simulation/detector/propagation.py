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
        x, y, z = vertex
        pt = np.hypot(px, py)
        phi0 = np.arctan2(py, px)
        moving = pt > 3e-5  # along the beam pipe there is nothing to hit
        inside = (np.hypot(x, y) < self.radius) & (np.abs(z) < self.half_length) & moving
        with np.errstate(all="ignore"):
            # Way to the end in units of transverse path length; infinite at pz = 0.
            to_end = (np.copysign(self.half_length, pz) - z) * pt / pz
            straight = _line_exit(x, y, np.cos(phi0), np.sin(phi0), self.radius)
            curved, (x_c, y_c, turning_radius) = self._helix_exit(x, y, phi0, pt, charge)
            charged = charge != 0
            path = np.minimum(np.where(charged, curved, straight), np.where(pz == 0, np.inf, to_end))
            phi_exit = phi0 - path / turning_radius  # for neutrals unused
            x_out = np.where(charged, x_c - turning_radius * np.sin(phi_exit), x + path * np.cos(phi0))
            y_out = np.where(charged, y_c + turning_radius * np.cos(phi_exit), y + path * np.sin(phi0))
            z_out = z + path * pz / pt
            eta = np.arcsinh(z_out / np.hypot(x_out, y_out))
            side = np.sign(turning_radius)
            perigee_phi = np.arctan2(side * x_c, -side * y_c)
        reached = inside & np.isfinite(path) & np.isfinite(eta)
        return Impact(
            eta=np.where(reached, eta, 0.0),
            phi=np.where(reached, np.arctan2(y_out, x_out), 0.0),
            track_phi=np.where(charged & reached, perigee_phi, phi0),
            reached=reached,
        )

    def _helix_exit(
        self, x: _Array, y: _Array, phi0: _Array, pt: _Array, charge: _Array
    ) -> tuple[_Array, tuple[_Array, _Array, _Array]]:
        """Transverse path length to the side (infinite for loopers), and the circle: its centre and signed radius."""
        turning_radius = pt / (_GEV_PER_TESLA_METRE * self.field * charge)
        x_c = x + turning_radius * np.sin(phi0)
        y_c = y - turning_radius * np.cos(phi0)
        distance = np.hypot(x_c, y_c)
        # On the circle |position|^2 = d^2 + R^2 + 2 R d sin(phi_c - phi), so the exit is where this sine is:
        sine = (self.radius**2 - distance**2 - turning_radius**2) / (2 * turning_radius * distance)
        start = np.arctan2(y_c, x_c) - phi0
        exits = np.arcsin(sine), np.pi - np.arcsin(sine)  # NaN for loopers
        turn = np.minimum(*(np.mod(np.sign(charge) * (angle - start), 2 * np.pi) for angle in exits))
        return np.where(np.isnan(turn), np.inf, turn * np.abs(turning_radius)), (x_c, y_c, turning_radius)


def _line_exit(x: _Array, y: _Array, cos_phi: _Array, sin_phi: _Array, radius: float) -> _Array:
    """Distance from (x, y) inside a circle to its edge, in the direction phi."""
    along = x * cos_phi + y * sin_phi
    return np.sqrt(along**2 + radius**2 - x**2 - y**2) - along
