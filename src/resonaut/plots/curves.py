"""How well the score ranks events, where labels are known: ROC and SIC.

SIC = TPR / sqrt(FPR) is the factor by which a cut multiplies S / sqrt(B). At the tightest cuts few background events
are left to measure FPR with, and the highest SIC is then luck: the maximum is read above a floor only.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.style import EXCESS, MUTED, TEMPLATE
from resonaut.plots.table import Table

__all__ = ["roc", "sic"]

_BELOW = "below the floor: too few background events"


def roc(curves: Table, ax: Axes, *, n_background: int | None = None) -> Axes:
    """Background rejection 1 / FPR against signal efficiency.

    Args:
        curves: `curves.parquet`.
        ax: Where to draw.
        n_background: How many background events FPR was counted with; their binomial error is the band.
    """
    shown = curves["fpr"] > 0
    fpr, tpr, passes = curves["fpr"][shown], curves["tpr"][shown], curves["passes_floor"][shown].astype(bool)
    ax.set_yscale("log")
    if n_background:
        relative = np.sqrt((1 - fpr) / (fpr * n_background))
        # 1 / (FPR -+ error): at one event the upper edge is infinite, so it ends at ten times the value.
        upper = 1 / np.maximum(fpr * (1 - relative), 0.1 * fpr)
        ax.fill_between(tpr, 1 / (fpr * (1 + relative)), upper, color=TEMPLATE, alpha=0.3, linewidth=0)
    ax.plot(tpr[passes], 1 / fpr[passes], color=TEMPLATE, label="score")
    ax.plot(tpr[~passes], 1 / fpr[~passes], color=MUTED, linestyle=":", label=_BELOW)
    diagonal = np.linspace(0.01, 1, 200)
    ax.plot(diagonal, 1 / diagonal, color=MUTED, linestyle="--", linewidth=1, label="guessing")
    _efficiency_axis(ax)
    ax.set_ylim(1, 20 / fpr.min() if shown.any() else 10)
    ax.set_ylabel("background rejection, 1 / FPR")
    ax.legend(loc="upper right")
    return ax


def sic(curves: Table, ax: Axes) -> Axes:
    """Significance improvement against signal efficiency, with the floor and the maximum above it.

    Args:
        curves: `curves.parquet`.
        ax: Where to draw.
    """
    tpr, value, error = curves["tpr"], curves["sic"], curves["sic_error"]
    passes = curves["passes_floor"].astype(bool) & np.isfinite(value)
    top = 1.0
    if passes.any():
        ax.fill_between(
            tpr[passes], (value - error)[passes], (value + error)[passes], color=TEMPLATE, alpha=0.3, linewidth=0
        )
        ax.plot(tpr[passes], value[passes], color=TEMPLATE, label="score")
        best = np.flatnonzero(passes)[value[passes].argmax()]
        maximum = f"maximum {value[best]:.1f} ± {error[best]:.1f}"
        ax.plot(tpr[best], value[best], "*", color=EXCESS, markersize=11, label=maximum)
        floor = tpr[passes].min()
        ax.axvspan(0, floor, color=MUTED, alpha=0.2, linewidth=0, label=_BELOW)
        top = float((value + error)[passes].max())
    ax.plot(tpr[~passes], value[~passes], color=MUTED, linestyle=":")
    ax.axhline(1, color=MUTED, linewidth=1, linestyle="--", label="no gain")
    _efficiency_axis(ax)
    ax.set_ylim(0, 1.5 * top + 0.5)
    ax.set_ylabel("significance improvement, TPR / √FPR")
    ax.legend(loc="upper right")
    return ax


def _efficiency_axis(ax: Axes) -> None:
    ax.set_xlim(0, 1)
    ax.set_xlabel("signal efficiency, TPR")
