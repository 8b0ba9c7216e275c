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
from scipy.optimize import elementwise

from resonaut.events.point_cloud import PointCloud
from resonaut.features.azimuth import wrapped

__all__ = ["Jets", "four_momenta", "from_frame", "into_frame", "jets_of", "project"]

Array = np.ndarray

_LEAST_OPENING = 1e-6
"""Two particles may be parallel."""
_MASS_ACCURACY = 1e-6
_FARTHEST = 5.0
"""From the axis, where particles are moved to for their jet's mass: what is farther is no jet."""


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
        reach: Particles that are farther from the axis are mirrored at the circle of this radius, to its square over
            their distance: what is a little too far out comes to lie as far inside.
    """
    of = relative.owner
    eta, phi = (jets.opening[of] if in_openings else 1.0) * relative.points[:, 1:].T
    distance = np.hypot(eta, phi)
    inside = np.divide(reach, distance, out=np.ones_like(distance), where=distance > reach) ** 2
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
        masses: Draw the particles to the jet's axis or away from it until their mass is the jet's, too. Where no angle
            gives it (of a single particle, or beside one that has nearly all of the pT) they stay.
    """
    projected = _to_momenta(particles, jets)
    if not masses:
        return projected
    relative = into_frame(projected, jets)
    relative.points[:, 1:] *= _scale_of_angles(relative, jets)[relative.owner, None]
    # Mass over pT does not depend on the axis, which wide angles move: it is put right afterwards.
    return _to_momenta(from_frame(relative, jets), jets)


def _scale_of_angles(relative: PointCloud, jets: Jets) -> Float[Array, " N"]:
    """By what the angles of each jet's particles have to be multiplied for its mass; 1 where nothing would do."""

    def excess(scale: Float[Array, " M"], jet: Int[Array, " M"]) -> Float[Array, " M"]:
        these = relative[jet]
        log_pt, eta, phi = these.points.T
        angles = scale[these.owner]
        scaled = PointCloud(np.stack([np.exp(log_pt), angles * eta, angles * phi], axis=1), these.offsets)
        found = jets_of(scaled)
        return np.asarray(found.mass / found.pt - wanted[jet])

    wanted = jets.mass / jets.pt
    scale = np.ones(len(jets))
    found = excess(scale, np.arange(len(jets))) + wanted
    widest = np.full(len(jets), _LEAST_OPENING)
    np.maximum.at(widest, relative.owner, np.hypot(*relative.points[:, 1:].T))
    jet = np.flatnonzero((found > 1e-9) & (wanted > 0))
    limit = _FARTHEST / widest[jet]
    # At small angles mass is proportional to them, so that the first guess is nearly right.
    guess = np.minimum(wanted[jet] / found[jet], 0.9 * limit)
    around = elementwise.bracket_root(excess, 0.9 * guess, 1.1 * guess, xmin=0.0, xmax=limit, args=(jet,), maxiter=10)
    jet, low, high = (values[around.success] for values in (jet, *around.bracket))
    scale[jet] = elementwise.find_root(excess, (low, high), args=(jet,), tolerances={"xrtol": _MASS_ACCURACY}).x
    return scale


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
