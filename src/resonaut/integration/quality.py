"""How good a map is, judged by points that it did not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from resonaut.integration.points import Points
from resonaut.integration.unweighting import efficiency

__all__ = ["MapQuality"]


@dataclass(frozen=True, kw_only=True)
class MapQuality:
    """Figures of one set of points.

    Args:
        integral: With signs.
        absolute: Of the absolute value.
        relative_deviation: Of the weights, over the absolute integral, where groups get points as their deviations are.
        efficiency: Of unweighting, at 0.1 % overweight.
        n_evaluations: Points.
        n_nonfinite: Points without a finite value.
    """

    integral: float
    absolute: float
    relative_deviation: float
    efficiency: float
    n_evaluations: int
    n_nonfinite: int

    @classmethod
    def of(cls, groups: dict[int, Points]) -> MapQuality:
        """Of the points of each group."""
        weights = [points.weight for points in groups.values()]
        absolute = sum(float(weight.abs().mean()) for weight in weights)
        deviation = sum(float(weight.std()) for weight in weights)
        return cls(
            integral=sum(float(weight.mean()) for weight in weights),
            absolute=absolute,
            relative_deviation=deviation / absolute if absolute else float("inf"),
            efficiency=efficiency(weights),
            n_evaluations=sum(map(len, weights)),
            n_nonfinite=int(torch.cat([points.nonfinite for points in groups.values()]).sum()),
        )
