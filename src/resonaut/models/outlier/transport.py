"""The Earth mover's distance between weighted points and as many others, with gradients to both.

The optimal transport plan P minimises sum_ij P_ij |x_i - y_j|. Where the plan is unique, its change does not change the
minimum to first order (envelope theorem): the gradient is that of the distances at a fixed plan, and the plan is a
problem for a solver that knows nothing of gradients. Points of equal weight make it an assignment, which SciPy solves
one and a half times as fast as POT's network simplex, which takes any weights.

References:
    Flamary et al. (POT), JMLR 22 (2021) 78
    Bonneel et al. (network simplex), ACM Trans. Graph. 30 (2011) 158
    Crouse (assignment, as in SciPy), IEEE Trans. Aerosp. Electron. Syst. 52 (2016) 1679
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from resonaut.errors import FitError

__all__ = ["earth_movers_distance", "transport_cost"]


def transport_cost(
    x: Float[Tensor, "B F"], y: Float[Tensor, "B F"], weight: Float[Tensor, " B"] | None = None
) -> Float[Tensor, " B"]:
    """How far, in Euclidean distance, each x is moved by the optimal plan that takes all x to all y.

    The mean over x, weighted, is the Earth mover's distance.

    Args:
        x: Points.
        y: As many, of equal weight each.
        weight: Of each x; equal ones by default.

    Raises:
        FitError: points that are NaN or infinite.
    """
    costs = _distances(x, y)
    if not bool(torch.isfinite(costs).all()):
        raise FitError("samples or data are NaN or infinite, and have no distance")
    if weight is None or bool((weight == weight[0]).all()):
        rows, columns = linear_sum_assignment(_numpy(costs))
        return costs[torch.from_numpy(rows), torch.from_numpy(columns)]
    share = weight.double() / weight.double().sum()
    plan = _plan(_numpy(share), _numpy(costs))
    moved = torch.from_numpy(plan).to(costs) / share.to(costs)[:, None]
    return (moved * costs).sum(dim=1)


def earth_movers_distance(
    x: Float[Tensor, "B F"], y: Float[Tensor, "B F"], weight: Float[Tensor, " B"] | None = None
) -> float:
    """Mean distance that the optimal plan moves x to become y."""
    weight = torch.ones(len(x)) if weight is None else weight
    return float((transport_cost(x, y, weight) * weight).sum() / weight.sum())


def _plan(share: Float[np.ndarray, " B"], costs: Float[np.ndarray, "B C"]) -> Float[np.ndarray, "B C"]:
    import ot  # a second, and only weighted events need it

    plan: Float[np.ndarray, "B C"] = ot.emd(share, np.full(costs.shape[1], 1 / costs.shape[1]), costs)
    return plan


def _distances(x: Float[Tensor, "B F"], y: Float[Tensor, "B F"]) -> Float[Tensor, "B B"]:
    """Euclidean; the small constant keeps the gradient finite where two points meet."""
    return ((x[:, None] - y[None]).square().sum(dim=2) + 1e-12).sqrt()


def _numpy(values: Tensor) -> Float[np.ndarray, ...]:
    return values.detach().cpu().double().numpy()
