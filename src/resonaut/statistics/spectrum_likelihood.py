"""The likelihood of a binned spectrum, and its maximum for a given number of parameters."""

from dataclasses import dataclass

import numpy as np
from iminuit import Minuit
from jaxtyping import Bool, Float, Real
from scipy.special import fdtrc

from resonaut.statistics.falling_spectrum import BinnedSpectrum
from resonaut.statistics.goodness_of_fit import GoodnessOfFit, deviance, goodness_of_fit

__all__ = ["LikelihoodFit", "SpectrumLikelihood", "maximise_likelihood"]

Array = np.ndarray
MAX_CONDITION = 1e12
"""Of the information matrix: near 1 in orthonormal terms, and without bound where the counts leave a term open."""


@dataclass(frozen=True, eq=False)
class SpectrumLikelihood:
    """Twice the log likelihood ratio of a Poisson spectrum to its own counts, with the derivatives Minuit asks for."""

    spectrum: BinnedSpectrum
    counts: Real[Array, " B"]

    def __call__(self, coefficients: Float[Array, " K"]) -> float:
        return float(deviance(self.counts, self.spectrum.events(coefficients)).sum())

    def grad(self, coefficients: Float[Array, " K"]) -> Float[Array, " K"]:
        """First derivatives."""
        expected, derivatives = self.spectrum.derivatives(coefficients)
        return np.asarray(2 * (1 - self.counts / expected) @ derivatives)

    def hessian(self, coefficients: Float[Array, " K"]) -> Float[Array, "K K"]:
        """Second derivatives, averaged over the counts expected.

        Those at the counts observed differ only by the little that the function bends within a bin: its logarithm is
        linear in the coefficients.
        """
        expected, derivatives = self.spectrum.derivatives(coefficients)
        return np.asarray(2 * derivatives.T @ (derivatives / expected[:, None]))


@dataclass(frozen=True, eq=False)
class LikelihoodFit:
    """The coefficients that make the counts most likely.

    Args:
        coefficients: Of the spectrum's orthonormal terms.
        covariance: Theirs, statistical.
        deviance: Of the bins as they are.
        quality: The same in merged bins, where its distribution is known.
    """

    coefficients: Float[Array, " K"]
    covariance: Float[Array, "K K"]
    deviance: float
    quality: GoodnessOfFit

    def improves(self, simpler: "LikelihoodFit", significance: float) -> bool:
        """F-test of one further parameter: does it help more than chance, by the scatter about the richer fit?"""
        if self.quality.n_dof < 1:
            return False
        scatter = self.quality.chi2 / self.quality.n_dof
        return bool(fdtrc(1, self.quality.n_dof, max(0.0, simpler.deviance - self.deviance) / scatter) < significance)


def maximise_likelihood(
    spectrum: BinnedSpectrum, counts: Real[Array, " B"], masked: Bool[Array, " B"], start: Float[Array, " K"]
) -> LikelihoodFit | None:
    """Fit the bins that are not masked; None where no maximum determines all terms, as with all events in one bin."""
    likelihood = SpectrumLikelihood(spectrum.only(~masked), counts[~masked])
    minuit = Minuit(likelihood, start)
    # The least-squares start is close and the Hessian known: nothing to explore before the first step.
    minuit.strategy = 0
    minuit.tol = 0.01
    with np.errstate(all="ignore"):  # A step may lead where exp overflows; the minimiser comes back.
        minuit.migrad(iterate=1)
        coefficients = np.array(minuit.values)
        information = likelihood.hessian(coefficients) / 2
    if not minuit.valid or not np.isfinite(information).all() or np.linalg.cond(information) > MAX_CONDITION:
        return None
    return LikelihoodFit(
        coefficients=coefficients,
        covariance=np.linalg.inv(information),
        deviance=likelihood(coefficients),
        quality=goodness_of_fit(counts, spectrum.events(coefficients), masked, len(coefficients)),
    )
