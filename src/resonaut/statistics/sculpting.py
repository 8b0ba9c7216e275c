"""Would a cut make a bump out of background? Its efficiency in the region against what both sides of it say.

A cut may well depend on mass: a smooth dependence changes the slope of a falling spectrum and makes no peak. So a
parabola is fitted to the efficiency outside of the region, and the efficiency inside is compared with it. The excess is
the share of its expected events that the cut would add by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtr

from resonaut.errors import FitError

__all__ = ["SculptedBump", "sculpted_bump"]

Array = np.ndarray
DEGREE = 2


@dataclass(frozen=True)
class SculptedBump:
    """Efficiency in the region over the interpolated one, less 1.

    Args:
        excess: Relative.
        error: Statistical, enlarged where the parabola describes the sides badly.
        p_value: Two-sided, of no excess.
    """

    excess: float
    error: float
    p_value: float


def sculpted_bump(
    mass: Float[Array, " B"], total: Int[Array, " B"], passed: Int[Array, " B"], inside: Bool[Array, " B"]
) -> SculptedBump:
    """Compare the bins of the region with the others.

    Args:
        mass: Of the bins, GeV.
        total: Background events in them.
        passed: Those that pass the cut.
        inside: Which bins are the region's.

    Raises:
        FitError: too few bins hold events, or none of the events outside passes.
    """
    filled = total > 0
    outside, inside = filled & ~inside, filled & inside
    if outside.sum() <= DEGREE + 1 or not inside.any() or passed[outside].sum() == 0:
        raise FitError(
            f"the cut passes {passed[outside].sum()} events in {outside.sum()} bins beside the region;"
            " loosen the cut or widen the sidebands"
        )
    common = passed[outside].sum() / total[outside].sum()
    # Errors from the common efficiency: from each bin's own, bins that fluctuated down would weigh more.
    binomial = max(common * (1 - common), 1e-12)  # a cut that passes everything has no error
    variance = binomial / np.maximum(total, 1)
    terms = np.vander((mass - mass[inside].mean()) / np.ptp(mass), DEGREE + 1)
    weight = 1 / np.sqrt(variance[outside])
    design = terms[outside] * weight[:, None]
    covariance = np.linalg.pinv(design.T @ design)
    fraction = passed / np.maximum(total, 1)
    coefficients = covariance @ design.T @ (fraction[outside] * weight)
    chi2 = float((((fraction[outside] - terms[outside] @ coefficients) * weight) ** 2).sum())
    inflation = max(1.0, chi2 / (outside.sum() - DEGREE - 1))

    share = total[inside] / total[inside].sum()
    gradient = share @ terms[inside]
    interpolated = float(gradient @ coefficients)
    if not interpolated > 0:
        raise FitError("the efficiency interpolated into the region is not positive; loosen the cut")
    seen = float(share @ fraction[inside])
    own = binomial / total[inside].sum()
    excess = seen / interpolated - 1
    error = sqrt(own + inflation * float(gradient @ covariance @ gradient)) * seen / interpolated**2
    # A region in which nothing passes has an error, too.
    error = max(error, sqrt(own) / interpolated)
    return SculptedBump(excess, error, float(2 * ndtr(-abs(excess) / error)))
