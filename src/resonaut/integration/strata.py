"""Integrals of one map by stratified sampling: the latent cube is cut into equal cells, each of which gets its points.

Importance sampling flattens the integrand, stratification removes what is left of its slow changes; the two multiply.
Cells come in order and in pieces, so that any number of points needs the memory of a piece.

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

__all__ = ["MeanOfStrata", "Strata", "generator"]

_POINTS_A_CELL = 4
_PIECE = 65_536


@dataclass(frozen=True)
class Strata:
    """A cube of cells for n points, four a cell or a few more.

    Args:
        dimensions: Of the cube.
        n: Points altogether.
    """

    dimensions: int
    n: int

    @property
    def side(self) -> int:
        """Cells along each axis."""
        side = max(1, round((self.n / _POINTS_A_CELL) ** (1 / self.dimensions)))
        return side if self.n >= 2 * side**self.dimensions else max(1, side - 1)

    @property
    def n_cells(self) -> int:
        """Cells altogether."""
        return self.side**self.dimensions

    def pieces(self) -> Iterator[Int[Tensor, " n"]]:
        """The cell of each point, ascending, about 65,000 points at a time."""
        if self.n_cells == 1:
            yield from (torch.zeros(min(_PIECE, self.n - i), dtype=torch.int64) for i in range(0, self.n, _PIECE))
            return
        step = max(1, _PIECE * self.n_cells // self.n)
        for first in range(0, self.n_cells, step):
            cells = torch.arange(first, min(first + step, self.n_cells))
            # Numbers of points that differ by at most one, whatever the number of cells.
            counts = (cells + 1) * self.n // self.n_cells - cells * self.n // self.n_cells
            yield cells.repeat_interleave(counts)

    def place(self, cell: Int[Tensor, " N"], random: torch.Generator) -> Float[Tensor, "N D"]:
        """A random point in each cell named."""
        where = torch.stack([cell // self.side**d % self.side for d in range(self.dimensions)], dim=1)
        return (where + torch.rand(len(cell), self.dimensions, generator=random, dtype=torch.float64)) / self.side


class MeanOfStrata:
    """The mean over all cells and its error, from points that come piece by piece.

    Whole cells come in one piece, unless there is one only.
    """

    def __init__(self, strata: Strata) -> None:
        self._strata = strata
        self._n = 0
        self._sum = self._square = self._means = self._variances = 0.0

    def add(self, cell: Int[Tensor, " N"], weight: Float[Tensor, " N"]) -> None:
        """The weights of a piece."""
        self._n += len(weight)
        self._sum += float(weight.sum())
        self._square += float((weight**2).sum())
        if self._strata.n_cells > 1:
            number = cell - cell[0]
            count = torch.bincount(number).double()
            mean = torch.bincount(number, weights=weight) / count
            scatter = torch.bincount(number, weights=(weight - mean[number]) ** 2)
            self._means += float(mean.sum())
            self._variances += float((scatter / ((count - 1) * count)).sum())

    @property
    def mean(self) -> float:
        """The estimate."""
        return self._sum / self._n if self._strata.n_cells == 1 else self._means / self._strata.n_cells

    @property
    def variance(self) -> float:
        """Of the estimate."""
        if self._strata.n_cells > 1:
            return self._variances / self._strata.n_cells**2
        return self.deviation**2 / self._n

    @property
    def deviation(self) -> float:
        """Of the weights, as if they were independent."""
        mean = self._sum / self._n
        return float(np.sqrt(max(self._square / self._n - mean**2, 0.0) * self._n / max(self._n - 1, 1)))


def generator(*key: int) -> torch.Generator:
    """Random numbers of their own for each stage, group and piece of a calculation."""
    state = np.random.SeedSequence(key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> 1))
