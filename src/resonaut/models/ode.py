"""Integrators of dx/dt = v(x, t): what turns a learnt velocity into samples.

Explicit Runge-Kutta methods, each a table of numbers: an s-stage method costs s network calls a step. Fixed steps, or
Dormand and Prince's pair of orders 5 and 4, whose difference chooses the step.

References:
    Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, Springer 1993, chapter II
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from resonaut.errors import FitError

__all__ = ["Solver", "integrate"]

Velocity = Callable[[Tensor, Tensor], Tensor]
"""v(x, t) of rows x [B, ...] and their times t [B]."""

Solver = Literal["euler", "midpoint", "heun", "rk4", "dormand-prince"]

_MAX_STEPS = 1000
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0  # Hairer, eq. 4.13
_ORDER = 5  # of the error that chooses the step


@dataclass(frozen=True)
class _Tableau:
    """Butcher's table: stage i is taken at time c_i, at x + h sum_j a_ij k_j; the step is h sum_i b_i k_i."""

    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]

    @property
    def c(self) -> tuple[float, ...]:
        return tuple(sum(row) for row in self.a)


_TABLEAUS = {
    "euler": _Tableau(a=((),), b=(1.0,)),
    "midpoint": _Tableau(a=((), (1 / 2,)), b=(0.0, 1.0)),
    "heun": _Tableau(a=((), (1.0,)), b=(1 / 2, 1 / 2)),
    "rk4": _Tableau(a=((), (1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)), b=(1 / 6, 1 / 3, 1 / 3, 1 / 6)),
    "dormand-prince": _Tableau(
        a=(
            (),
            (1 / 5,),
            (3 / 40, 9 / 40),
            (44 / 45, -56 / 15, 32 / 9),
            (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
            (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
            (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
        ),
        b=(35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0.0),
    ),
}
# The weights of order 4 that go with Dormand and Prince's stages; their difference to order 5 measures the error.
_FOURTH_ORDER = (5179 / 57600, 0.0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40)


def integrate(
    velocity: Velocity,
    x: Float[Tensor, "B ..."],
    start: float,
    stop: float,
    *,
    solver: Solver = "midpoint",
    steps: int = 12,
    tolerance: float = 1e-4,
) -> Float[Tensor, "B ..."]:
    """Follow the velocity from time `start` to `stop`, which may lie before it.

    Args:
        velocity: v(x, t).
        x: Where to begin.
        start, stop: Times.
        solver: How; one of `Solver`.
        steps: Of equal length; "dormand-prince" chooses its own.
        tolerance: Of "dormand-prince": error of a step, absolute and relative, root mean square over rows and columns.

    Raises:
        FitError: the velocity is so rough that no step is short enough.
    """
    tableau = _TABLEAUS[solver]
    if solver == "dormand-prince":
        return _adaptive(velocity, x, start, stop, tableau, tolerance)
    step = (stop - start) / steps
    for i in range(steps):
        x = x + step * _combine(tableau.b, _stages(velocity, x, start + i * step, step, tableau))
    return x


def _stages(velocity: Velocity, x: Tensor, time: float, step: float, tableau: _Tableau) -> list[Tensor]:
    slopes: list[Tensor] = []
    for fraction, weights in zip(tableau.c, tableau.a, strict=True):
        at = x + step * _combine(weights, slopes) if slopes else x
        slopes.append(velocity(at, x.new_full(x.shape[:1], time + fraction * step)))
    return slopes


def _combine(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    terms = [weight * slope for weight, slope in zip(weights, slopes, strict=True) if weight]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _adaptive(velocity: Velocity, x: Tensor, start: float, stop: float, tableau: _Tableau, tolerance: float) -> Tensor:
    if not len(x):
        return x
    time, step = start, 0.1 * (stop - start)
    difference = tuple(five - four for five, four in zip(tableau.b, _FOURTH_ORDER, strict=True))
    for _ in range(_MAX_STEPS):
        step = step if abs(step) < abs(stop - time) else stop - time
        slopes = _stages(velocity, x, time, step, tableau)
        proposal = x + step * _combine(tableau.b, slopes)
        allowed = tolerance * (1 + torch.maximum(x.abs(), proposal.abs()))
        error = float((step * _combine(difference, slopes) / allowed).square().mean().sqrt())
        if error <= 1:
            time, x = time + step, proposal
            if time == stop or abs(stop - time) < 1e-9 * abs(stop - start):
                return x
        step *= min(_GROW, max(_SHRINK, _SAFETY * (error + 1e-12) ** (-1 / _ORDER)))
    raise FitError(
        f"the learnt velocity cannot be followed within {tolerance:g} in {_MAX_STEPS} steps; "
        "raise tolerance, or choose a solver of fixed steps"
    )
