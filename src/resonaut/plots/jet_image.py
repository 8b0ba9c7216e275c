"""The mean image of many jets: where their transverse momentum goes, on a logarithmic scale of colour."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

__all__ = ["jet_image"]


def jet_image(
    image: Float[np.ndarray, "Y X"], ax: Axes, *, half_width: float = 1.0, scale: tuple[float, float] = (1e-6, 0.1)
) -> Axes:
    """Draw a mean image; `ax.images[0]` is what a colour bar wants.

    Args:
        image: From `resonaut.features.jet_image.mean_image`.
        ax: Where to draw.
        half_width: How far the frame reaches from the middle.
        scale: The colours' ends: shares of a jet's transverse momentum in a pixel.
    """
    colors = colormaps["viridis"]
    ax.imshow(
        np.where(image > 0, image, np.nan),
        origin="lower",
        extent=(-half_width, half_width, -half_width, half_width),
        norm=LogNorm(*scale, clip=True),
        cmap=colors.with_extremes(bad=colors(0)),
        interpolation="nearest",
    )
    ax.set_xlabel(r"$\Delta\eta$, rotated")
    ax.set_ylabel(r"$\Delta\phi$, rotated [rad]")
    return ax
