"""Many jets as flat arrays: the form that compiled loops over particles take.

A particle without transverse momentum carries nothing that jet substructure looks at and has no direction there: it is
left out. A jet may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import awkward as ak
import numpy as np
from jaxtyping import Float, Int

from resonaut.errors import EventsError

__all__ = ["FlatJets"]


@dataclass(frozen=True)
class FlatJets:
    """The particles of J jets one after the other.

    Args:
        momenta: (px, py, pz, E) of all particles, GeV.
        offsets: Jet j has the particles offsets[j] to offsets[j + 1].
    """

    momenta: Float[np.ndarray, "P 4"]
    offsets: Int[np.ndarray, " J+1"]

    @classmethod
    def of(cls, jets: ak.Array) -> FlatJets:
        """From lists of records px, py, pz, e, one jet a row.

        Raises:
            EventsError: a particle that is NaN or infinite.
        """
        counts = ak.to_numpy(ak.num(jets, axis=1))
        flat = ak.flatten(jets, axis=1)
        momenta = np.stack([ak.to_numpy(flat[name]).astype(np.float64) for name in ("px", "py", "pz", "e")], axis=1)
        if bad := int((~np.isfinite(momenta).all(axis=1)).sum()):
            raise EventsError(f"{bad} particles of jets are NaN or infinite; leave these events out first")
        hard = np.hypot(momenta[:, 0], momenta[:, 1]) > 0
        before = np.concatenate([[0], np.cumsum(hard)])  # particles kept before each place
        return cls(np.ascontiguousarray(momenta[hard]), before[np.concatenate([[0], np.cumsum(counts)])])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def counts(self) -> Int[np.ndarray, " J"]:
        """Particles of each jet."""
        return np.diff(self.offsets)

    @property
    def pt(self) -> Float[np.ndarray, " P"]:
        """Transverse momenta (GeV)."""
        return np.hypot(self.momenta[:, 0], self.momenta[:, 1])

    def sum(self, values: Float[np.ndarray, " P"]) -> Float[np.ndarray, " J"]:
        """Sums of the particles' values over each jet."""
        return np.bincount(np.repeat(np.arange(len(self)), self.counts), weights=values, minlength=len(self))
