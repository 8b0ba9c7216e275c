"""Integrals of one map by stratified sampling: the latent cube is cut into equal cells, each of which gets its points.

Importance sampling flattens the integrand, stratification removes what is left of its slow changes; the two multiply. A
learned map is flat but for a few thin places: cells that prove to be uneven in a first look get more points, as in
VEGAS+, each in proportion to a power of its deviation.

Points come piece by piece, cell after cell, so that any number of them needs the memory of a piece.

References:
    Lepage (VEGAS+), J. Comput. Phys. 439 (2021) 110386, arXiv:2009.05112, section 3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Strata", "WeightsByCell", "generator"]

_LEAST = 2
"""Points of a cell, so that it has a variance."""
_MOST_CELLS = 2**20
_PIECE = 65_536
_DAMPING = 0.75
"""Power of the deviation that points go by: less than Neyman's 1, as a few points do not tell a deviation well."""


@dataclass(frozen=True)
class Strata:
    """A cube of equal cells.

    Args:
        dimensions: Of the cube.
        side: Cells along each axis.
    """

    dimensions: int
    side: int

    @classmethod
    def for_points(cls, dimensions: int, n: int) -> Strata:
        """As many cells as n points can fill with `_LEAST` each, but no more than memory allows."""
        most = min(max(1, n // _LEAST), _MOST_CELLS)
        side = max(1, round(most ** (1 / dimensions)))
        return cls(dimensions, side if side**dimensions <= most else side - 1)

    @property
    def n_cells(self) -> int:
        """Cells altogether."""
        return int(self.side**self.dimensions)

    def counts(self, n: int, deviation: Float[Tensor, " H"] | None = None) -> Int[Tensor, " H"]:
        """How many of n points each cell gets: the same number, or more where the deviation is larger."""
        share = torch.ones(self.n_cells, dtype=torch.float64)
        if deviation is not None and bool(deviation.any()):
            share = deviation**_DAMPING
        rest = max(0, n - _LEAST * self.n_cells)
        ends = (share.cumsum(0) / share.sum() * rest).round().long()
        return _LEAST + ends.diff(prepend=ends.new_zeros(1))

    def pieces(self, counts: Int[Tensor, " H"]) -> Iterator[Int[Tensor, " n"]]:
        """The cell of each point, ascending, some ten thousand points at a time."""
        ends = counts.cumsum(0)
        n = int(ends[-1])
        for first in range(0, n, _PIECE):
            yield torch.searchsorted(ends, torch.arange(first, min(first + _PIECE, n)), right=True)

    def place(self, cell: Int[Tensor, " N"], random: torch.Generator) -> Float[Tensor, "N D"]:
        """A random point in each cell named."""
        where = torch.stack([cell // self.side**d % self.side for d in range(self.dimensions)], dim=1)
        return (where + torch.rand(len(cell), self.dimensions, generator=random, dtype=torch.float64)) / self.side


class WeightsByCell:
    """What the weights of each cell add up to."""

    def __init__(self, strata: Strata) -> None:
        self._count, self._sum, self._square = torch.zeros(3, strata.n_cells, dtype=torch.float64)

    def add(self, cell: Int[Tensor, " N"], weight: Float[Tensor, " N"]) -> None:
        """The weights of a piece."""
        self._count.index_add_(0, cell, torch.ones_like(weight))
        self._sum.index_add_(0, cell, weight)
        self._square.index_add_(0, cell, weight**2)

    @property
    def n(self) -> int:
        """Points so far."""
        return int(self._count.sum())

    @property
    def mean(self) -> float:
        """The estimate: the mean over all cells, whatever the points in each."""
        return float((self._sum / self._count).mean())

    @property
    def variance(self) -> float:
        """Of the estimate."""
        return float((self.deviations**2 / self._count).sum()) / len(self._count) ** 2

    @property
    def deviations(self) -> Float[Tensor, " H"]:
        """Of the weights within each cell."""
        scatter = (self._square - self._sum**2 / self._count).clamp(min=0.0)
        return (scatter / (self._count - 1)).sqrt()

    @property
    def deviation(self) -> float:
        """Of all weights, as if the points were independent; for cells with equal numbers of points."""
        mean = self._sum.sum() / self.n
        return float(np.sqrt(max(float(self._square.sum() / self.n - mean**2), 0.0) * self.n / (self.n - 1)))


def generator(*key: int) -> torch.Generator:
    """Random numbers of their own for each stage, group and piece of a calculation."""
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> 1))
