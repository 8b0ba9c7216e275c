"""What labels say of a hunt's scores: the one place where truth and scores meet."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from resonaut.analysis.result import Truth
from resonaut.statistics.curves import Curves

__all__ = ["measure_truth"]

Array = np.ndarray


def measure_truth(labels: Int[Array, " N"], scores: Float[Array, " N"]) -> tuple[Truth | None, Curves | None]:
    """Figures of merit, where both classes are there."""
    signal, background = int(labels.sum()), int((labels == 0).sum())
    if not signal or not background:
        return None, None
    curves = Curves.from_scores(labels, scores)
    truth = Truth(
        n_signal=signal,
        s_over_b=signal / background,
        s_over_sqrt_b=signal / background**0.5,
        auc=curves.auc,
        max_sic=curves.max_sic,
        max_sic_fpr=curves.max_sic_fpr,
        sic_fpr_1e3=curves.sic_fpr_1e3,
    )
    return truth, curves
