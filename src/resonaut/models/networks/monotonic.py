"""What monotonic splines on [-bound, bound] have in common; outside they are the identity."""

from __future__ import annotations

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Transform, constraints

__all__ = ["MonotonicSpline", "bounded"]


class MonotonicSpline(Transform):
    """A rising map of single numbers, whose value and slope come out of one computation."""

    domain = constraints.real
    codomain = constraints.real
    bijective = True
    sign = +1

    @abstractmethod
    def call_and_ladj(self, x: Float[Tensor, "*B"]) -> tuple[Float[Tensor, "*B"], Float[Tensor, "*B"]]:
        """Y and log dy/dx."""

    def _call(self, x: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        return self.call_and_ladj(x)[0]

    def log_abs_det_jacobian(self, x: Float[Tensor, "*B"], y: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
        """Log dy/dx."""
        return self.call_and_ladj(x)[1]


def bounded(x: Float[Tensor, ...], limit: float) -> Float[Tensor, ...]:
    """Into (-limit, limit), smoothly."""
    return x / (1 + x.abs() / limit)
