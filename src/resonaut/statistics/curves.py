"""How well a score ranks events whose labels are known: ROC, SIC, and the numbers quoted from them.

The significance improvement characteristic, SIC = TPR / sqrt(FPR), is the factor by which a cut multiplies S / sqrt(B)
(Gallicchio et al., JHEP 04 (2011) 069). Its maximum depends on how few background events one dares to count, so a floor
is part of its definition (`statistics.floor`); the SIC at a false-positive rate of 1e-3 is given beside it. Every
figure of merit has one definition, and it is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from resonaut.errors import EventsError
from resonaut.statistics.floor import Floor

__all__ = ["FIGURES", "Curves"]

Array = np.ndarray
FIXED_FPR = 1e-3
FIGURES = ("auc", "auc_pr", "area_sic", "max_sic", "sic_fpr_1e3")
"""The figures of merit, by their names here and in every result."""


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
        auc_pr: Area under the precision-recall curve (average precision). It depends on the ratio of the two classes.
        area_sic: Integral of the SIC over TPR, from the tightest cut that passes any background; no floor.
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
    auc_pr: float
    area_sic: float
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
        floor: Floor | None = None,
    ) -> Curves:
        """Scan the threshold over every score.

        Args:
            labels: 1 for signal, 0 for background.
            scores: Larger is more signal-like.
            weights: Of the events.
            floor: Where the maximum of the SIC is read; by default above 25 background events.

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
        passes_floor = (floor or Floor()).passes(fpr, n_background)
        defined = fpr > 0
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
            auc_pr=_average_precision(fpr, tpr, *(_total(weights, rows) for rows in (~signal, signal))),
            area_sic=float(np.trapezoid(sic[defined], tpr[defined])),
            max_sic=None if best is None else float(sic[best]),
            max_sic_error=None if best is None else float(sic_error[best]),
            max_sic_fpr=None if best is None else float(fpr[best]),
            sic_fpr_1e3=_sic_at(FIXED_FPR, fpr, tpr) if FIXED_FPR * n_background >= 1 else None,
        )

    def figures(self) -> dict[str, float | None]:
        """The figures of merit by name."""
        return {name: getattr(self, name) for name in FIGURES}


def _average_precision(fpr: Float[Array, " T"], tpr: Float[Array, " T"], background: float, signal: float) -> float:
    """Mean precision over recall, in steps as scikit-learn's, without sorting the events once more."""
    passed = fpr[1:] * background + tpr[1:] * signal
    return float((np.diff(tpr) * tpr[1:] * signal / passed).sum())


def _total(weights: Float[Array, " N"] | None, rows: Bool[Array, " N"]) -> float:
    return float(rows.sum() if weights is None else weights[rows].sum())


def _effective_number(weights: Float[Array, " N"] | None, rows: Bool[Array, " N"]) -> float:
    """Unweighted events that would have the statistical error of these."""
    if weights is None or not rows.any():
        return float(rows.sum())
    return float(weights[rows].sum() ** 2 / (weights[rows] ** 2).sum())


def _sic_at(rate: float, fpr: Float[Array, " T"], tpr: Float[Array, " T"]) -> float:
    """SIC at one background efficiency, the signal's interpolated between the thresholds on either side."""
    return float(np.interp(rate, fpr, tpr) / np.sqrt(rate))
