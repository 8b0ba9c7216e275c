"""Azimuths."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["wrapped"]


def wrapped(phi: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
    """The same angle in [-pi, pi)."""
    return np.remainder(phi + np.pi, 2 * np.pi) - np.pi
