"""From weighted points to events: accept each with a probability in proportion to its weight.

A point of weight w is kept with probability min(1, w/w_max). What w_max is, is a convention:

- "maximum": the largest weight of the survey;
- "quantile": the weight that a fraction of all points exceeds;
- "overweight": the weight at which the parts of the weights above it make up a fraction of the integral.

A point above w_max is an overweight. It keeps its weight w/w_max, or is repeated w/w_max times on average ("repeat"),
for files in which all weights are one. Either way the sample is that of the integrand, whatever w_max.

Channels have their own w_max, and are tried in proportion to it, so that accepted events come in the right mixture. The
efficiency is then I / sum_i w_max,i, the harmonic mean of the channels'.

References:
    Gao et al., arXiv:2001.10028 (on w_max); MadNIS, arXiv:2311.01548, section 3
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import ConfigError, IntegrandError
from resonaut.integration.strata import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from resonaut.integration.points import Points

__all__ = ["Convention", "UnweightedEvents", "WeightLimit", "efficiency", "unweight"]

Convention = Literal["maximum", "quantile", "overweight"]

_TRIALS = 50_000
_LEAST_EFFICIENCY = 1e-6


@dataclass(frozen=True, kw_only=True)
class WeightLimit:
    """How w_max follows from the weights of a survey.

    Args:
        convention: Which.
        fraction: Of the points (quantile) or of the integral (overweight).
    """

    convention: Convention = "overweight"
    fraction: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 <= self.fraction < 1:
            raise ConfigError(f"the overweight fraction is {self.fraction}; give a number from 0 to below 1")

    def of(self, weight: Float[Tensor, " N"]) -> float:
        """W_max of these weights; their signs do not matter."""
        sizes = weight.abs().sort().values
        if self.convention == "maximum" or self.fraction == 0:
            return float(sizes[-1])
        if self.convention == "quantile":
            return float(sizes[min(len(sizes) - 1, int((1 - self.fraction) * len(sizes)))])
        # Above each weight taken as the limit: the sum of what exceeds it.
        above = torch.arange(len(sizes) - 1, -1, -1, dtype=sizes.dtype)
        excess = sizes.flip(0).cumsum(0).flip(0) - sizes - above * sizes
        enough = excess <= self.fraction * sizes.sum()
        k = int(enough.nonzero()[0, 0])
        if k == 0:
            return float(sizes[0])
        # Between two weights the excess falls linearly.
        part = (excess[k - 1] - self.fraction * sizes.sum()) / (excess[k - 1] - excess[k])
        return float(sizes[k - 1] + part * (sizes[k] - sizes[k - 1]))


def efficiency(weights: list[Float[Tensor, " N"]], limit: WeightLimit | None = None) -> float:
    """The share of accepted points that channels with these weights allow: the harmonic mean of the channels'."""
    limit = limit or WeightLimit()
    limits = sum(limit.of(weight) for weight in weights)
    return sum(float(weight.abs().mean()) for weight in weights) / limits if limits else 0.0


@dataclass(frozen=True, kw_only=True)
class UnweightedEvents:
    """Accepted points.

    Args:
        y: Physical points.
        channel: Whose they are.
        weight: 1 for all but overweights, where these are kept; negative where the integrand is.
        n_trials: Points that were tried.
        n_overweight: Accepted points above their channel's limit.
        integral: Of the integrand, by the trials alone.
        error: Its statistical error.
    """

    y: Float[Tensor, "N Y"]
    channel: Int[Tensor, " N"]
    weight: Float[Tensor, " N"]
    n_trials: int
    n_overweight: int
    integral: float
    error: float

    @property
    def efficiency(self) -> float:
        """Events a trial, as reached."""
        return len(self.weight) / self.n_trials


def unweight(
    draw: Callable[[int, Float[Tensor, "N D"], torch.Generator], Points],
    survey: dict[int, Float[Tensor, " N"]],
    dimensions: int,
    n: int,
    *,
    limit: WeightLimit | None = None,
    overweights: Literal["keep", "repeat"] = "keep",
    seed: int,
    progress: bool = False,
) -> UnweightedEvents:
    """So many events.

    Args:
        draw: The points of a group for latent numbers.
        survey: Weights of each active group's points, from which the limits come.
        dimensions: Of the latent cube.
        n: How many events.
        limit: How w_max is chosen.
        overweights: What becomes of points above it.
        seed: The same one gives the same events.
        progress: Show a progress bar.

    Raises:
        IntegrandError: hardly any point would be accepted.
    """
    from rich.console import Console
    from rich.progress import Progress

    limit = limit or WeightLimit()
    expected = efficiency(list(survey.values()), limit)
    if expected < _LEAST_EFFICIENCY:
        raise IntegrandError(
            f"only {expected:.1e} of the points would be accepted; train longer, or let more of the integral be "
            "overweight (--overweight)"
        )
    groups = list(survey)
    limits = torch.tensor([limit.of(survey[group]) for group in groups], dtype=torch.float64)
    kept: list[Points] = []
    weights: list[Tensor] = []
    found = n_trials = n_overweight = block = 0
    total = square = 0.0
    with Progress(console=Console(stderr=True), disable=not progress, transient=True) as bar:
        task = bar.add_task("unweighting", total=n)
        while found < n:
            random = generator(seed, 3, block)
            block += 1
            size = int(min(_TRIALS, max(1000, 1.1 * (n - found) / expected)))
            tried = torch.multinomial(limits, size, replacement=True, generator=random).bincount(minlength=len(groups))
            for number, count in enumerate(tried.tolist()):
                if not count:
                    continue
                z = torch.rand(count, dimensions, generator=random, dtype=torch.float64)
                points = draw(groups[number], z, random)
                ratio = points.weight / limits[number]
                copies, weight = _accepted(ratio, overweights, random)
                rows = torch.arange(count).repeat_interleave(copies)
                kept.append(points[rows])
                weights.append(weight[rows])
                n_overweight += int(((ratio.abs() > 1) & (copies > 0)).sum())
                total += float(ratio.sum())
                square += float((ratio**2).sum())
            n_trials += size
            found = sum(len(weight) for weight in weights)
            bar.update(task, completed=min(found, n))
    order = torch.randperm(found, generator=generator(seed, 4))[:n]
    points = type(kept[0]).together(kept)[order]
    mean = total / n_trials
    return UnweightedEvents(
        y=points.y,
        channel=points.channel,
        weight=torch.cat(weights)[order],
        n_trials=round(n_trials * n / found),
        n_overweight=n_overweight,
        integral=float(limits.sum()) * mean,
        error=float(limits.sum()) * float(np.sqrt((square / n_trials - mean**2) / n_trials)),
    )


def _accepted(
    ratio: Float[Tensor, " N"], overweights: Literal["keep", "repeat"], random: torch.Generator
) -> tuple[Int[Tensor, " N"], Float[Tensor, " N"]]:
    """How often each point is kept, and with which weight."""
    chance = torch.rand(len(ratio), generator=random, dtype=torch.float64)
    size = ratio.abs()
    if overweights == "repeat":
        return (size + chance).floor().long(), ratio.sign()
    return (chance < size).long(), ratio.sign() * size.clamp(min=1.0)
