"""Reconstructed particles of some events: what particle-level files give, and jets are clustered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

if TYPE_CHECKING:
    import awkward as ak

__all__ = ["ParticleBatch"]

Array = np.ndarray


@dataclass(kw_only=True, eq=False)
class ParticleBatch:
    """Some consecutive events of a file, each with its particles.

    Args:
        event: [N] ids.
        particles: [N, var] records of `pt` (GeV), `eta`, `phi` (radians), float64, massless; an event may have none.
        label: [N] 1 for signal, 0 for background; None where nobody knows.
    """

    event: Int[Array, " N"]
    particles: ak.Array
    label: Int[Array, " N"] | None = None

    def __len__(self) -> int:
        return len(self.event)
