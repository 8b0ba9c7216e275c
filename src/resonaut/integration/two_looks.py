"""The integral of a finished map, in two looks: an even one that tells where weights vary, then most points there.

Both looks are estimates of their own, and are averaged with fixed weights: by their estimated variances the smaller
one would get too much, and the error come out too small. The second one's points are fresh, so that what the first
found decides about the error, not about the result.

References:
    Lepage (VEGAS+), J. Comput. Phys. 439 (2021) 110386, arXiv:2009.05112, sections 3 and 4
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from resonaut.errors import FitError
from resonaut.integration.points import Sampler
from resonaut.integration.result import GroupResult, IntegrationResult
from resonaut.integration.strata import Strata, WeightsByCell, generator

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LEAST_POINTS", "integrate_in_two_looks"]

LEAST_POINTS = 100
"""Of each group of channels."""
_FIRST = 0.25
"""Of the points, for the first look."""
_FIRST_WEIGHT = 0.1
"""Of its estimate: less than its part of the points, as the second look's are better spread."""
_EQUAL_SHARE = 0.1
"""Of the points, so that a group whose survey saw little is not left without."""


class _GroupIntegral:
    """One group's estimates under way."""

    def __init__(self, sampler: Sampler, group: int, n: int) -> None:
        self.sampler, self.group = sampler, group
        self.strata = Strata.for_points(sampler.integrand.dimensions, n)
        self.looks: list[WeightsByCell] = []
        self.n_nonfinite = 0

    def look(self, n: int, seed: int, advance: Callable[[int], None]) -> None:
        """Points in the cells: evenly, then by what the look before found."""
        counts = self.strata.counts(n, self.looks[-1].deviations if self.looks else None)
        found = WeightsByCell(self.strata)
        for number, cell in enumerate(self.strata.pieces(counts)):
            random = generator(seed, 2, self.group, len(self.looks), number)
            points = self.sampler.draw(self.group, self.strata.place(cell, random), random)
            found.add(cell, points.weight)
            self.n_nonfinite += int(points.nonfinite.sum())
            advance(len(cell))
        self.looks.append(found)

    def result(self) -> GroupResult:
        """The looks, averaged."""
        (first, second), part = self.looks, _FIRST_WEIGHT
        return GroupResult(
            channels=tuple(self.sampler.groups[self.group]),
            integral=part * first.mean + (1 - part) * second.mean,
            error=math.sqrt(part**2 * first.variance + (1 - part) ** 2 * second.variance),
            deviation=first.deviation,
            n_evaluations=first.n + second.n,
        )


def integrate_in_two_looks(
    sampler: Sampler, deviations: dict[int, float], n: int, *, seed: int, progress: bool = False
) -> IntegrationResult:
    """The integral, by fresh points.

    Args:
        sampler: The map.
        deviations: Of the weights of each active group, roughly.
        n: Points.
        seed: The same one gives the same result.
        progress: Show a progress bar.

    Raises:
        FitError: too few points for the channels.
    """
    from rich.console import Console
    from rich.progress import Progress

    least = LEAST_POINTS * len(deviations)
    if n < least:
        raise FitError(f"{n} points are too few for {len(deviations)} channels; give {least}")
    n_first = round(_FIRST * n)
    with Progress(console=Console(stderr=True), disable=not progress, transient=True) as bar:
        task = bar.add_task("integrating", total=n)

        def advance(count: int) -> None:
            bar.update(task, advance=count)

        groups = []
        for group, share in _shares(deviations).items():
            groups.append(_GroupIntegral(sampler, group, int(share * n_first)))
            groups[-1].look(int(share * n_first), seed, advance)
        within = {one.group: float(one.looks[0].deviations.mean()) for one in groups}
        for one, share in zip(groups, _shares(within).values(), strict=True):
            one.look(int(share * (n - n_first)), seed, advance)
    return IntegrationResult(
        groups=tuple(one.result() for one in groups), n_nonfinite=sum(one.n_nonfinite for one in groups)
    )


def _shares(deviations: dict[int, float]) -> dict[int, float]:
    """Of the points, for each group: in proportion to its deviation, but for an equal part."""
    total = sum(deviations.values())
    equal = 1 / len(deviations)
    return {
        group: _EQUAL_SHARE * equal + (1 - _EQUAL_SHARE) * (deviation / total if total else equal)
        for group, deviation in deviations.items()
    }
