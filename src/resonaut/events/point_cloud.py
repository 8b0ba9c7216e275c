"""Sets of points of different sizes, without padding: the particles of many jets, one after the other.

Row p of `points` is one point; set i has the rows offsets[i] to offsets[i + 1]. A set may be empty, and the order of
the points in it means nothing. Networks want rectangles: `resonaut.models.ragged` makes them, a batch at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError

__all__ = ["PointCloud"]

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class PointCloud:
    """N sets of points with F coordinates each.

    Args:
        points: All points, set by set.
        offsets: Where each set begins, and where the last one ends.

    Raises:
        EventsError: offsets that do not fit the points.
    """

    points: Float[Array, "P F"]
    offsets: Int[Array, " N+1"]

    def __post_init__(self) -> None:
        start_and_end = (int(self.offsets[0]), int(self.offsets[-1])) if len(self.offsets) else ()
        if start_and_end != (0, len(self.points)) or (np.diff(self.offsets) < 0).any():
            raise EventsError(
                f"offsets of a point cloud run from {start_and_end} for {len(self.points)} points; they must rise "
                "from 0 to the number of points"
            )

    @classmethod
    def of_counts(cls, points: Float[Array, "P F"], counts: Int[Array, " N"]) -> PointCloud:
        """From the number of points in each set."""
        return cls(points, np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]))

    @staticmethod
    def concatenate(parts: Sequence[PointCloud]) -> PointCloud:
        """The sets of all parts, one part after the other."""
        points = np.concatenate([part.points for part in parts])
        return PointCloud.of_counts(points, np.concatenate([part.counts for part in parts]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, rows: Bool[Array, " N"] | Int[Array, " M"] | slice) -> PointCloud:
        """The sets of a mask, an index array or a slice."""
        chosen = np.arange(len(self))[rows]
        counts = self.counts[chosen]
        first = np.cumsum(counts) - counts
        index = np.repeat(self.offsets[:-1][chosen] - first, counts) + np.arange(counts.sum())
        return PointCloud.of_counts(self.points[index], counts)

    @property
    def counts(self) -> Int[Array, " N"]:
        """Points of each set."""
        return np.diff(self.offsets)

    @property
    def owner(self) -> Int[Array, " P"]:
        """The set that each point belongs to."""
        return np.repeat(np.arange(len(self)), self.counts)

    def sum(self, values: Float[Array, " P"]) -> Float[Array, " N"]:
        """Sums of the points' values over each set."""
        # astype: of no values at all bincount makes integers.
        return np.bincount(self.owner, weights=values, minlength=len(self)).astype(np.float64)

    def hardest(self, n: int, *, by: int = 0) -> PointCloud:
        """At most the n points of each set that have the largest coordinate `by`."""
        order = np.lexsort((-self.points[:, by], self.owner))
        rank = np.arange(len(order)) - np.repeat(self.offsets[:-1], self.counts)
        return PointCloud.of_counts(self.points[order[rank < n]], np.minimum(self.counts, n))
