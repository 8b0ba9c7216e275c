"""Does a cut keep as many real events as the sampled background says it should?

Asked in mass strips next to the signal region, where there is (almost) no signal. A classifier finds whatever tells
sampled from real events, so that a cut keeps more real ones than it should: by a few per cent, and more at tighter
cuts. What it keeps too much beside the region it keeps too much inside, and the expected count is multiplied by the
ratio that is measured there. Signal that leaks into the strips raises the ratio as well: it can weaken a claim, and
never make one.

Few events measure a ratio badly. It gets a gamma prior of mean 1 and width 1/2, that is, `PRIOR_EVENTS` events that
close: the posterior of a Poisson count. With hundreds of events it is what was measured, with none it is nearly 1.
"""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
from jaxtyping import Float, Real

from resonaut.errors import FitError

__all__ = ["ClosureResult", "closure", "closure_ratio"]

Array = np.ndarray

PRIOR_EVENTS = 4
CORRECTABLE = 0.1
"""Relative difference that the ratio takes out: a classifier finds a few per cent in the best of densities."""
MAX_PULL = 3.0
"""Sigma, statistical and `CORRECTABLE` in quadrature; beyond it the sampled background is not to be trusted."""


@dataclass(frozen=True, kw_only=True)
class ClosureResult:
    """Efficiency of a cut on real events over that on sampled ones.

    Args:
        relative_difference: Real / sampled - 1.
        statistical_error: Of the difference.
        pull: The difference in units of its statistical error.
        ratio: Factor on an expected count: real / sampled, drawn towards 1 where the events are few.
        error: Of that factor.
        failed: Whether the difference is more than 3 sigma of statistics and of what a ratio can be trusted to correct.
    """

    relative_difference: float
    statistical_error: float
    pull: float
    ratio: float
    error: float
    failed: bool


def closure(real_pass: int, real_total: int, sampled_pass: int, sampled_total: int) -> ClosureResult:
    """Compare the share of `real_total` events that pass a cut with that of `sampled_total` sampled ones.

    Every event is counted once only, and none may have been seen by the classifier that scored it.

    Raises:
        FitError: there is nothing to compare.
    """
    if real_total == 0 or sampled_pass == 0:
        raise FitError(
            f"closure has nothing to compare: {real_total} real events, {sampled_pass} of {sampled_total} sampled"
            " ones pass; widen the sidebands or loosen the cut"
        )
    sampled = sampled_pass / sampled_total
    difference = real_pass / real_total / sampled - 1
    # The hypothesis under test is one common efficiency: its pooled estimate gives the errors of both.
    pooled = (real_pass + sampled_pass) / (real_total + sampled_total)
    statistical = sqrt(pooled * (1 - pooled) * (1 / real_total + 1 / sampled_total)) / sampled
    # No error means that every event passed, real and sampled: nothing is left to disagree about.
    pull = difference / statistical if statistical > 0 else 0.0
    expected = real_total * sampled
    (ratio,), (posterior,) = closure_ratio(np.array([real_pass]), np.array([expected]))
    # Of the posterior, and of the finite sample behind what is expected.
    error = ratio * hypot(posterior, expected / (expected + PRIOR_EVENTS) / sqrt(sampled_pass))
    return ClosureResult(
        relative_difference=difference,
        statistical_error=statistical,
        pull=pull,
        ratio=float(ratio),
        error=float(error),
        failed=abs(difference) > MAX_PULL * hypot(statistical, CORRECTABLE),
    )


def closure_ratio(
    real_pass: Real[Array, " N"], expected: Float[Array, " N"]
) -> tuple[Float[Array, " N"], Float[Array, " N"]]:
    """Posterior mean of real / expected events beside the region, and its relative width.

    Args:
        real_pass: Events that pass there.
        expected: How many should.
    """
    seen = real_pass + PRIOR_EVENTS
    return seen / (expected + PRIOR_EVENTS), 1 / np.sqrt(seen)
