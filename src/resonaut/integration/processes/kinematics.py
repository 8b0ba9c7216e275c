"""Decays in two and boosts, for many events at once; momenta are px, py, pz, e in GeV."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["back_to_back", "beams", "boosted", "momentum_in_decay"]

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
