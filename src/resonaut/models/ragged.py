"""Point clouds on a device, and batches of them with little padding.

A network works on rectangles, [B, K, F] with a mask that says which points exist. A random batch of jets would be
padded to its largest, which is most of the work; here batches hold sets of similar size, and which of these sets meet
is drawn anew in every epoch. The sets stay ragged until a batch of them is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from resonaut.events.point_cloud import PointCloud

__all__ = ["Padded", "Ragged", "batch_of", "similar_batches"]

_TOGETHER = 1024
"""Batches among whose events those of similar size are looked for; more of them means less padding, less chance."""

_SHARES = torch.linspace(0.1, 0.9, 9)
"""Of a part's batches, where it may be cut in two."""


@dataclass(frozen=True)
class Padded:
    """A batch of sets as a rectangle.

    Args:
        points: Zero where there is no point.
        mask: Which points exist.
    """

    points: Float[Tensor, "B K F"]
    mask: Bool[Tensor, "B K"]


@dataclass(frozen=True)
class Ragged:
    """N sets of points as tensors.

    Args:
        points: All points, set by set, on any device.
        offsets: Where each set begins, and where the last ends; on the CPU.
    """

    points: Float[Tensor, "P F"]
    offsets: Int[Tensor, " N+1"]

    @classmethod
    def of(cls, cloud: PointCloud) -> Ragged:
        """The same sets in single precision."""
        points = torch.from_numpy(np.ascontiguousarray(cloud.points, dtype=np.float32))
        return cls(points, torch.from_numpy(np.asarray(cloud.offsets, dtype=np.int64)))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, rows: Int[Tensor, " M"]) -> Ragged:
        """Some of the sets."""
        counts = self.counts[rows]
        ends = counts.cumsum(0)
        index = torch.repeat_interleave(self.offsets[:-1][rows] - (ends - counts), counts) + torch.arange(
            int(counts.sum())
        )
        return Ragged(self.points[index.to(self.points.device)], torch.cat([ends.new_zeros(1), ends]))

    def to(self, device: torch.device) -> Ragged:
        """The same with its points on that device."""
        return Ragged(self.points.to(device), self.offsets)

    @property
    def counts(self) -> Int[Tensor, " N"]:
        """Points of each set."""
        return self.offsets.diff()

    def padded(self, rows: Int[Tensor, " B"], width: int | None = None) -> Padded:
        """Some of the sets, filled up to the largest of them, or to `width`."""
        device, counts = self.points.device, self.counts[rows]
        width = max(int(counts.max()), 1) if width is None else width
        place = torch.arange(width, device=device)
        mask = place < counts.to(device)[:, None]
        index = (self.offsets[:-1][rows].to(device)[:, None] + place).masked_fill(~mask, 0)
        if not len(self.points):
            return Padded(self.points.new_zeros(len(rows), width, self.points.shape[1]), mask)
        return Padded(self.points[index] * mask[..., None], mask)


def batch_of(data: Mapping[str, Tensor | Ragged], rows: Int[Tensor, " B"]) -> dict[str, Tensor]:
    """Some events: rows of the tensors; of a point cloud `x` the rectangle "x" and which of its points exist, "x_mask".

    Args:
        data: By name, all on one device.
        rows: On the CPU.
    """
    batch: dict[str, Tensor] = {}
    for name, column in data.items():
        if isinstance(column, Ragged):
            padded = column.padded(rows)
            batch |= {name: padded.points, f"{name}_mask": padded.mask}
        else:
            batch[name] = column[rows.to(column.device)]
    return batch


def similar_batches(
    order: Int[Tensor, " N"], sizes: Sequence[Int[Tensor, " M"]], n_batches: int
) -> list[Int[Tensor, " B"]]:
    """Cut a random order of events into batches of equal length, whose events have sets of similar sizes.

    Args:
        order: Rows, shuffled.
        sizes: Of each kind of set (one jet, or both), the sizes by row; without any, batches are cut from the order.
        n_batches: How many.
    """
    if not sizes:
        return list(order.tensor_split(n_batches))
    batches = []
    for part in _runs(n_batches):
        share = order[len(order) * part.start // n_batches : len(order) * part.stop // n_batches]
        batches += _cells(share, sizes, len(part))
    return [batches[i] for i in torch.randperm(len(batches))]


def _runs(n_batches: int) -> list[range]:
    """Numbers of batches in runs of about `_TOGETHER`."""
    edges = np.linspace(0, n_batches, -(-n_batches // _TOGETHER) + 1).astype(int)
    return [range(a, b) for a, b in pairwise(edges)]


def _cells(order: Tensor, sizes: Sequence[Tensor], n: int) -> list[Tensor]:
    """Cut in two by that size, and there, where least is padded then, and go on with both parts: n cells of a tree.

    A grid of as many cells pads nearly twice as much: it cuts where it need not, and too rarely in the long tails of
    large sets, where most of the padding is.
    """
    if n == 1:
        return [order]
    if len(sizes) == 1:
        return list(_sorted(order, sizes[0]).tensor_split(n))
    batches = torch.unique((n * _SHARES).round().long().clamp(1, n - 1))
    cuts = len(order) * batches // n  # Rounded so, all cells hold equally many events but for one.
    least, best = None, (order, 0)
    for size in sizes:
        by_size = _sorted(order, size)
        padded = torch.stack([_padded(other[by_size], cuts) for other in sizes]).sum(dim=0)
        i = int(padded.argmin())
        if least is None or padded[i] < least:
            least, best = padded[i], (by_size, i)
    order, i = best
    left, right = order.tensor_split([int(cuts[i])])
    k = int(batches[i])
    return _cells(left, sizes, k) + _cells(right, sizes, n - k)


def _sorted(order: Tensor, size: Tensor) -> Tensor:
    """Rising in size; of equal sizes the order stays: it is random."""
    return order[torch.sort(size[order], stable=True).indices]


def _padded(counts: Int[Tensor, " N"], cuts: Int[Tensor, " C"]) -> Int[Tensor, " C"]:
    """Points of both parts with the padding, were they batches, for each place to cut."""
    largest_before = counts.cummax(0).values[cuts - 1]
    largest_after = counts.flip(0).cummax(0).values.flip(0)[cuts]
    return cuts * largest_before + (len(counts) - cuts) * largest_after
