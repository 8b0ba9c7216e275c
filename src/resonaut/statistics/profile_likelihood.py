"""The likelihood of a `LimitModel`, maximised over its uncertainties for many spectra at once.

Newton's method with exact first and second derivatives, Fisher's expected information where the likelihood is not
convex, and a step that is halved until it leads upwards.
Strengths are 0 or more. A strength whose likelihood falls from 0 on is 0 without having been fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy.special import xlogy

from resonaut.statistics.limit_model import LimitModel

__all__ = ["Profile", "profile"]

Array = np.ndarray
MAX_STEPS = 200
MAX_HALVINGS = 20
TOLERANCE = 1e-8
"""What the next step would gain in twice the log likelihood."""


@dataclass(frozen=True, eq=False)
class Profile:
    """The best parameters for each spectrum.

    Args:
        x: Strength, held or fitted, and the thetas in the order of the model's sources.
        nll2: Twice the negative log likelihood, relative to a perfect description of every bin and theta.
    """

    x: Float[Array, "T P"]
    nll2: Float[Array, " T"]

    @property
    def mu(self) -> Float[Array, " T"]:
        """The strengths."""
        return self.x[:, 0]


def profile(
    model: LimitModel,
    counts: Real[Array, "T B"],
    centres: Float[Array, "T S"],
    mu: Float[Array, " T"] | None = None,
) -> Profile:
    """Find the best thetas, and the best strength where `mu` does not hold it.

    Args:
        model: What is expected.
        counts: Spectra.
        centres: Where the thetas were measured to be: 0 in data, normally distributed in toys.
        mu: Strengths that are held.
    """
    if mu is not None:
        return _climb(model, counts, centres, np.column_stack([mu, centres]), held=True)
    best = _climb(model, counts, centres, np.column_stack([np.zeros(len(counts)), centres]), held=True)
    rising = _slope(model, counts, centres, best.x)[0][:, 0] > 0
    free = _climb(model, counts[rising], centres[rising], best.x[rising], held=False)
    best.x[rising], best.nll2[rising] = free.x, free.nll2
    return best


def _climb(
    model: LimitModel,
    counts: Real[Array, "T B"],
    centres: Float[Array, "T S"],
    start: Float[Array, "T P"],
    *,
    held: bool,
) -> Profile:
    x = start.astype(np.float64)
    nll2 = _nll2(model, counts, centres, x)
    # A theta measured far off may leave a bin less than nothing; 0 never does.
    outside = ~np.isfinite(nll2)
    x[outside, 1:] = 0.0
    nll2[outside] = _nll2(model, counts[outside], centres[outside], x[outside])
    active = np.arange(len(x))
    for _ in range(MAX_STEPS):
        gradient, information = _slope(model, counts[active], centres[active], x[active])
        if held:
            gradient[:, 0] = information[:, 0, :] = information[:, :, 0] = 0.0
            information[:, 0, 0] = 1.0
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        going = (step * gradient).sum(axis=1) > TOLERANCE
        active, step = active[going], step[going]
        if not len(active):
            break
        for _ in range(MAX_HALVINGS):
            new = x[active] + step
            value = _nll2(model, counts[active], centres[active], new)
            better = value < nll2[active]
            if better.all():
                break
            step[~better] /= 2
        active, new, value = active[better], new[better], value[better]
        x[active], nll2[active] = new, value
    return Profile(x, nll2)


def _nll2(
    model: LimitModel, counts: Real[Array, "T B"], centres: Float[Array, "T S"], x: Float[Array, "T P"]
) -> Float[Array, " T"]:
    """Infinite where a bin would expect no events, or less, or where a step has led so far that exp overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        expected = model.expected(x)
    usable = (expected > 0) & (expected < np.inf)
    possible, expected = usable.all(axis=1), np.where(usable, expected, 1.0)
    poisson = 2 * (expected - counts + xlogy(counts, counts / expected)).sum(axis=1)
    return np.where(possible, poisson + ((x[:, 1:] - centres) ** 2).sum(axis=1), np.inf)


def _slope(
    model: LimitModel, counts: Real[Array, "T B"], centres: Float[Array, "T S"], x: Float[Array, "T P"]
) -> tuple[Float[Array, "T P"], Float[Array, "T P P"]]:
    """Gradient of the log likelihoods and their negative curvature: the observed where positive, else the expected."""
    expected, derivatives = model.expected(x), model.derivatives(x)
    residual = counts / expected - 1
    gradient = np.einsum("tb,tbp->tp", residual, derivatives)
    gradient[:, 1:] -= x[:, 1:] - centres
    observed = _squared(derivatives, counts / expected**2) - model.curvature(x, residual)
    observed[:, range(1, x.shape[1]), range(1, x.shape[1])] += 1.0
    convex = np.linalg.eigvalsh(observed)[:, 0] > 0
    if not convex.all():
        fisher = _squared(derivatives[~convex], 1 / expected[~convex])
        fisher[:, range(1, x.shape[1]), range(1, x.shape[1])] += 1.0
        observed[~convex] = fisher
    return gradient, observed


def _squared(derivatives: Float[Array, "T B P"], weights: Float[Array, "T B"]) -> Float[Array, "T P P"]:
    """Outer products of the derivatives, summed over the bins with these weights."""
    scaled = derivatives * np.sqrt(weights)[..., None]
    return scaled.swapaxes(1, 2) @ scaled
