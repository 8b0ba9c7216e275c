"""VEGAS as the first map: each coordinate stretched where the integrand is large, smoothly.

The `vegas` library adapts a grid to each coordinate. A grid taken as it is has a density that jumps from bin to bin;
here a monotonic spline goes through its knots instead, so that a smooth integrand that factorises is already followed
well. The map stays beneath the flow as it is. A flow that were given the grid as its own parameters could not hold
bins narrower than its least width: a narrow peak would turn them into NaN.

References:
    Lepage, J. Comput. Phys. 27 (1978) 192; 439 (2021) 110386, arXiv:2009.05112
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["VegasGrid", "adapt_grid"]

_LEAST = 1e-13  # width of a bin, far below which float64 cannot tell its ends apart

_MOST_BENT = 4.0
"""How much the density may still change within the outermost bin: a narrow peak beside a flat stretch says nothing of
its far end."""


@dataclass(frozen=True)
class VegasGrid:
    """Maps the unit cube to itself, each coordinate by its own monotonic spline.

    Args:
        knots: Where each coordinate's K equal steps of u go, rising from 0 to 1, float64.
    """

    knots: Float[Tensor, "D K+1"]

    @classmethod
    def identity(cls, dimensions: int) -> VegasGrid:
        """The map that moves nothing."""
        return cls(torch.tensor([[0.0, 0.5, 1.0]], dtype=torch.float64).repeat(dimensions, 1))

    @classmethod
    def through(cls, knots: Float[np.ndarray, "D K+1"]) -> VegasGrid:
        """Through the knots of a grid, with bins that have become too narrow to be told apart widened."""
        widths = np.maximum(np.diff(np.asarray(knots, float), axis=1), _LEAST)
        rising = np.cumsum(widths / widths.sum(axis=1, keepdims=True), axis=1)
        rising[:, -1] = 1.0
        return cls(torch.as_tensor(np.pad(rising, ((0, 0), (1, 0)))))

    def __call__(self, u: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, " N"]]:
        """The points x, and |dx/du| there."""
        bins = self.knots.shape[1] - 1
        knots = self.knots.to(u.device)
        secants = knots.diff(dim=1) * bins
        # At a knot the density is the mean of both bins': a peak beside a flat stretch keeps its height to the edge.
        inner = 2 / (1 / secants[:, 1:] + 1 / secants[:, :-1])
        # In the outermost bins it goes on as it came: a tail falls on to the end of the widest bin.
        ends = secants[:, [0, -1]]
        ends = ends * (ends / inner[:, [0, -1]]).clamp(1 / _MOST_BENT, _MOST_BENT)
        slopes = torch.cat([ends[:, :1], inner, ends[:, 1:]], dim=1)
        steps = u.double().T * bins
        k = steps.long().clamp(0, bins - 1)
        z = steps - k
        s, d0, d1 = (table.gather(1, at) for table, at in ((secants, k), (slopes, k), (slopes, k + 1)))
        # Rational quadratics (Gregory, Delbourgo 1982): monotonic for any positive slopes.
        z_1z = z * (1 - z)
        denominator = s + (d0 + d1 - 2 * s) * z_1z
        x = knots.gather(1, k) + (s / bins) * (s * z**2 + d0 * z_1z) / denominator
        slope = s**2 * (d1 * z**2 + 2 * s * z_1z + d0 * (1 - z) ** 2) / denominator**2
        return x.T.clamp(0.0, 1.0), slope.prod(dim=0)


def adapt_grid(
    value: Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]],
    dimensions: int,
    *,
    bins: int,
    iterations: int,
    points: int,
    damping: float,
    rng: np.random.Generator,
) -> VegasGrid:
    """A grid adapted to an integrand, so that its density minimises the variance among those that factorise.

    An adaptation moves the knots by the noise of its own points. Those of the second half of the iterations are
    averaged, which wants less damping.

    Args:
        value: The integrand at points of the cube, finite.
        dimensions: Of the cube.
        bins: Of each coordinate.
        iterations: How often the grid is adapted.
        points: Evaluations an iteration.
        damping: VEGAS's alpha; 0 does not adapt at all.
        rng: Where the points come from.
    """
    import vegas

    grid = vegas.AdaptiveMap([[0.0, 1.0]] * dimensions, ninc=bins)
    adapted = []
    for _ in range(iterations):
        u = rng.random((points, dimensions))
        x, jacobian = np.empty_like(u), np.empty(points)
        grid.map(u, x, jacobian)
        found = value(torch.as_tensor(x)).numpy() * jacobian
        if not found.any():
            continue  # nothing found: nothing learnt, and VEGAS would divide by zero
        grid.add_training_data(u, (found / np.abs(found).max()) ** 2)
        grid.adapt(alpha=damping)
        adapted.append(np.array(grid.grid)[:, : bins + 1])
    if not adapted:
        return VegasGrid.identity(dimensions)
    return VegasGrid.through(np.mean(adapted[len(adapted) // 2 :], axis=0))
