"""Counts in bins, a signal of unknown strength, and everything that is known only to an error.

    lambda_b = mu exp(sum_j k_j theta_j) (s_b + sum_j ds_bj theta_j) + b_b + sum_j db_bj theta_j

with a standard normal theta_j for each source of uncertainty. These are HistFactory's pieces, `normsys` (factors k) and
`histosys` (shifts, linear because they are symmetric), so that pyhf reads the same model (`workspace.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from resonaut.errors import FitError

__all__ = ["LimitModel"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitModel:
    """What each bin expects.

    Args:
        signal: Events at strength 1.
        background: Events.
        signal_factors: By source, the relative error k of the signal's normalisation.
        signal_shifts: By source, events that one sigma adds to the signal at strength 1.
        background_shifts: By source, events that one sigma adds to the background.

    Raises:
        FitError: a bin without expected background, or no signal at all.
    """

    signal: Float[Array, " B"]
    background: Float[Array, " B"]
    signal_factors: Mapping[str, float] = field(default_factory=dict)
    signal_shifts: Mapping[str, Float[Array, " B"]] = field(default_factory=dict)
    background_shifts: Mapping[str, Float[Array, " B"]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.background > 0).all():
            least = float(self.background.min())
            raise FitError(f"a bin expects {least:.3g} background events: no limit can be set; loosen the cut")
        if not self.signal.sum() > 0:
            raise FitError(f"{self.signal.sum():.3g} signal events are expected; loosen the cut or check the signal")

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Names of the uncertainties, each once."""
        return tuple(dict.fromkeys((*self.signal_factors, *self.signal_shifts, *self.background_shifts)))

    def expected(self, x: Float[Array, "T P"]) -> Float[Array, "T B"]:
        """Events in the bins; x holds mu, then the thetas in the order of the sources."""
        mu, theta = x[:, :1], x[:, 1:]
        return mu * self._factor(theta) * self._shape(theta) + self.background + theta @ self._background

    def derivatives(self, x: Float[Array, "T P"]) -> Float[Array, "T B P"]:
        """Of the expected events, by mu and the thetas."""
        mu, theta = x[:, :1], x[:, 1:]
        factor, shape = self._factor(theta), self._shape(theta)
        by_theta = (mu * factor)[..., None] * (shape[..., None] * self._k + self._signal.T) + self._background.T
        return np.concatenate([(factor * shape)[..., None], by_theta], axis=2)

    def curvature(self, x: Float[Array, "T P"], weights: Float[Array, "T B"]) -> Float[Array, "T P P"]:
        """Second derivatives of the expected events by mu and the thetas, summed over the bins with these weights."""
        mu, theta = x[:, :1], x[:, 1:]
        factor, k = self._factor(theta), self._k
        whole = (weights * self._shape(theta)).sum(axis=1)[:, None]
        shifts = weights @ self._signal.T
        result = np.zeros((*x.shape, x.shape[1]))
        result[:, 0, 1:] = result[:, 1:, 0] = factor * (k * whole + shifts)
        mixed = k[:, None] * shifts[:, None, :]
        by_thetas = k[:, None] * k * whole[..., None] + mixed + mixed.swapaxes(1, 2)
        result[:, 1:, 1:] = (mu * factor)[..., None] * by_thetas
        return result

    def scaled(self, factor: float) -> LimitModel:
        """The same with so many times the signal at strength 1."""
        return LimitModel(
            signal=factor * self.signal,
            background=self.background,
            signal_factors=self.signal_factors,
            signal_shifts={name: factor * shift for name, shift in self.signal_shifts.items()},
            background_shifts=self.background_shifts,
        )

    def _factor(self, theta: Float[Array, "T S"]) -> Float[Array, "T 1"]:
        return np.exp(theta @ self._k)[:, None]

    def _shape(self, theta: Float[Array, "T S"]) -> Float[Array, "T B"]:
        return self.signal + theta @ self._signal

    @cached_property
    def _k(self) -> Float[Array, " S"]:
        return np.array([self.signal_factors.get(name, 0.0) for name in self.sources])

    @cached_property
    def _signal(self) -> Float[Array, "S B"]:
        return self._table(self.signal_shifts)

    @cached_property
    def _background(self) -> Float[Array, "S B"]:
        return self._table(self.background_shifts)

    def _table(self, shifts: Mapping[str, Float[Array, " B"]]) -> Float[Array, "S B"]:
        nothing = np.zeros(len(self.background))
        return np.array([shifts.get(name, nothing) for name in self.sources]).reshape(-1, len(self.background))
