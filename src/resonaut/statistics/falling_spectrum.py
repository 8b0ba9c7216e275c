"""The function family that describes falling dijet mass spectra, and its integrals over bins.

    f(x) = p0 (1 - x)^p1 / x^(p2 + p3 ln x + p4 ln^2 x),    x = m / sqrt(s)

Its logarithm is linear in ln p0, p1, ..., so events per bin have exact derivatives. In the range of a spectrum the five
terms look nearly alike, and a minimiser would crawl along the valley between them. They are therefore replaced by
combinations that are orthonormal under the errors of the spectrum to be fitted (a QR decomposition): every coefficient
then has a statistical error near 1, uncorrelated with the others, and the first k + 1 terms still span exactly the
function with k shape parameters.

A selection of events has the shape of all events but for what the cut does to it, which is little and smooth. With few
events an F-test stops at two parameters, where all events may need four. So a family may start from a shape f0 that is
already known: f0^q1 (1 - x)^q2 ..., of which two parameters describe what else would take as many as f0 has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real
from scipy.linalg import solve_triangular

__all__ = ["MAX_SHAPE_PARAMETERS", "BinnedSpectrum", "FallingSpectrum"]

Array = np.ndarray
MAX_SHAPE_PARAMETERS = 4
NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)
"""Exact for polynomials of degree 9: 1e-12 relative on bins of 50 GeV."""


@dataclass(frozen=True, eq=False)
class FallingSpectrum:
    """The family for collisions of energy `sqrt_s` (GeV), in orthonormal terms.

    Args:
        sqrt_s: Energy of the collisions, GeV.
        basis: The terms in their order, before they are made orthonormal, each as a combination of the five.
        triangle: Takes the coefficients of the basis to those of the orthonormal terms.
    """

    sqrt_s: float
    basis: Float[Array, "5 P"]
    triangle: Float[Array, "P P"]

    @classmethod
    def natural_to(
        cls,
        edges: Float[Array, " E"],
        counts: Real[Array, " E-1"],
        masked: Bool[Array, " E-1"],
        *,
        sqrt_s: float,
        n_terms: int,
        shape: Float[Array, " K"] | None = None,
    ) -> tuple[FallingSpectrum, Float[Array, " P"]]:
        """The family in the terms natural to these counts, and the least-squares coefficients to start a fit from.

        `shape` are the parameters (ln p0, p1, p2, ...) of a function that the family is to start from.
        """
        basis = _basis(shape)[:, :n_terms]
        centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        # The inverse error of ln(counts); the half keeps empty bins in play.
        weights = np.where(masked, 0.0, np.sqrt(counts + 0.5))
        orthonormal, triangle = np.linalg.qr(_terms(centres / sqrt_s) @ basis * weights[:, None])
        return cls(sqrt_s, basis, triangle), orthonormal.T @ (weights * np.log((counts + 0.5) / widths))

    def on(self, edges: Float[Array, " E"]) -> BinnedSpectrum:
        """The family on fixed bins, ready to be evaluated many times."""
        half_widths = np.diff(edges) / 2
        x = ((edges[:-1] + edges[1:]) / 2 + half_widths * NODES[:, None]) / self.sqrt_s
        terms = _terms(x.ravel()) @ self.basis
        orthonormal = solve_triangular(self.triangle, terms.T, trans="T").T
        return BinnedSpectrum(orthonormal.reshape(*x.shape, -1), half_widths * WEIGHTS[:, None])

    def physical(self, n_coefficients: int) -> Float[Array, "5 K"]:
        """Matrix that takes the first coefficients to ln p0, p1, p2, p3, p4."""
        corner = self.triangle[:n_coefficients, :n_coefficients]
        return np.asarray(self.basis[:, :n_coefficients] @ solve_triangular(corner, np.eye(n_coefficients)))


@dataclass(frozen=True, eq=False)
class BinnedSpectrum:
    """The family on fixed bins, for one set of coefficients or for many: they are the last axis.

    Args:
        terms: Orthonormal terms at the five quadrature nodes of each bin; the nodes come first, so that sums are quick.
        node_widths: The nodes' shares of their bins, GeV.
    """

    terms: Float[Array, "5 B P"]
    node_widths: Float[Array, "5 B"]

    def density(self, coefficients: Float[Array, "*T K"]) -> Float[Array, "*T 5 B"]:
        """Events per GeV at the nodes, for the first K coefficients."""
        n_terms = coefficients.shape[-1]
        logarithm = coefficients @ self.terms[..., :n_terms].reshape(-1, n_terms).T
        return np.exp(logarithm).reshape(*coefficients.shape[:-1], *self.node_widths.shape)

    def events(self, coefficients: Float[Array, "*T K"]) -> Float[Array, "*T B"]:
        """Events per bin."""
        return np.asarray((self.node_widths * self.density(coefficients)).sum(-2))

    def derivatives(self, coefficients: Float[Array, "*T K"]) -> tuple[Float[Array, "*T B"], Float[Array, "*T B K"]]:
        """Events per bin, and their derivatives by the coefficients."""
        at_nodes = self.node_widths * self.density(coefficients)
        terms = self.terms[..., : coefficients.shape[-1]]
        return at_nodes.sum(-2), np.einsum("...nb,nbk->...bk", at_nodes, terms)

    def only(self, bins: Bool[Array, " B"]) -> BinnedSpectrum:
        """The same for some of the bins."""
        return BinnedSpectrum(self.terms[:, bins], self.node_widths[:, bins])


def _basis(shape: Float[Array, " K"] | None) -> Float[Array, "5 5"]:
    """The five terms in their order or, given a shape's parameters: a constant, that shape's logarithm, the others.

    The last term that the shape is made of is left out: it is what the others say of it.
    """
    five = np.eye(5)
    if shape is None:
        return five
    last = int(np.flatnonzero(shape)[-1])
    combined = np.pad(shape, (0, 5 - len(shape)))
    return np.column_stack([five[:, 0], combined, *(five[:, k] for k in range(1, 5) if k != last)])


def _terms(x: Float[Array, " N"]) -> Float[Array, "N 5"]:
    """What multiplies ln p0, p1, p2, p3, p4 in ln f."""
    log_x = np.log(x)
    return np.stack([np.ones_like(x), np.log1p(-x), -log_x, -(log_x**2), -(log_x**3)], axis=1)
