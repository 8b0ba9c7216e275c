"""What an integration found."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resonaut.runs.as_json import AsJson

__all__ = ["GroupResult", "IntegrationResult"]


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """The part of channels that share a map.

    Args:
        channels: Which.
        integral: Their part.
        error: Its statistical error.
        deviation: Standard deviation of the weights, which stratification does not change.
        n_evaluations: Points.
    """

    channels: tuple[int, ...]
    integral: float
    error: float
    deviation: float
    n_evaluations: int


@dataclass(frozen=True, kw_only=True)
class IntegrationResult(AsJson):
    """An integral.

    Args:
        groups: Its parts.
        n_nonfinite: Points at which the integrand was not finite; they count as zero.
    """

    groups: tuple[GroupResult, ...]
    n_nonfinite: int

    @property
    def integral(self) -> float:
        """The estimate."""
        return sum(group.integral for group in self.groups)

    @property
    def error(self) -> float:
        """Its statistical error."""
        return math.sqrt(sum(group.error**2 for group in self.groups))

    @property
    def n_evaluations(self) -> int:
        """Points altogether."""
        return sum(group.n_evaluations for group in self.groups)
