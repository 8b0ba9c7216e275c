"""Maps that make features easy to learn: invertible, with a known Jacobian, and here each column on its own.

A density model learns p(z) of z = T(x) and needs log|dz/dx| to speak about x; sampling needs x = T^-1(z). All maps
here give both, in float64, and undo each other exactly in the range they `cover`; a value outside it is moved to the
edge by `transform`, so that no NaN or infinity comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import expit, logit, ndtri

from resonaut.errors import ConfigError, EventsError
from resonaut.registry import Registered, register

__all__ = ["AnyScaling", "Chain", "Learnt", "Logit", "Quantile", "Scaling", "Standardise", "finite_table"]

Array = np.ndarray


@runtime_checkable
class Scaling(Protocol):
    """A map of each column, learnt from data."""

    def fit(self, x: Float[Array, "N F"]) -> Self:
        """Learn the columns' ranges or shapes."""
        ...

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z; values that are not covered go to the edge."""
        ...

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        ...

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |dz/dx|, summed over the columns."""
        ...

    def covers(self, x: Float[Array, "N F"]) -> Bool[Array, " N"]:
        """Which rows lie where the map is invertible."""
        ...

    def state(self) -> dict[str, Float[Array, ...]]:
        """What was learnt, as arrays."""
        ...

    def load_state(self, state: Mapping[str, Float[Array, ...]]) -> Self:
        """Take up what another fit has learnt."""
        ...


AnyScaling = Annotated[Scaling, Registered("scaling")]


class Learnt:
    """Learnt arrays by name, for the maps that have nothing else to remember."""

    learns: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Float[Array, ...]]:
        """What was learnt, as arrays."""
        return {name: getattr(self, name) for name in self.learns}

    def load_state(self, state: Mapping[str, Float[Array, ...]]) -> Self:
        """Take up what another fit has learnt."""
        for name in self.learns:
            setattr(self, name, np.asarray(state[name], dtype=np.float64))
        return self

    def covers(self, x: Float[Array, "N F"]) -> Bool[Array, " N"]:
        """Which rows lie where the map is invertible: all, unless the map says otherwise."""
        return np.ones(len(x), dtype=bool)


@register("scaling", "standardise")
@dataclass(kw_only=True)
class Standardise(Learnt):
    """Mean 0, standard deviation 1; a constant column keeps its scale."""

    learns: ClassVar[tuple[str, ...]] = ("mean_", "std_")

    def fit(self, x: Float[Array, "N F"]) -> Standardise:
        """Learn mean and standard deviation of each column."""
        x = finite_table(x)
        self.mean_ = x.mean(axis=0)
        std = x.std(axis=0)
        # Rounding leaves a constant column a standard deviation of about 1e-16 of its value.
        self.std_ = np.where(std > 1e-12 * (1 + np.abs(self.mean_)), std, 1.0)
        return self

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z."""
        return (x - self.mean_) / self.std_

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        return z * self.std_ + self.mean_

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |dz/dx|, summed over the columns."""
        return np.full(len(x), -np.log(self.std_).sum())


@register("scaling", "logit")
@dataclass(kw_only=True)
class Logit(Learnt):
    """Logit of the position between the smallest and the largest value.

    What is sampled stays within the data's range, widened by the margin: a ratio stays a ratio, a mass positive.

    Args:
        margin: Room beyond each extreme, as a fraction of the range; it keeps the extremes themselves finite.
    """

    margin: float = 1e-3

    learns: ClassVar[tuple[str, ...]] = ("low_", "high_")

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1:
            raise ConfigError(f"logit margin is {self.margin}; it must lie between 0 and 1 (0.001 is usual)")

    def fit(self, x: Float[Array, "N F"]) -> Logit:
        """Learn the range of each column."""
        x = finite_table(x)
        low, high = x.min(axis=0), x.max(axis=0)
        width = np.where(high > low, high - low, 1.0)
        self.low_, self.high_ = low - self.margin * width, high + self.margin * width
        return self

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z; what lies beyond the range goes to the nearest extreme of the fitted data."""
        return logit(self._fraction(x))

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        return self.low_ + (self.high_ - self.low_) * expit(z)

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |dz/dx|, summed over the columns."""
        u = self._fraction(x)
        return -np.log((self.high_ - self.low_) * u * (1 - u)).sum(axis=1)

    def covers(self, x: Float[Array, "N F"]) -> Bool[Array, " N"]:
        """Which rows lie within the range of every column."""
        return ((x > self.low_) & (x < self.high_)).all(axis=1)

    def _fraction(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Position within the range, where its edges are 0 and 1."""
        edge = 1e-3 * self.margin
        return np.clip((x - self.low_) / (self.high_ - self.low_), edge, 1 - edge)


@register("scaling", "quantile")
@dataclass(kw_only=True)
class Quantile(Learnt):
    """To a Gaussian, column by column: a piecewise linear map between the quantiles of both, straight on beyond them.

    Long tails and spikes are taken away before a model sees them. Values that occur often share one quantile.

    Args:
        knots: Points of the map.
    """

    knots: int = 100

    learns: ClassVar[tuple[str, ...]] = ("x_knots_", "z_knots_")

    def __post_init__(self) -> None:
        if self.knots < 2:
            raise ConfigError(f"quantile knots is {self.knots}; a line needs at least 2")

    def fit(self, x: Float[Array, "N F"]) -> Quantile:
        """Learn the quantiles of each column."""
        x = finite_table(x)
        # Half a knot from 0 and 1, where a Gaussian's quantiles are infinite.
        p = (np.arange(self.knots) + 0.5) / self.knots
        self.z_knots_ = ndtri(p)
        knots = np.quantile(x, p, axis=0)
        # Equal values would make steps, whose slope is infinite: every knot is at least this much above the last.
        least = 1e-9 * np.ptp(knots, axis=0) + 1e-12 * (1 + np.abs(knots).max(axis=0))
        steps = np.maximum(np.diff(knots, axis=0), least)
        self.x_knots_ = np.concatenate([knots[:1], knots[:1] + np.cumsum(steps, axis=0)])
        return self

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z."""
        columns = zip(np.asarray(x).T, self.x_knots_.T, strict=True)
        return np.stack([_broken_line(column, knots, self.z_knots_) for column, knots in columns], axis=1)

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        columns = zip(np.asarray(z).T, self.x_knots_.T, strict=True)
        return np.stack([_broken_line(column, self.z_knots_, knots) for column, knots in columns], axis=1)

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |dz/dx|, summed over the columns."""
        total = np.zeros(len(x))
        for column, knots in zip(np.asarray(x).T, self.x_knots_.T, strict=True):
            slopes = np.diff(self.z_knots_) / np.diff(knots)
            total += np.log(slopes[_segment(column, knots)])
        return total


@register("scaling", "chain")
@dataclass(kw_only=True)
class Chain:
    """One map after the other.

    Args:
        steps: The maps, the first to be applied first.
    """

    steps: tuple[AnyScaling, ...] = field(default_factory=lambda: (Logit(), Standardise()))

    def fit(self, x: Float[Array, "N F"]) -> Chain:
        """Fit each map to what the ones before make of x."""
        self.steps_ = []
        for step in self.steps:
            self.steps_.append(replace(step).fit(x))  # type: ignore[type-var]
            x = self.steps_[-1].transform(x)
        return self

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z."""
        for step in self.steps_:
            x = step.transform(x)
        return x

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        for step in reversed(self.steps_):
            z = step.inverse(z)
        return z

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |dz/dx|, summed over the columns."""
        total = np.zeros(len(x))
        for step in self.steps_:
            total += step.log_jacobian(x)
            x = step.transform(x)
        return total

    def covers(self, x: Float[Array, "N F"]) -> Bool[Array, " N"]:
        """Which rows every map covers."""
        covered = np.ones(len(x), dtype=bool)
        for step in self.steps_:
            covered &= step.covers(x)
            x = step.transform(x)
        return covered

    def state(self) -> dict[str, Float[Array, ...]]:
        """What was learnt, as arrays."""
        return {f"{i}.{name}": array for i, step in enumerate(self.steps_) for name, array in step.state().items()}

    def load_state(self, state: Mapping[str, Float[Array, ...]]) -> Chain:
        """Take up what another fit has learnt."""
        self.steps_ = [
            replace(step).load_state({k.removeprefix(f"{i}."): v for k, v in state.items() if k.startswith(f"{i}.")})  # type: ignore[type-var]
            for i, step in enumerate(self.steps)
        ]
        return self


def _broken_line(at: Float[Array, " N"], x: Float[Array, " K"], y: Float[Array, " K"]) -> Float[Array, " N"]:
    """The piecewise linear function through (x, y), continued with its outermost slopes."""
    k = _segment(at, x)
    return y[k] + (y[k + 1] - y[k]) / (x[k + 1] - x[k]) * (at - x[k])


def _segment(at: Float[Array, " N"], x: Float[Array, " K"]) -> Array:
    """Between which knots each value lies; the outermost segments reach to infinity."""
    return np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)


def finite_table(x: Float[Array, "N F"]) -> Float[Array, "N F"]:
    """The values to learn from, refused where one is NaN or infinite or there is none."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or not len(x):
        raise EventsError(f"features have shape {x.shape}; scaling needs at least one row of columns [N, F]")
    if bad := np.flatnonzero(~np.isfinite(x).all(axis=0)).tolist():
        raise EventsError(f"features in columns {bad} hold NaN or infinite values; leave these events out first")
    return x
