"""Decays in two and boosts, for many events at once; momenta are px, py, pz, e in GeV."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["back_to_back", "beams", "boosted", "momentum_in_decay", "product", "turned", "turned_about_beam"]

Row = Float[np.ndarray, " N"]
Momenta = Float[np.ndarray, "N 4"]


def momentum_in_decay(mass2: Row, first2: Row, second2: Row) -> Row:
    """Of either of two particles of these squared masses, in the frame of their parent."""
    kallen = (mass2 - first2 - second2) ** 2 - 4 * first2 * second2
    return np.sqrt(np.maximum(kallen, 0.0) / (4 * mass2))


def beams(mass2: Row, rapidity: Row) -> tuple[Momenta, Momenta]:
    """The massless partons that make a system of that squared mass and rapidity."""
    half = 0.5 * np.sqrt(mass2)
    up, down, zero = half * np.exp(rapidity), half * np.exp(-rapidity), np.zeros_like(half)
    return np.stack([zero, zero, up, up], axis=1), np.stack([zero, zero, -down, down], axis=1)


def back_to_back(momentum: Row, cosine: Row, azimuth: Row, first2: Row, second2: Row) -> tuple[Momenta, Momenta]:
    """Two particles that fly apart, the first in the direction given."""
    sine = np.sqrt(1 - cosine**2)
    p = momentum[:, None] * np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine], axis=1)
    energies = (np.sqrt(square + momentum**2)[:, None] for square in (first2, second2))
    first, second = energies
    return np.concatenate([p, first], axis=1), np.concatenate([-p, second], axis=1)


def boosted(particle: Momenta, parent: Momenta) -> Momenta:
    """From the parent's rest frame, whose axes are the laboratory's, to where it has that momentum."""
    mass = np.sqrt(np.maximum(parent[:, 3] ** 2 - (parent[:, :3] ** 2).sum(axis=1), 1e-12))
    along = (parent[:, :3] * particle[:, :3]).sum(axis=1)
    energy = (parent[:, 3] * particle[:, 3] + along) / mass
    factor = (along / (parent[:, 3] + mass) + particle[:, 3]) / mass
    return np.concatenate([particle[:, :3] + factor[:, None] * parent[:, :3], energy[:, None]], axis=1)


def product(first: Momenta, second: Momenta) -> Row:
    """Twice the four-momenta's product: the squared mass of two massless particles."""
    return 2 * (first[:, 3] * second[:, 3] - (first[:, :3] * second[:, :3]).sum(axis=1))


def turned_about_beam(particle: Momenta, azimuth: Row) -> Momenta:
    """By an angle about the beam."""
    px, py, pz, e = particle.T
    sine, cosine = np.sin(azimuth), np.cos(azimuth)
    return np.stack([cosine * px - sine * py, sine * px + cosine * py, pz, e], axis=1)


def turned(particle: Momenta, axis: Momenta) -> Momenta:
    """Turned so that what pointed along z points along the axis."""
    z = axis[:, :3] / np.linalg.norm(axis[:, :3], axis=1, keepdims=True)
    # Any direction across will do, as azimuths are uniform; not the one that z may be close to.
    across = np.where(np.abs(z[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    x = np.cross(across, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    frame = np.stack([x, np.cross(z, x), z], axis=2)
    return np.concatenate([np.einsum("nij,nj->ni", frame, particle[:, :3]), particle[:, 3:]], axis=1)
