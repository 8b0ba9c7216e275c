"""Frechet distance: how far apart are two samples, if only their means and covariances are looked at?

The Wasserstein-2 distance between the Gaussian distributions fitted to the samples, squared, as the images' FID is:
|mu_1 - mu_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2)). It sees correlations, but no shape beyond second moments.

References:
    Dowson, Landau, J. Multivar. Anal. 12 (1982) 450
    Heusel et al. (FID), NeurIPS 2017, arXiv:1706.08500
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["frechet"]

Array = np.ndarray


def frechet(x: Float[Array, "N F"], y: Float[Array, "M F"]) -> float:
    """Squared Frechet distance of all features together, in the square of their unit."""
    shift = x.mean(axis=0) - y.mean(axis=0)
    cov_x, cov_y = (np.atleast_2d(np.cov(sample, rowvar=False)) for sample in (x, y))
    # tr (C_x C_y)^(1/2) is the sum of the singular values of C_x^(1/2) C_y^(1/2): symmetric in the samples, and at
    # ease with covariances that are singular, where a matrix root of the product is not.
    overlap = np.linalg.norm(_root(cov_x) @ _root(cov_y), ord="nuc")
    return float(shift @ shift + max(0.0, np.trace(cov_x) + np.trace(cov_y) - 2 * overlap))


def _root(covariance: Float[Array, "F F"]) -> Float[Array, "F F"]:
    """The symmetric square root; rounding may leave eigenvalues just below 0."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
