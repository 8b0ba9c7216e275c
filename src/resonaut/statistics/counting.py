"""How significant is a count over a background that is itself only known to an error?

The background estimate b +- sigma is treated as if it had been counted in a control region tau times as large, with
tau = b / sigma^2: the likelihood is Poisson(n | s + b) Poisson(tau b0 | tau b). Its profile likelihood ratio has a
closed form (Li and Ma, ApJ 272 (1983) 317, eq. 17; Cowan, Cranmer, Gross, Vitells, EPJC 71 (2011) 1554), the one that
pyhf's `uncorrelated_background` model gives with the test statistic q0.

Everything is computed as z, the standard normal quantile, because p underflows where z is still a plain number.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.special import log_ndtr, ndtri_exp, xlog1py
from scipy.stats import beta

from resonaut.errors import FitError

__all__ = [
    "Estimate",
    "Significance",
    "asimov_z",
    "binomial_interval",
    "excess_after_trials",
    "excess_z",
    "p_to_z",
    "significance",
    "z_after_trials",
    "z_to_p",
]


class Estimate(NamedTuple):
    """A number of events and its error."""

    value: float
    error: float


class Significance(NamedTuple):
    """One result in two scales: standard deviations (negative for a deficit) and the one-sided p-value."""

    z: float
    p: float


def significance(observed: float, background: float, error: float) -> Significance:
    """How unlikely `background` +- `error` alone makes `observed` events or more."""
    z = float(excess_z(observed, background, error))
    return Significance(z, z_to_p(z))


def excess_z(observed: ArrayLike, background: ArrayLike, error: ArrayLike) -> Float[np.ndarray, "..."]:
    """The z of `significance` for arrays, which broadcast against each other."""
    n, b, sigma = (np.asarray(value, dtype=np.float64) for value in (observed, background, error))
    if not np.all(b > 0):
        raise FitError(f"an expected background of {np.min(b):.3g} events gives no significance; loosen the cut")
    variance = sigma**2
    # The textbook form subtracts logarithms of ratios near 1; log1p of the difference keeps every digit, and the limit
    # sigma -> 0 needs no case of its own.
    signal_term = xlog1py(n, b * (n - b) / (b**2 + n * variance))
    shift = np.asarray(variance * (n - b) / (b * (b + variance)))
    control_term = (n - b) * b / (b + variance) * _log1p_ratio(shift)
    return np.asarray(np.sign(n - b) * np.sqrt(2 * np.maximum(signal_term - control_term, 0)))


def asimov_z(signal: ArrayLike, background: ArrayLike, error: ArrayLike) -> Float[np.ndarray, "..."]:
    """Median significance expected where `signal` events add to `background` +- `error`."""
    return excess_z(np.add(signal, background), background, error)


def z_to_p(z: float) -> float:
    """One-sided p-value of `z`; the smallest number there is, rather than 0, where p underflows (z > 38)."""
    return max(float(np.exp(log_ndtr(-z))), float(np.finfo(np.float64).smallest_subnormal))


def p_to_z(p: float) -> float:
    """Significance of the one-sided p-value `p`."""
    return float(-ndtri_exp(np.log(p)))


def z_after_trials(z: float, trials: int) -> float:
    """Significance left when `z` is the best of `trials` looks: Sidak's 1 - (1 - p)^trials."""
    return float(excess_after_trials(z, trials))


def excess_after_trials(z: ArrayLike, trials: int) -> Float[np.ndarray, "..."]:
    """The same for arrays."""
    log_p = log_ndtr(-np.asarray(z, dtype=np.float64))
    with np.errstate(divide="ignore"):  # z = -inf has p = 1
        sidak = np.log(-np.expm1(trials * np.log1p(-np.exp(log_p))))
    # Small p: it is trials * p to every digit, in logarithms because p may underflow.
    return np.asarray(-ndtri_exp(np.where(log_p < np.log(1e-12), log_p + np.log(trials), sidak)))


def binomial_interval(passed: int, total: int, level: float = 0.6827) -> tuple[float, float]:
    """Clopper-Pearson interval of an efficiency: covers the true one in at least `level` of all experiments."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, passed, total - passed + 1)) if passed > 0 else 0.0
    high = float(beta.ppf(1 - tail, passed + 1, total - passed)) if passed < total else 1.0
    return low, high


def _log1p_ratio(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """log(1 + x) / x, which is 1 at x = 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.asarray(np.where(x == 0, 1.0, np.log1p(safe) / safe))
