"""How the training of an energy-based outlier detector went: energies, and the distance that judges them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.style import EXCESS, MUTED, REGION, TEMPLATE
from resonaut.plots.table import Table

__all__ = ["energy_difference", "samples_distance"]


def energy_difference(table: Table, ax: Axes) -> Axes:
    """Energies of data and of samples over one another: 1 where they agree, far above where the training ran away.

    Args:
        table: Columns epoch, energy_data, energy_samples.
        ax: Where to draw.
    """
    ratio = table["energy_samples"] / table["energy_data"]
    ax.axhline(1, color=MUTED, linewidth=1, linestyle="--")
    ax.plot(table["epoch"], ratio, color=TEMPLATE)
    # A runaway goes through any range: what matters is that it left.
    ax.set_ylim(0, min(max(2.0, 1.1 * ratio.max()), 5.0))
    ax.set_ylabel("$E_{-}\\;/\\;E_{+}$")
    ax.set_xlabel("epoch")
    return ax


def samples_distance(table: Table, ax: Axes, *, floor: float | None = None, best: int | None = None) -> Axes:
    """The Earth mover's distance of samples from data, beside that of data from data, and the epoch that was kept.

    Args:
        table: Columns epoch, distance.
        ax: Where to draw.
        floor: Of data from data.
        best: The epoch that was kept.
    """
    distance = table["distance"]
    ax.plot(table["epoch"], distance, color=REGION, label="samples from data")
    if floor is not None:
        ax.axhline(floor, color=MUTED, linestyle="--", linewidth=1, label="data from data")
    if best is not None:
        at = np.flatnonzero(table["epoch"] == best)
        ax.plot(table["epoch"][at], distance[at], "*", color=EXCESS, markersize=11, label=f"kept: epoch {best}")
    ax.set_ylim(0, min(1.15 * distance.max(), 4 * distance.min()))
    ax.set_ylabel("EMD")
    ax.set_xlabel("epoch")
    ax.legend(loc="best")
    return ax
