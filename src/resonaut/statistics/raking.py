"""Change the weights of a sample such that groups of it add up to what they should, and as little as can be.

The sample is scaled group by group, over and over, until all sums are right. Where that converges the weights are those
of least relative entropy to the ones it began with.

The toys of a scan need it: the events they resample are the data, excesses included, and the data are made to look like
background first, window by window and cut by cut.

References:
    Deming, Stephan, Ann. Math. Statist. 11 (1940) 427 (iterative proportional fitting, or raking);
    Csiszar, Ann. Probab. 3 (1975) 146 (its convergence).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

__all__ = ["rake"]

Array = np.ndarray
MAX_ROUNDS = 200
TOLERANCE = 1e-3
"""Relative; what a toy fluctuates by is never less than a per cent."""


def rake(weight: Float[Array, " N"], groups: Sequence[tuple[Int[Array, " _"], float]]) -> Float[Array, " N"]:
    """Weights with which each group adds up to its target.

    Args:
        weight: To begin with.
        groups: Rows of the sample, and what they should add up to; a group without weight keeps none.
    """
    weight = weight.copy()
    filled = [(rows, target) for rows, target in groups if weight[rows].sum() > 0]
    for _ in range(MAX_ROUNDS):
        worst = 0.0
        for rows, target in filled:
            # A weight of 0 could never become anything else.
            factor = max(target, 1e-9) / weight[rows].sum()
            weight[rows] *= factor
            worst = max(worst, abs(factor - 1))
        if worst < TOLERANCE:
            break
    return weight
