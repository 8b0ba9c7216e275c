"""Kullback-Leibler and Jensen-Shannon divergence of one feature, in nats, from binned counts.

Both are binned alike. The edges are the quantiles of the two samples together, each given half of the weight however
many events it has: no bin is empty in both, tails need no range, the outermost bins are open, and it does not matter
which sample comes first. Equal values never straddle an edge, so that a feature with few values gets fewer bins.

Two samples of one distribution still differ: by about (B - 1) / 2 (1/N + 1/M) in Kullback-Leibler and a quarter of that
in Jensen-Shannon, for B bins. That floor depends on the bins; what a smooth difference adds to it hardly does.

References:
    Kullback, Leibler, Ann. Math. Stat. 22 (1951) 79
    Lin (Jensen-Shannon), IEEE Trans. Inf. Theory 37 (1991) 145
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.special import rel_entr

__all__ = ["BINS", "jensen_shannon", "kullback_leibler"]

Array = np.ndarray
BINS = 20


def kullback_leibler(x: Float[Array, " N"], y: Float[Array, " M"], bins: int = BINS) -> float:
    """Sum of p log(p / q), p from `x` and q from `y`.

    Every bin of both samples gets half an event more than it has (Krichevsky and Trofimov, 1981), because one bin into
    which nothing was generated would make the sum infinite.
    """
    counts_x, counts_y = _histograms(x, y, bins)
    return float(rel_entr(_fractions(counts_x + 0.5), _fractions(counts_y + 0.5)).sum())


def jensen_shannon(x: Float[Array, " N"], y: Float[Array, " M"], bins: int = BINS) -> float:
    """Mean divergence of the two samples from their average, 0 to log 2. Empty bins need no care."""
    p, q = (_fractions(counts) for counts in _histograms(x, y, bins))
    average = (p + q) / 2
    return float((rel_entr(p, average) + rel_entr(q, average)).sum() / 2)


def _histograms(x: Float[Array, " N"], y: Float[Array, " M"], bins: int) -> list[Int[Array, " B"]]:
    """Events of either sample in the common bins; a value on an edge belongs below it."""
    edges = _common_quantiles(x, y, bins)
    return [np.bincount(np.searchsorted(edges, sample), minlength=len(edges) + 1) for sample in (x, y)]


def _common_quantiles(x: Float[Array, " N"], y: Float[Array, " M"], bins: int) -> Float[Array, " E"]:
    """Inner edges of `bins` bins that hold equal parts of the average of both samples."""
    values = np.concatenate([x, y])
    order = np.argsort(values)
    # Whole numbers, because a rounding error would put an event on the wrong side of an edge.
    weight = np.cumsum(np.where(order < len(x), len(y), len(x)))
    wanted = weight[-1] * np.arange(1, bins)
    return np.unique(values[order[np.searchsorted(weight * bins, wanted)]])


def _fractions(counts: Float[Array, " B"] | Int[Array, " B"]) -> Float[Array, " B"]:
    return counts / counts.sum()
