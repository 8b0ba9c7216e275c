"""Densities whose samples follow a velocity: it can be interpolated across a part of the context."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, Self

import numpy as np

from resonaut.errors import ConfigError
from resonaut.models.networks.best_epochs import BestEpochs
from resonaut.models.networks.bridge import Bridge

__all__ = ["Bridging", "require_velocity"]


class Bridging:
    """For a `NetworkDensity` whose network keeps its velocity as `velocity`."""

    network_: Any
    context_scaling_: Any
    context_low_: Any

    def bridged(self, column: int, low: float, high: float) -> Self:
        """The same fitted density with its velocity, between two values of a column of the context, mixed of theirs.

        Raises:
            ConfigError: no interval.
        """
        if not low < high:
            raise ConfigError(f"a bridge from {low:g} to {high:g} is none; give the lower edge first")
        edges = np.tile(self.context_low_, (2, 1))
        edges[:, column] = low, high
        scaled = self.context_scaling_.transform(edges)[:, column]
        other = copy(self)
        other.network_ = deepcopy(self.network_)
        members: Any = other.network_.members if isinstance(other.network_, BestEpochs) else [other.network_]
        for member in members:
            member.velocity = Bridge(member.velocity, column, *map(float, scaled))
        return other


def require_velocity(density: Any, of: str) -> None:
    """Refuse densities, or parts of them, that cannot be `bridged`.

    Args:
        density: Of tables or of point clouds.
        of: What it is the density of.

    Raises:
        ConfigError: one that follows no velocity.
    """
    if not hasattr(density, "bridged"):
        raise ConfigError(f"the density of the {of} has no velocity to interpolate; choose flow matching")
    for part, other in getattr(density, "parts", {}).items():
        require_velocity(other, f"{part} of the {of}")
