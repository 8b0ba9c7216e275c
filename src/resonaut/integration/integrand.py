"""What is integrated: one signature for everything, from a toy to a matrix element.

    integrand(x, channel) -> IntegrandValue(weight, y, alpha)

x lies in the unit cube. Each channel is its own way of writing the same integral: it maps x to the physical point y(x),
and its weight is f(y) |dy/dx|. The channels share every point out among them by their weights alpha, so that

    I = sum_i < alpha_i(y(x)) weight_i(x) >,   sum_i alpha_i(y) = 1

holds whatever the alphas are: they decide about the error, not about the result.

References:
    Kleiss, Pittau, Comput. Phys. Commun. 83 (1994) 141, hep-ph/9405257; MadNIS, arXiv:2212.06172
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import ConfigError, IntegrandError

__all__ = ["Integrand", "IntegrandValue", "from_numpy", "single_channel"]


@dataclass(frozen=True)
class IntegrandValue:
    """The integrand at some points.

    Args:
        weight: f(y) times the Jacobian of the channel's map; may be negative.
        y: The physical point; None where it is x itself.
        alpha: Prior share of each channel at the point, rows of sum 1; None for equal ones.
    """

    weight: Float[Tensor, " N"]
    y: Float[Tensor, "N Y"] | None = None
    alpha: Float[Tensor, "N C"] | None = None


Function = Callable[[Float[Tensor, "N D"], Int[Tensor, " N"]], IntegrandValue]


@dataclass(frozen=True, kw_only=True)
class Integrand:
    """A function on the unit cube, and what an integrator must know of it.

    Args:
        function: Of (x, channel), both tensors, x in float64; values of as many rows.
        dimensions: Of the unit cube.
        n_channels: How many ways of mapping there are.
        symmetry: A number for each channel; channels of the same number look alike to the unit cube (their maps turn
            into each other by a symmetry), so that they share what is learnt. None: each its own.
    """

    function: Function
    dimensions: int
    n_channels: int = 1
    symmetry: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.dimensions < 1 or self.n_channels < 1:
            raise ConfigError(
                f"an integrand of {self.dimensions} dimensions and {self.n_channels} channels cannot be; give at least "
                "one of both"
            )
        if self.symmetry is not None and len(self.symmetry) != self.n_channels:
            raise ConfigError(
                f"symmetry names {len(self.symmetry)} channels of {self.n_channels}; give a number for each"
            )

    def groups(self) -> list[list[int]]:
        """The channels that share what is learnt."""
        labels = range(self.n_channels) if self.symmetry is None else self.symmetry
        members: dict[int, list[int]] = {}
        for channel, label in enumerate(labels):
            members.setdefault(label, []).append(channel)
        return list(members.values())

    def __call__(self, x: Float[Tensor, "N D"], channel: Int[Tensor, " N"]) -> IntegrandValue:
        """The values, with y and alpha filled in.

        Raises:
            IntegrandError: the function returns something else than it should.
        """
        value = self.function(x, channel)
        if not isinstance(value, IntegrandValue):
            raise IntegrandError(
                f"the integrand returned {type(value).__name__}; return IntegrandValue(weight, y, alpha)"
            )
        n = len(x)
        _check("weight", value.weight, (n,))
        y = x if value.y is None else value.y
        _check("y", y, (n, None))
        alpha = value.alpha
        if alpha is None:
            alpha = x.new_full((n, self.n_channels), 1 / self.n_channels)
        _check("alpha", alpha, (n, self.n_channels))
        return IntegrandValue(value.weight.detach().double(), y.detach().double(), alpha.detach().double())


def single_channel(function: Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]], dimensions: int) -> Integrand:
    """An integrand of one channel, from a function of points of the unit cube in torch."""
    return Integrand(function=lambda x, channel: IntegrandValue(function(x)), dimensions=dimensions)


def from_numpy(
    function: Callable[..., Any], dimensions: int, *, n_channels: int = 1, symmetry: tuple[int, ...] | None = None
) -> Integrand:
    """An integrand from a vectorised NumPy function.

    Args:
        function: Of x [N, D]; of (x, channel) where there are several channels. Returns the weights [N], or a tuple
            (weight, y, alpha) of arrays, the last two of which may be None.
        dimensions: Of the unit cube.
        n_channels: How many ways of mapping there are.
        symmetry: As in `Integrand`.
    """

    def in_torch(x: Tensor, channel: Tensor) -> IntegrandValue:
        given = (x.cpu().numpy(),) if n_channels == 1 else (x.cpu().numpy(), channel.cpu().numpy())
        value = function(*given)
        parts = value if isinstance(value, tuple) else (value, None, None)
        if len(parts) != 3:
            raise IntegrandError(
                f"the function returned a tuple of {len(parts)}; return the weights, or (weight, y, alpha)"
            )
        weight, y, alpha = parts

        def tensor(part: Any) -> Tensor:
            return torch.as_tensor(np.asarray(part, float), device=x.device)

        return IntegrandValue(
            tensor(weight), None if y is None else tensor(y), None if alpha is None else tensor(alpha)
        )

    return Integrand(function=in_torch, dimensions=dimensions, n_channels=n_channels, symmetry=symmetry)


def _check(name: str, tensor: Any, shape: tuple[int | None, ...]) -> None:
    """Refuse other shapes; None is any length."""
    found = tuple(getattr(tensor, "shape", ()))
    if len(found) != len(shape) or any(want not in (None, size) for want, size in zip(shape, found, strict=True)):
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise IntegrandError(
            f"the integrand returned a {name} of shape {found} for {shape[0]} points; return ({wanted})"
        )
