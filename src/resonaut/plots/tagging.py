"""How an outlier score ranks jets: its distribution by class, ROC curves, and whether it follows pT."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.style import CYCLE, DATA, MUTED, TEMPLATE
from resonaut.plots.table import Table, select, values

__all__ = ["rejection", "score_against_pt", "score_by_class"]

BINS = 50


def score_by_class(table: Table, ax: Axes, *, background: str) -> Axes:
    """Normalised distributions of the score's logarithm; the background is filled.

    Args:
        table: Columns class, score.
        ax: Where to draw.
        background: Its class.
    """
    scores = {kind: np.log10(np.maximum(select(table, **{"class": kind})["score"], 1e-12)) for kind in _kinds(table)}
    everything = np.concatenate(list(scores.values()))
    low, high = np.quantile(everything, [0.001, 0.999])
    edges = np.linspace(low, high, BINS + 1)
    colours = iter(CYCLE)
    for kind, score in scores.items():
        shape: dict[str, Any] = {"density": True, "bins": edges, "label": kind}
        if kind == background:
            ax.hist(score, histtype="stepfilled", color=MUTED, alpha=0.5, **shape)
        else:
            ax.hist(score, histtype="step", color=next(colours), linewidth=1.5, **shape)
    ax.set_xlabel(r"$\log_{10}$ score")
    ax.set_ylabel("jets (normalised)")
    ax.margins(y=0.3)
    ax.legend(loc="upper right")
    return ax


def rejection(table: Table, ax: Axes) -> Axes:
    """Background rejection against signal efficiency: the detector solid, trees that know the class dotted.

    Args:
        table: Columns class, method, tpr, fpr.
        ax: Where to draw.
    """
    for colour, kind in zip(CYCLE, _kinds(table), strict=False):
        for method, line in (("detector", "-"), ("trees", ":")):
            rows = select(table, **{"class": kind, "method": method})
            shown = rows["fpr"] > 0
            if shown.any():
                label = kind if method == "detector" else f"{kind}, trees"
                ax.plot(rows["tpr"][shown], 1 / rows["fpr"][shown], line, color=colour, label=label)
    diagonal = np.linspace(0.01, 1, 200)
    ax.plot(diagonal, 1 / diagonal, color=DATA, linestyle="--", linewidth=1, label="guessing")
    ax.set_yscale("log")
    ax.set_xlim(0, 1)
    ax.set_ylim(1, None)
    ax.set_xlabel("efficiency of the class")
    ax.set_ylabel("background rejection, 1 / FPR")
    ax.legend(loc="upper right")
    return ax


def score_against_pt(table: Table, ax: Axes) -> Axes:
    """Median and the band of 10 % to 90 % of the background's score in bins of pT.

    Args:
        table: Columns low, high, q10, q50, q90.
        ax: Where to draw.
    """
    edges = np.append(table["low"], table["high"][-1:])

    def steps(name: str) -> np.ndarray:
        return np.append(table[name], table[name][-1:])

    ax.fill_between(edges, steps("q10"), steps("q90"), step="post", color=TEMPLATE, alpha=0.3, linewidth=0)
    ax.step(edges, steps("q50"), where="post", color=TEMPLATE)
    ax.set_xlabel("jet pT [GeV]")
    ax.set_ylabel("score of the background")
    return ax


def _kinds(table: Table) -> list[str]:
    return [str(kind) for kind in values(table, "class")]
