"""How well a score ranks events whose labels are known: ROC, SIC, and the numbers quoted from them.

The significance improvement characteristic, SIC = TPR / sqrt(FPR), is the factor by which a cut multiplies S / sqrt(B)
(Gallicchio et al., JHEP 04 (2011) 069). Its maximum depends on how few background events one dares to count, so a floor
is part of its definition: here the relative error of the background efficiency may be 20 % at most, which is 25 events.
Published floors differ; the SIC at a false-positive rate of 1e-3 is given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from resonaut.errors import EventsError

__all__ = ["Curves"]

Array = np.ndarray
FIXED_FPR = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """ROC and SIC of one score, a point for each threshold, from the tightest to the loosest.

    Args:
        fpr: False-positive rate: the background efficiency.
        tpr: True-positive rate: the signal efficiency.
        fpr_error: Binomial.
        tpr_error: Binomial.
        sic: TPR / sqrt(FPR); NaN where no background passes.
        sic_error: From both efficiencies.
        passes_floor: Where enough background passes for the SIC to be quoted.
        auc: Area under the ROC curve.
        max_sic: Largest SIC above the floor; None where the whole sample is below it.
        max_sic_error: Of the SIC at that point; the maximum of a fluctuating curve is also biased upwards.
        max_sic_fpr: Background efficiency at which it is reached.
        sic_fpr_1e3: SIC at a background efficiency of 1e-3; None where that is less than one event.
    """

    fpr: Float[Array, " T"]
    tpr: Float[Array, " T"]
    fpr_error: Float[Array, " T"]
    tpr_error: Float[Array, " T"]
    sic: Float[Array, " T"]
    sic_error: Float[Array, " T"]
    passes_floor: Bool[Array, " T"]
    auc: float
    max_sic: float | None
    max_sic_error: float | None
    max_sic_fpr: float | None
    sic_fpr_1e3: float | None

    @classmethod
    def from_scores(
        cls,
        labels: Shaped[Array, " N"],
        scores: Float[Array, " N"],
        weights: Float[Array, " N"] | None = None,
        *,
        max_relative_error: float = 0.2,
    ) -> Curves:
        """Scan the threshold over every score.

        Args:
            labels: 1 for signal, 0 for background.
            scores: Larger is more signal-like.
            weights: Of the events.
            max_relative_error: Of the background efficiency, where SIC is quoted.

        Raises:
            EventsError: one of the classes has no events.
        """
        from sklearn.metrics import auc, roc_curve

        signal = labels == 1
        n_signal, n_background = (_effective_number(weights, rows) for rows in (signal, ~signal))
        if not n_signal or not n_background:
            raise EventsError(
                f"ROC and SIC need both classes; the {len(labels)} scored events hold {signal.sum()} of signal and"
                f" {(~signal).sum()} of background: label them 1 and 0"
            )
        fpr, tpr, _ = roc_curve(signal, scores, sample_weight=weights, drop_intermediate=False)
        fpr_error, tpr_error = (np.sqrt(rate * (1 - rate) / n) for rate, n in ((fpr, n_background), (tpr, n_signal)))
        # Points without background have no SIC, those without signal one of zero.
        with np.errstate(divide="ignore", invalid="ignore"):
            sic = np.where(fpr > 0, tpr / np.sqrt(fpr), np.nan)
            sic_error = np.where(fpr > 0, np.hypot(tpr_error, tpr * fpr_error / (2 * fpr)) / np.sqrt(fpr), np.nan)
        # Poisson: k events are known to 1 / sqrt(k). The tolerance is for k that comes out as 24.999999.
        passes_floor = fpr * n_background * (1 + 1e-9) >= 1 / max_relative_error**2
        best = int(np.argmax(np.where(passes_floor, sic, -1.0))) if passes_floor.any() else None
        return cls(
            fpr=fpr,
            tpr=tpr,
            fpr_error=fpr_error,
            tpr_error=tpr_error,
            sic=sic,
            sic_error=sic_error,
            passes_floor=passes_floor,
            auc=float(auc(fpr, tpr)),
            max_sic=None if best is None else float(sic[best]),
            max_sic_error=None if best is None else float(sic_error[best]),
            max_sic_fpr=None if best is None else float(fpr[best]),
            sic_fpr_1e3=_sic_at(FIXED_FPR, fpr, tpr) if FIXED_FPR * n_background >= 1 else None,
        )


def _effective_number(weights: Float[Array, " N"] | None, rows: Bool[Array, " N"]) -> float:
    """Unweighted events that would have the statistical error of these."""
    if weights is None or not rows.any():
        return float(rows.sum())
    return float(weights[rows].sum() ** 2 / (weights[rows] ** 2).sum())


def _sic_at(rate: float, fpr: Float[Array, " T"], tpr: Float[Array, " T"]) -> float:
    """SIC at one background efficiency, the signal's interpolated between the thresholds on either side."""
    return float(np.interp(rate, fpr, tpr) / np.sqrt(rate))
