"""What comparisons of counts with an expectation are drawn with: points, a hatched band, ratios, deviations."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from scipy.special import gammaincinv

from resonaut.plots.style import DATA, MUTED, TEMPLATE

__all__ = ["band", "count_errors", "deviation", "points", "ratio", "ratio_span"]

Array = np.ndarray
_ONE_SIGMA = 0.158655
"""Probability above one standard deviation."""


def count_errors(counts: Shaped[Array, " B"]) -> Float[Array, "2 B"]:
    """Down and up errors of counts: Garwood's central 68 % interval, which an empty bin has too."""
    counts = np.asarray(counts, dtype=float)
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1e-9), _ONE_SIGMA), 0.0)
    high = gammaincinv(counts + 1, 1 - _ONE_SIGMA)
    return np.stack([counts - low, high - counts])


def points(
    ax: Axes,
    edges: Float[Array, " B+1"],
    counts: Shaped[Array, " B"],
    *,
    label: str | None = None,
    color: str = DATA,
    hollow: bool = False,
) -> Axes:
    """Counts as points with their Poisson errors."""
    ax.errorbar(
        (edges[1:] + edges[:-1]) / 2,
        counts,
        yerr=count_errors(counts),
        fmt="o",
        color=color,
        markerfacecolor="white" if hollow else color,
        elinewidth=0.9,
        label=label,
    )
    return ax


def band(
    ax: Axes,
    edges: Float[Array, " B+1"],
    values: Float[Array, " B"],
    errors: Float[Array, " B"],
    *,
    label: str | None = None,
    color: str = TEMPLATE,
) -> Axes:
    """An expectation as a line, its uncertainty hatched."""
    ax.stairs(values, edges, baseline=None, color=color, linewidth=1.5)
    # On a logarithmic scale an error as large as the value would reach down without end.
    low = np.maximum(values - errors, 1e-3 * values)
    ax.stairs(
        values + errors,
        edges,
        baseline=low,
        fill=True,
        facecolor=color + "30",
        edgecolor=color,
        hatch="/////",
        linewidth=0,
        label=label,
    )
    return ax


def ratio(
    ax: Axes,
    edges: Float[Array, " B+1"],
    counts: Shaped[Array, " B"],
    expected: Float[Array, " B"],
    expected_error: Float[Array, " B"],
) -> Axes:
    """Counts over expectation, with the expectation's own uncertainty hatched around one.

    The scale fits the well measured bins; a point beyond it is drawn as a triangle at the edge.
    """
    filled = expected > 0
    scale = np.where(filled, expected, np.nan)
    relative = expected_error / scale
    centre = (edges[1:] + edges[:-1]) / 2
    value, (down, up) = counts / scale, count_errors(counts) / scale

    span = ratio_span(np.abs(value - 1), (down + up) / 2)
    ax.stairs(
        np.nan_to_num(1 + relative, nan=1.0),
        edges,
        baseline=np.nan_to_num(1 - relative, nan=1.0),
        fill=True,
        facecolor=TEMPLATE + "30",
        edgecolor=TEMPLATE,
        hatch="/////",
        linewidth=0,
    )
    ax.axhline(1, color=MUTED, linewidth=0.8)
    inside = filled & (np.abs(value - 1) <= span)
    ax.errorbar(
        centre[inside], value[inside], yerr=np.stack([down, up])[:, inside], fmt="o", color=DATA, elinewidth=0.9
    )
    for beyond, marker, edge in ((value > 1 + span, "^", 1 + 0.92 * span), (value < 1 - span, "v", 1 - 0.92 * span)):
        ax.plot(centre[beyond], np.full(beyond.sum(), edge), marker, color=DATA, markerfacecolor="white")
    ax.set_ylim(1 - span, 1 + span)
    ax.set_ylabel("data / bkg", loc="center")
    return ax


def deviation(
    ax: Axes,
    edges: Float[Array, " B+1"],
    counts: Shaped[Array, " B"],
    expected: Float[Array, " B"],
    expected_error: Float[Array, " B"],
) -> Axes:
    """Counts minus expectation in units of the error, for where few events make ratios meaningless."""
    # Half an event at least: where nothing is expected, a single event is remarkable but not infinitely so.
    sigma = np.sqrt(np.maximum(expected, 0.5) + expected_error**2)
    pull = (counts - expected) / sigma
    ax.stairs(pull, edges, fill=True, color=TEMPLATE, linewidth=0)
    for level in (-2, 0, 2):
        ax.axhline(level, color=MUTED, linewidth=0.8, linestyle="-" if level == 0 else ":")
    ax.set_ylim(min(-3.0, 1.15 * float(pull.min())), max(3.0, 1.15 * float(pull.max())))
    ax.set_ylabel("pull", loc="center")
    return ax


def ratio_span(deviation: Float[Array, " B"], error: Float[Array, " B"]) -> float:
    """Half the height of a ratio panel: four times the typical error of the better half of the bins, at least 10 %."""
    measured = np.isfinite(deviation) & np.isfinite(error)
    if not measured.any():
        return 0.5
    good = measured & (error <= np.median(error[measured]))
    wanted = max(4 * float(np.median(error[good])), 1.3 * float(np.max(deviation[good])))
    return float(np.clip(wanted, 0.1, 0.95))
