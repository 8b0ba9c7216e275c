"""All particles of both jets of each event: what a search of the full phase space looks at in place of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError
from resonaut.events.point_cloud import PointCloud

__all__ = ["DijetClouds", "join"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class DijetClouds:
    """N events of two jets each. It can be indexed by event, as an array of features can.

    Args:
        first, second: Particles (pT in GeV, eta, phi) of the harder and of the other jet.

    Raises:
        EventsError: not as many of the one as of the other.
    """

    first: PointCloud
    second: PointCloud

    def __post_init__(self) -> None:
        if len(self.first) != len(self.second):
            raise EventsError(f"{len(self.first)} first jets and {len(self.second)} second jets; give each event both")

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, rows: Bool[Array, " N"] | Int[Array, " M"] | slice) -> DijetClouds:
        """The events of a mask, an index array or a slice."""
        return DijetClouds(self.first[rows], self.second[rows])

    @property
    def jets(self) -> tuple[PointCloud, PointCloud]:
        """The first jets, the second jets."""
        return self.first, self.second

    def hardest(self, n: int) -> DijetClouds:
        """At most the n hardest particles of each jet."""
        return DijetClouds(*(jet.hardest(n) for jet in self.jets))

    @staticmethod
    def concatenate(parts: Sequence[DijetClouds]) -> DijetClouds:
        """The events of all parts, one part after the other."""
        return DijetClouds(*(PointCloud.concatenate(jets) for jets in zip(*(p.jets for p in parts), strict=True)))


def join(parts: Sequence[Float[Array, "N F"]] | Sequence[DijetClouds]) -> Float[Array, "N F"] | DijetClouds:
    """The events of all parts, whatever describes them: rows of features, or particles."""
    if isinstance(parts[0], DijetClouds):
        return DijetClouds.concatenate(parts)  # type: ignore[arg-type]
    return np.concatenate(parts)  # type: ignore[arg-type]
