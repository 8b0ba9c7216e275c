"""Upper limits by CLs: which strengths would have made a spectrum like this one unlikely?

The test statistic is q~_mu, twice the log of the ratio of the best likelihood (with a strength from 0 up) to that at
mu, and 0 where the best strength is larger. CLs = p(mu) / p(0), and what has CLs < 0.05 is excluded at 95 % (Read,
J. Phys. G28 (2002) 2693). Without toys the distributions are the asymptotic ones of Cowan, Cranmer, Gross and Vitells,
EPJC 71 (2011) 1554, arXiv:1007.1727, equations 62 to 66, with an Asimov spectrum for their width.

Expected limits are those of a spectrum that is exactly the background, and of its fluctuations by one and two sigma:
they do not know the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy.special import ndtr

from resonaut.errors import FitError
from resonaut.statistics.limit_model import LimitModel
from resonaut.statistics.profile_likelihood import profile

__all__ = ["BANDS", "CLs", "Limits", "asymptotic_cls", "crossing", "q_tilde", "upper_limits"]

Array = np.ndarray
BANDS = (-2, -1, 0, 1, 2)
"""Of the expected limit, sigma of the background's fluctuations; upwards is a weaker limit."""
LEVEL = 0.05
N_POINTS = 25


@dataclass(frozen=True, eq=False)
class CLs:
    """CLs for some strengths.

    Args:
        mu: The strengths.
        observed: For the spectrum.
        expected: For the background and its fluctuations, a column for each of `BANDS`.
    """

    mu: Float[Array, " M"]
    observed: Float[Array, " M"]
    expected: Float[Array, "M 5"]


@dataclass(frozen=True, eq=False)
class Limits:
    """Strengths excluded at 95 %, and the curves they were read from."""

    observed: float
    expected: tuple[float, float, float, float, float]
    curve: CLs


def q_tilde(
    model: LimitModel, counts: Real[Array, "T B"], centres: Float[Array, "T S"], mu: Float[Array, " T"]
) -> Float[Array, " T"]:
    """q~_mu of each spectrum, each at its strength."""
    best, held = profile(model, counts, centres), profile(model, counts, centres, mu)
    return np.where(best.mu > mu, 0.0, np.maximum(held.nll2 - best.nll2, 0.0))


def asymptotic_cls(model: LimitModel, counts: Real[Array, " B"], mu: Float[Array, " M"]) -> CLs:
    """CLs by the asymptotic formulae.

    The Asimov spectrum is the background with the thetas that fit the data best, as is usual; that of the expected CLs
    the background as it is.
    """
    nothing = np.zeros(len(model.sources))
    at_zero = profile(model, counts[None], nothing[None], np.zeros(1)).x
    observed = _at_strengths(model, counts, nothing, mu)
    fitted = _at_strengths(model, model.expected(at_zero)[0], at_zero[0, 1:], mu)
    blind = _at_strengths(model, model.background, nothing, mu)
    # Distances from the median of background alone, in sigma: linear below the Asimov value, and quadratic above.
    above = (observed**2 - fitted**2) / (2 * np.maximum(fitted, 1e-12))
    distance = np.where(observed <= fitted, observed - fitted, above)
    cls = ndtr(-(distance + fitted)) / ndtr(-distance)
    # n sigma more events make the spectrum look n sigma more like the signal, and the limit weaker.
    bands = np.array(BANDS)
    expected = ndtr(-(blind[:, None] - bands)) / ndtr(bands)
    return CLs(mu, cls, expected)


def upper_limits(model: LimitModel, counts: Real[Array, " B"]) -> Limits:
    """Asymptotic observed and expected limits on the strength.

    Raises:
        FitError: no strength is excluded.
    """
    scale = _scale(model)
    # From what even a fortunate background would exclude to what an unfortunate one would; wider if need be.
    for reach in (8.0, 80.0, 800.0):
        coarse = asymptotic_cls(model, counts, scale * np.geomspace(0.05 / reach, reach, 2 * N_POINTS))
        if coarse.observed[-1] < LEVEL and (coarse.expected[-1] < LEVEL).all():
            break
    else:
        raise FitError("no signal strength is excluded: the spectrum lies far above the background; hunt in it")
    curves = np.column_stack([coarse.observed, coarse.expected])
    rough = [crossing(coarse.mu, curve) for curve in curves.T]
    fine = asymptotic_cls(model, counts, np.geomspace(0.9 * min(rough), 1.1 * max(rough), 4 * N_POINTS))
    observed, *expected = (crossing(fine.mu, curve) for curve in np.column_stack([fine.observed, fine.expected]).T)
    return Limits(observed, (expected[0], expected[1], expected[2], expected[3], expected[4]), fine)


def crossing(mu: Float[Array, " M"], cls: Float[Array, " M"], level: float = LEVEL) -> float:
    """Largest strength that is not excluded: where the logarithm of CLs falls through the level's."""
    excluded = cls < level
    first = int(np.flatnonzero(~excluded).max(initial=-1)) + 1
    if first in (0, len(mu)):
        return float(mu[0] if first == 0 else np.inf)
    logarithms = np.log(np.maximum(cls[first - 1 : first + 1], 1e-300))
    share = float((logarithms[0] - np.log(level)) / (logarithms[0] - logarithms[1]))
    return float(mu[first - 1] + share * (mu[first] - mu[first - 1]))


def _scale(model: LimitModel) -> float:
    """About the median limit: 1.64 sigma of the background, bins weighted by what they say, or three events."""
    shifts = sum((shift.sum() ** 2 for shift in model.background_shifts.values()), 0.0)
    information = float((model.signal**2 / model.background).sum())
    return 2 / np.sqrt(information) * np.sqrt(1 + shifts / model.background.sum()) + 3 / float(model.signal.sum())


def _at_strengths(
    model: LimitModel, counts: Real[Array, " B"], centres: Float[Array, " S"], mu: Float[Array, " M"]
) -> Float[Array, " M"]:
    """Root of q~ of one spectrum at many strengths."""
    return np.sqrt(q_tilde(model, np.tile(counts, (len(mu), 1)), np.tile(centres, (len(mu), 1)), mu))
