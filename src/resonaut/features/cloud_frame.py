"""Particles of jets as (pT, eta, phi) sets: the jets they make, their coordinates in a jet's frame, and the way back.

A generator draws particles relative to their jet, and what it draws does not sum to that jet exactly. `project` makes
the sum of momenta what it should be, in one step: rescaling all transverse momenta changes neither direction nor
rapidity, a rotation changes only azimuths, and a boost along the beam shifts the rapidities of all massless particles
and of their sum by the same amount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from resonaut.events.point_cloud import PointCloud
from resonaut.features.azimuth import wrapped

__all__ = ["Jets", "four_momenta", "from_frame", "into_frame", "jets_of", "project"]

Array = np.ndarray

_LEAST_OPENING = 1e-6
"""Two particles may be parallel."""
_MASS_STEPS, _MASS_ACCURACY = 20, 1e-4
_WHOLE_STEPS = 3
"""After so many the jets that are left are wide ones, whose mass a whole step overshoots: from then on half steps."""
_WIDEST = 3.0
"""Factor by which angles are changed at most in one step."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Jets:
    """The momenta of N jets, and how many particles each has.

    Args:
        pt, mass: GeV.
        eta, phi: Pseudorapidity; azimuth in (-pi, pi].
        n: Particles.
    """

    pt: Float[Array, " N"]
    eta: Float[Array, " N"]
    phi: Float[Array, " N"]
    mass: Float[Array, " N"]
    n: Int[Array, " N"]

    def __len__(self) -> int:
        return len(self.pt)

    def __getitem__(self, rows: Array | slice) -> Jets:
        """Some of the jets."""
        return Jets(**{name: column[rows] for name, column in vars(self).items()})

    @property
    def opening(self) -> Float[Array, " N"]:
        """Mass over pT: the scale of the angles in a jet."""
        return np.maximum(self.mass / self.pt, _LEAST_OPENING)

    @property
    def rapidity(self) -> Float[Array, " N"]:
        """True rapidities: of a jet with mass not its pseudorapidity."""
        return np.arcsinh(self.pt * np.sinh(self.eta) / np.hypot(self.pt, self.mass))


def four_momenta(particles: PointCloud) -> Float[Array, "P 4"]:
    """(px, py, pz, E) of massless particles (pT, eta, phi)."""
    pt, eta, phi = particles.points.astype(np.float64).T
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], axis=1)


def jets_of(particles: PointCloud) -> Jets:
    """The jets that massless particles (pT, eta, phi) sum to; an empty one is zero everywhere."""
    px, py, pz, e = (particles.sum(component) for component in four_momenta(particles).T)
    pt_jet = np.hypot(px, py)
    return Jets(
        pt=pt_jet,
        eta=np.arcsinh(np.divide(pz, pt_jet, out=np.zeros_like(pz), where=pt_jet > 0)),
        phi=np.arctan2(py, px),
        mass=np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0.0)),
        n=particles.counts,
    )


def into_frame(particles: PointCloud, jets: Jets, *, in_openings: bool = False) -> PointCloud:
    """(pT, eta, phi) to (log of pT over the jet's, eta and phi minus the jet's).

    Args:
        particles: Of the jets.
        jets: Their frames.
        in_openings: Angles in units of the jet's mass over pT, in which jets of all masses look alike.
    """
    pt, eta, phi = particles.points.astype(np.float64).T
    of = particles.owner
    unit = jets.opening[of] if in_openings else 1.0
    relative = np.log(pt / jets.pt[of]), (eta - jets.eta[of]) / unit, wrapped(phi - jets.phi[of]) / unit
    return PointCloud(np.stack(relative, axis=1), particles.offsets)


def from_frame(relative: PointCloud, jets: Jets, *, in_openings: bool = False, reach: float = np.inf) -> PointCloud:
    """The inverse of `into_frame`.

    Args:
        relative: Particles in their jets' frames.
        jets: The frames.
        in_openings: What the unit of the angles is.
        reach: Particles that are farther from the axis are moved towards it, to this distance.
    """
    of = relative.owner
    eta, phi = (jets.opening[of] if in_openings else 1.0) * relative.points[:, 1:].T
    distance = np.hypot(eta, phi)
    inside = np.divide(reach, distance, out=np.ones_like(distance), where=distance > reach)
    absolute = (
        np.exp(relative.points[:, 0]) * jets.pt[of],
        inside * eta + jets.eta[of],
        wrapped(inside * phi + jets.phi[of]),
    )
    return PointCloud(np.stack(absolute, axis=1), relative.offsets)


def project(particles: PointCloud, jets: Jets, *, masses: bool = False) -> PointCloud:
    """The same particles moved so that their momenta sum to the jets' pT, eta and phi; mass over pT stays as it was.

    Args:
        particles: Some of each jet.
        jets: What they shall sum to.
        masses: Draw the particles to the jet's axis or away from it until their mass is the jet's, too. A single one
            has none.
    """
    projected = _to_momenta(particles, jets)
    for step in range(_MASS_STEPS if masses else 0):
        # At small angles mass is proportional to them, and the first step is the last.
        found = jets_of(projected).mass
        factor = np.divide(jets.mass, found, out=np.ones_like(found), where=found > 1e-9 * jets.pt)
        if np.abs(factor - 1).max(initial=0.0) < _MASS_ACCURACY:
            break
        relative = into_frame(projected, jets)
        change = np.clip(factor, 1 / _WIDEST, _WIDEST) ** (1.0 if step < _WHOLE_STEPS else 0.5)
        relative.points[:, 1:] *= change[relative.owner, None]
        projected = _to_momenta(from_frame(relative, jets), jets)
    return projected


def _to_momenta(particles: PointCloud, jets: Jets) -> PointCloud:
    found = jets_of(particles)
    of = particles.owner
    scale = np.divide(jets.pt, found.pt, out=np.ones_like(found.pt), where=found.pt > 0)
    # What the rapidity must become follows from the mass that there is after scaling, and the jet's pseudorapidity.
    wanted = Jets(pt=jets.pt, eta=jets.eta, phi=jets.phi, mass=found.mass * scale, n=found.n)
    pt, eta, phi = particles.points.astype(np.float64).T
    moved = (
        pt * scale[of],
        eta + (wanted.rapidity - found.rapidity)[of],
        wrapped(phi + (jets.phi - found.phi)[of]),
    )
    return PointCloud(np.stack(moved, axis=1), particles.offsets)
