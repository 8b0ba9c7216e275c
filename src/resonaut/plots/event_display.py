"""One dijet event in the plane of pseudorapidity and azimuth: every particle a circle of the size of its pT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from resonaut.features.azimuth import wrapped
from resonaut.plots.style import CYCLE, MUTED

__all__ = ["DisplayedJet", "event_display"]

Array = np.ndarray
COLORS = (CYCLE[0], CYCLE[1])
AREA = 0.8  # points squared a GeV


@dataclass(frozen=True)
class DisplayedJet:
    """A jet and what it is made of.

    Args:
        pt, eta, phi, mass: Its momentum; GeV and radians.
        particle_pt, particle_eta, particle_phi: Its particles.
    """

    pt: float
    eta: float
    phi: float
    mass: float
    particle_pt: Float[Array, " P"]
    particle_eta: Float[Array, " P"]
    particle_phi: Float[Array, " P"]


def event_display(
    jets: Sequence[DisplayedJet], ax: Axes, *, radius: float = 1.0, reach: float = 3.0, missing_phi: float | None = None
) -> Axes:
    """Draw an event; azimuths are measured from the first jet, so that none is cut at +-pi.

    Args:
        jets: The two jets, the leading one first.
        ax: Where to draw.
        radius: Of the jets, drawn dashed.
        reach: Largest |eta| of the axis.
        missing_phi: Direction of the missing transverse momentum.
    """
    origin = jets[0].phi
    low, high = -0.6 * np.pi, 1.6 * np.pi
    for i, (jet, color) in enumerate(zip(jets, COLORS, strict=True)):
        azimuth = _from(origin, jet.phi)
        # Around its own jet, so that no particle is wrapped to the other end of the axis.
        around = wrapped(jet.particle_phi - jet.phi)
        ax.scatter(
            jet.particle_eta,
            azimuth + around,
            s=AREA * jet.particle_pt,
            facecolor=color + "80",
            edgecolor=color,
            linewidth=0.6,
        )
        ax.add_patch(Circle((jet.eta, azimuth), radius, fill=False, edgecolor=color, linestyle="--", linewidth=0.9))
        # The leading jet is at 0 and the other near pi: the first below, the second above both.
        ax.text(
            0.0,
            high - 0.12 if i else low + 0.12,
            f"$p_T$ = {jet.pt:,.0f}, m = {jet.mass:,.0f} GeV",
            ha="center",
            va="top" if i else "bottom",
            color=color,
            fontsize=10,
        )
    ax.scatter([-0.88 * reach], [0.5 * np.pi], s=100 * AREA, facecolor="none", edgecolor=MUTED, linewidth=0.8)
    ax.text(-0.78 * reach, 0.5 * np.pi, "100 GeV", color=MUTED, va="center", fontsize=9)
    if missing_phi is not None:
        azimuth = _from(origin, missing_phi)
        ax.axhline(azimuth, color=MUTED, linestyle=":", linewidth=1, zorder=0)
        ax.text(0.97 * reach, azimuth + 0.05, r"missing $p_T$", color=MUTED, ha="right", va="bottom", fontsize=9)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(low, high)
    ax.set_yticks(np.pi * np.array([-0.5, 0, 0.5, 1, 1.5]), ["−π/2", "0", "π/2", "π", "3π/2"])
    ax.set_aspect("equal")
    ax.tick_params(top=False)
    ax.set_xlabel(r"$\eta$")
    ax.set_ylabel(r"$\phi$ − $\phi$(jet 1) [rad]")
    return ax


def _from(origin: float, phi: float) -> float:
    """An azimuth relative to another, between -pi/2 and 3 pi/2."""
    return float(np.remainder(phi - origin + np.pi / 2, 2 * np.pi) - np.pi / 2)
