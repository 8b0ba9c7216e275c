"""CLs by toys: the observed and the median limit without the asymptotic formulae, for spectra of few events.

A toy is a spectrum and a new measurement of every uncertainty's theta (the unconditional ensemble). For the observed
limit the thetas lie where the data want them, for the median where they were measured. k of N toys count as
(k + 1) / (N + 1), so that no p-value is 0. (The outer bands are left to the formulae: CLs of a -2 sigma fluctuation is
one toy in a thousand.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from resonaut.protocols import Seed
from resonaut.statistics.limit_model import LimitModel
from resonaut.statistics.limits import Limits, crossing, q_tilde
from resonaut.statistics.profile_likelihood import profile

__all__ = ["ToyLimits", "toy_limits"]

Array = np.ndarray
AROUND = np.geomspace(0.7, 1.6, 6)
"""Strengths at which toys are made, in units of the asymptotic limit; CLs is interpolated between them."""


@dataclass(frozen=True)
class ToyLimits:
    """Strengths excluded at 95 % by so many toys of each hypothesis at each strength."""

    observed: float
    median: float
    n_toys: int


def toy_limits(
    model: LimitModel, counts: Real[Array, " B"], asymptotic: Limits, n_toys: int, *, seed: Seed = None
) -> ToyLimits:
    """Limits by toys, at strengths around the asymptotic ones.

    Args:
        model: What is expected.
        counts: The spectrum.
        asymptotic: Where to look.
        n_toys: At each strength, of each hypothesis.
        seed: Fixes the toys.
    """
    rng = np.random.default_rng(seed)
    nothing = np.zeros(len(model.sources))

    def observed(mu: float) -> float:
        strengths = np.array([mu, 0.0])
        fitted = profile(model, np.tile(counts, (2, 1)), np.tile(nothing, (2, 1)), strengths).x
        q = q_tilde(model, counts[None], nothing[None], strengths[:1])[0]
        with_signal, without = (_toys(model, x, mu, n_toys, rng) for x in fitted)
        return _share(with_signal, q) / _share(without, q)

    def median(mu: float) -> float:
        with_signal, without = (_toys(model, np.array([x, *nothing]), mu, n_toys, rng) for x in (mu, 0.0))
        return _share(with_signal, float(np.median(without))) / 0.5

    return ToyLimits(_limit(observed, asymptotic.observed), _limit(median, asymptotic.expected[2]), n_toys)


def _limit(cls: Callable[[float], float], guess: float) -> float:
    """Where CLs falls to 5 %, near a first guess."""
    mu = guess * AROUND
    return crossing(mu, np.array([cls(float(strength)) for strength in mu]))


def _toys(
    model: LimitModel, x: Float[Array, " P"], mu: float, n_toys: int, rng: np.random.Generator
) -> Float[Array, " T"]:
    """q~_mu of toys drawn at these parameters."""
    counts = rng.poisson(model.expected(x[None])[0], (n_toys, len(model.background)))
    centres = x[1:] + rng.standard_normal((n_toys, len(x) - 1))
    return q_tilde(model, counts, centres, np.full(n_toys, mu))


def _share(toys: Float[Array, " T"], q: float) -> float:
    """Of toys that look as little like this strength as q, or less."""
    return (int((toys >= q).sum()) + 1) / (len(toys) + 1)
