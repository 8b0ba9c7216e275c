"""How far are real events from other real events? And how much does a distance vary from run to run?

No generator can be asked to do better than a second real sample. Its distance, the floor, is not zero: it falls with
the size of the samples for most distances, and is what a normalised statistic has under its null hypothesis for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError, EventsError
from resonaut.protocols import Seed
from resonaut.quality.distances import DISTANCES, Comparison, check_sample, compare

__all__ = ["ComparisonSpread", "Spread", "floor", "spread"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Mean and standard deviation (of one run, not of the mean; None where there was one run only)."""

    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of what several runs gave."""
        std = float(np.std(values, ddof=1)) if len(values) > 1 else None
        return cls(mean=float(np.mean(values)), std=std)


@dataclass(frozen=True, kw_only=True)
class ComparisonSpread:
    """What several comparisons gave.

    Args:
        n_real: Events of each real sample.
        n_generated: Events of what each was compared with.
        runs: How many comparisons.
        values: By distance, as in `Comparison`.
        per_feature: By distance and feature.
    """

    n_real: int
    n_generated: int
    runs: int
    values: dict[str, Spread]
    per_feature: dict[str, dict[str, Spread]]


def floor(
    real: Float[Array, "N F"],
    size: int,
    names: Sequence[str],
    *,
    distances: Sequence[str] = tuple(DISTANCES),
    repeats: int = 10,
    seed: Seed = None,
) -> ComparisonSpread:
    """Compare two disjoint random samples of `size` real events, again and again.

    Repeats draw from the same events. That is the permutation distribution: exact under the null hypothesis even where
    the two samples take up all events there are.

    Raises:
        EventsError: fewer than 2 `size` events, or events that `compare` refuses.
        ConfigError: no repeats, or an unknown distance.
    """
    check_sample(real, names, "real")
    if 2 * size > len(real):
        raise EventsError(
            f"a floor at {size} events compares two real samples of that size, and there are {len(real)} events in "
            f"all; ask for {len(real) // 2} or fewer"
        )
    if repeats < 1:
        raise ConfigError(f"{repeats} repeats give no floor; ask for 1 or more, 10 for a spread")
    rng = np.random.default_rng(seed)
    comparisons = []
    for _ in range(repeats):
        rows = rng.permutation(len(real))
        first, second = real[rows[:size]], real[rows[size : 2 * size]]
        comparisons.append(compare(first, second, names, distances=distances, seed=rng))
    return spread(comparisons)


def spread(comparisons: Sequence[Comparison]) -> ComparisonSpread:
    """Mean and standard deviation of the same distances at the same sizes, over repeats of a floor or runs of a model.

    Raises:
        EventsError: nothing to summarise, or comparisons at different sizes.
    """
    sizes = {(one.n_real, one.n_generated) for one in comparisons}
    if len(sizes) != 1:
        raise EventsError(f"a spread needs comparisons at one sample size, not {sorted(sizes) or 'none at all'}")
    first = comparisons[0]
    return ComparisonSpread(
        n_real=first.n_real,
        n_generated=first.n_generated,
        runs=len(comparisons),
        values={name: Spread.of([one.values[name] for one in comparisons]) for name in first.values},
        per_feature={
            name: {feature: Spread.of([one.per_feature[name][feature] for one in comparisons]) for feature in features}
            for name, features in first.per_feature.items()
        },
    )
