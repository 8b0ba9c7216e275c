"""Jets as images: where in a jet its transverse momentum goes, the average over many.

Every jet is put into the same frame first: its pT-weighted centre in the middle, its principal axis vertical, its
harder half up and to the right. Without that, the two prongs of a W would average to a ring.

Reference: Macaluso, Shih, JHEP 10 (2018) 121, arXiv:1803.00107
"""

from __future__ import annotations

from typing import NamedTuple

import awkward as ak
import numpy as np
from jaxtyping import Float, Int

from resonaut.features.azimuth import wrapped

__all__ = ["StandardisedJets", "mean_image", "standardise"]

Array = np.ndarray


class StandardisedJets(NamedTuple):
    """The particles of all jets, one after the other, in the jets' own frames.

    Args:
        jet: Which jet a particle belongs to.
        x, y: Where it lies; y along the principal axis. Distances are those in eta and phi.
        weight: Its share of the jet's transverse momentum.
    """

    jet: Int[Array, " P"]
    x: Float[Array, " P"]
    y: Float[Array, " P"]
    weight: Float[Array, " P"]


def standardise(pt: ak.Array, eta: ak.Array, phi: ak.Array) -> StandardisedJets:
    """Centre, rotate and mirror jets, given by the lists of their particles."""
    sizes = ak.to_numpy(ak.num(pt, axis=1))
    n_jets, jet = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    pt, eta, phi = (ak.to_numpy(ak.flatten(values, axis=1)).astype(np.float64) for values in (pt, eta, phi))

    def total(values: Float[Array, " P"]) -> Float[Array, " P"]:
        """The sum over a particle's jet, for every particle."""
        return np.bincount(jet, values, minlength=n_jets)[jet]

    weight = pt / total(pt)
    # Azimuths are averaged as directions, so that a jet at +-pi is no exception.
    middle = np.arctan2(total(weight * np.sin(phi)), total(weight * np.cos(phi)))
    phi = wrapped(phi - middle)
    eta, phi = eta - total(weight * eta), phi - total(weight * phi)

    covariance = total(weight * eta * phi)
    principal = 0.5 * np.arctan2(2 * covariance, total(weight * eta**2) - total(weight * phi**2))
    x = eta * np.sin(principal) - phi * np.cos(principal)
    y = eta * np.cos(principal) + phi * np.sin(principal)
    x, y = (values * np.where(total(weight * np.sign(values)) < 0, -1.0, 1.0) for values in (x, y))
    return StandardisedJets(jet, x, y, weight)


def mean_image(
    pt: ak.Array, eta: ak.Array, phi: ak.Array, *, half_width: float = 1.0, pixels: int = 51
) -> Float[Array, "Y X"]:
    """The mean of the jets' images, each of sum 1.

    Args:
        pt, eta, phi: Particles, one list a jet, of which none is empty.
        half_width: The frame reaches this far from the middle; what lies outside is left out.
        pixels: In each direction; an odd number puts the jets' centre into the middle of one.
    """
    jet, x, y, weight = standardise(pt, eta, phi)
    inside = np.maximum(np.abs(x), np.abs(y)) < half_width
    jet, x, y, weight = jet[inside], x[inside], y[inside], weight[inside]
    weight = weight / np.bincount(jet, weight, minlength=len(pt))[jet]
    edges = np.linspace(-half_width, half_width, pixels + 1)
    image, _, _ = np.histogram2d(y, x, bins=(edges, edges), weights=weight)
    return image / len(np.unique(jet))
