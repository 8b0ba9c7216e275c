"""Does a cut keep as many real events as the sampled background says it should?

Asked in mass strips next to the signal region, where there is (almost) no signal: a density at C2ST 0.51 can by itself
fake three sigma at a 1 % cut on 120,000 events, so what does not close must be measured, and enter the error. Signal
that leaks into the strips looks like poor closure as well: it can weaken a claim, and never make one.
"""

from dataclasses import dataclass
from math import sqrt

from resonaut.errors import FitError

__all__ = ["ClosureResult", "closure"]

MAX_PULL = 3.0
"""Sigma; beyond it the sampled background is not to be trusted at that cut."""


@dataclass(frozen=True, kw_only=True)
class ClosureResult:
    """Efficiency of a cut on real events over that on sampled ones.

    Args:
        relative_difference: Real / sampled - 1.
        statistical_error: Of the difference.
        pull: The difference in units of its statistical error.
        error: What statistics does not account for: the relative error that an expected count gets from closure.
        failed: Whether the pull is beyond 3 either way.
    """

    relative_difference: float
    statistical_error: float
    pull: float
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
    return ClosureResult(
        relative_difference=difference,
        statistical_error=statistical,
        pull=pull,
        error=sqrt(max(0.0, difference**2 - statistical**2)),
        failed=abs(pull) > MAX_PULL,
    )
