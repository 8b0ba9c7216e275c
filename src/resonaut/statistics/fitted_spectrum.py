"""What the fit of a mass spectrum found: bin by bin, and as a function to integrate anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from resonaut.protocols import Seed
from resonaut.statistics.counting import Estimate
from resonaut.statistics.falling_spectrum import FallingSpectrum
from resonaut.statistics.goodness_of_fit import deviance

__all__ = ["SpectrumFitResult", "propagate"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class SpectrumFitResult:
    """A fitted spectrum, bin by bin, and the function to integrate elsewhere.

    Args:
        edges: Of the bins, GeV.
        counts: Events observed.
        masked: Bins the fit did not see.
        expected: Background events.
        expected_error: Its error, statistical and from the choice of the function.
        n_shape_parameters: What the F-test arrived at.
        chi2: Baker-Cousins, bins merged to hold five events or more.
        n_dof: Merged bins less parameters.
        p_value: Of the chi2. Below 0.01 the function does not describe the spectrum, and nothing here is to be used.
        family: The functions in the terms that the coefficients multiply.
        coefficients: Of the orthonormal terms.
        coefficient_covariance: Of the coefficients, statistical and from the choice of the function.
    """

    edges: Float[Array, " E"]
    counts: Real[Array, " E-1"]
    masked: Bool[Array, " E-1"]
    expected: Float[Array, " E-1"]
    expected_error: Float[Array, " E-1"]
    n_shape_parameters: int
    chi2: float
    n_dof: int
    p_value: float
    family: FallingSpectrum
    coefficients: Float[Array, " K"]
    coefficient_covariance: Float[Array, "K K"]

    @property
    def fit_range(self) -> tuple[float, float]:
        """Lowest and highest mass of the fit, GeV."""
        return float(self.edges[0]), float(self.edges[-1])

    @property
    def parameters(self) -> Float[Array, " 5"]:
        """Natural logarithm of p0, then p1 to p4 of the function as it is usually written; p0 in events per GeV."""
        return np.asarray(self.family.physical(len(self.coefficients)) @ self.coefficients)

    @property
    def covariance(self) -> Float[Array, "5 5"]:
        """Of the parameters. They are all but degenerate: to propagate errors, use `integral`."""
        transformation = self.family.physical(len(self.coefficients))
        return np.asarray(transformation @ self.coefficient_covariance @ transformation.T)

    @property
    def pulls(self) -> Float[Array, " B"]:
        """Signed root of each bin's contribution to the likelihood ratio: near (observed - expected) / error."""
        return np.asarray(np.sign(self.counts - self.expected) * np.sqrt(deviance(self.counts, self.expected)))

    @property
    def falls(self) -> bool:
        """Whether the function falls all the way, as spectra do once they are clear of the trigger's turn-on."""
        density = self.family.on(self.edges).density(self.coefficients)
        return bool(np.all(np.diff(density.T.ravel()) < 0))

    def integral(self, low: float, high: float) -> Estimate:
        """Background events between two masses, with their error."""
        n_bins = max(1, round((high - low) / float(np.diff(self.edges).min())))
        expected, derivatives = self.family.on(np.linspace(low, high, n_bins + 1)).derivatives(self.coefficients)
        total = derivatives.sum(0, keepdims=True)
        return Estimate(float(expected.sum()), float(propagate(total, self.coefficient_covariance)[0]))

    def sample(self, seed: Seed = None) -> Int[Array, " B"]:
        """Counts of a toy experiment without signal, masked bins included."""
        return np.random.default_rng(seed).poisson(self.expected)


def propagate(derivatives: Float[Array, "B K"], covariance: Float[Array, "K K"]) -> Float[Array, " B"]:
    """Errors of quantities with these derivatives by the coefficients."""
    return np.asarray(np.sqrt(np.einsum("bi,ij,bj->b", derivatives, covariance, derivatives)))
