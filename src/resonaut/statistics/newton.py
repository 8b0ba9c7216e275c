"""Newton's method on thousands of Poisson spectra at once.

The logarithm of the expected density is linear in the coefficients: the likelihood is that of a Poisson regression,
convex but for the little that the function bends within a bin, with the exact gradient and the expected information at
hand (Fisher's scoring). In orthonormal terms a toy lies about one unit from the spectrum it was drawn from, so that
four or five steps do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real

from resonaut.statistics.falling_spectrum import BinnedSpectrum
from resonaut.statistics.spectrum_likelihood import MAX_CONDITION

__all__ = ["Maxima", "maximise_many"]

Array = np.ndarray
MAX_STEPS = 60
LONGEST_STEP = 2.0
"""Change of ln(density) in one step, at most: an exponential overflows where Newton's parabola is still fine."""
TOLERANCE = 1e-8
"""What the next step would gain in twice the log likelihood."""


@dataclass(frozen=True, eq=False)
class Maxima:
    """Where the likelihoods are largest.

    Args:
        coefficients: Of the orthonormal terms.
        covariance: Theirs, statistical.
        valid: Whether there is such a place, and the counts determine every term.
    """

    coefficients: Float[Array, "T K"]
    covariance: Float[Array, "T K K"]
    valid: Bool[Array, " T"]


def maximise_many(spectrum: BinnedSpectrum, counts: Real[Array, "T B"], start: Float[Array, " K"]) -> Maxima:
    """Maximise the likelihood of each row of counts, all from the same start."""
    coefficients = np.tile(start, (len(counts), 1))
    valid = np.zeros(len(counts), dtype=bool)
    active = np.arange(len(counts))
    with np.errstate(all="ignore"):
        for _ in range(MAX_STEPS):
            at = coefficients[active]
            gradient, information = _slope(spectrum, counts[active], at)
            solvable = np.isfinite(information).all(axis=(1, 2)) & (np.linalg.det(information) > 0)
            active, at, gradient, information = (part[solvable] for part in (active, at, gradient, information))
            step = np.linalg.solve(information, gradient[..., None])[..., 0]
            gain = (step * gradient).sum(axis=1)
            change = np.abs(step @ spectrum.terms[..., : len(start)].reshape(-1, len(start)).T).max(axis=1)
            coefficients[active] = at + step * np.minimum(1, LONGEST_STEP / change)[:, None]
            done = gain < TOLERANCE
            valid[active[done]] = True
            active = active[~done]
            if not len(active):
                break
        information = _slope(spectrum, counts, coefficients)[1]
        valid &= np.isfinite(information).all(axis=(1, 2))
        information[~valid] = np.eye(len(start))
        valid &= np.linalg.cond(information) <= MAX_CONDITION
    information[~valid] = np.eye(len(start))
    return Maxima(coefficients, np.linalg.inv(information), valid)


def _slope(
    spectrum: BinnedSpectrum, counts: Real[Array, "T B"], coefficients: Float[Array, "T K"]
) -> tuple[Float[Array, "T K"], Float[Array, "T K K"]]:
    """Gradient of the log likelihoods, and the information expected at these coefficients."""
    expected, derivatives = spectrum.derivatives(coefficients)
    gradient = np.einsum("tb,tbk->tk", counts / expected - 1, derivatives)
    scaled = derivatives / np.sqrt(expected)[..., None]
    return gradient, scaled.swapaxes(1, 2) @ scaled
