"""The median curve of several trainings, and the band that holds 68 % of them.

Trainings have thresholds of their own, so that curves are averaged at common signal efficiencies: at each, the
background efficiency of the tightest cut that keeps that much signal. Median and quantiles are taken of the background
efficiency; those of the SIC and of the rejection follow, since both fall monotonically with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from resonaut.statistics.curves import Curves
from resonaut.statistics.floor import Floor

__all__ = ["TPR_GRID", "Band", "Quantiles", "fpr_at", "quantiles"]

Array = np.ndarray
TPR_GRID: Float[Array, " G"] = np.linspace(0.005, 1.0, 200)
"""Signal efficiencies at which curves are compared."""
_CENTRAL_68 = (0.16, 0.84)


@dataclass(frozen=True)
class Quantiles:
    """Median of several trainings, and the interval that holds 68 % of them."""

    median: float
    low: float
    high: float


def quantiles(values: Sequence[float | None]) -> Quantiles | None:
    """Median and 68 % interval of those values that exist; None without any."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.quantile(known, _CENTRAL_68)
    return Quantiles(float(np.median(known)), float(low), float(high))


def fpr_at(curves: Curves, tpr: Float[Array, " G"] = TPR_GRID) -> Float[Array, " G"]:
    """Background efficiency of the tightest cut that keeps at least that much signal."""
    return curves.fpr[np.searchsorted(curves.tpr, tpr - 1e-12)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Median and 68 % of several trainings' background efficiency, at the same signal efficiencies.

    Args:
        tpr: The signal efficiencies.
        fpr, fpr_low, fpr_high: Median and interval of the background efficiency; low is the better training.
        passes_floor: Where enough background passes the median cut for its SIC to be quoted.
    """

    tpr: Float[Array, " G"]
    fpr: Float[Array, " G"]
    fpr_low: Float[Array, " G"]
    fpr_high: Float[Array, " G"]
    passes_floor: Bool[Array, " G"]

    @classmethod
    def of(
        cls, fpr: Float[Array, "K G"], tpr: Float[Array, " G"], n_background: float, floor: Floor | None = None
    ) -> Band:
        """The band of K trainings, read with (about) so many background events of the test set."""
        low, high = np.quantile(fpr, _CENTRAL_68, axis=0)
        median = np.median(fpr, axis=0)
        passes = (floor or Floor()).passes(median, n_background)
        return cls(tpr=tpr, fpr=median, fpr_low=low, fpr_high=high, passes_floor=passes)

    def sic(self) -> tuple[Float[Array, " G"], Float[Array, " G"], Float[Array, " G"]]:
        """SIC of the median curve and its interval (low, high); NaN where no background passes."""
        middle, high, low = (
            np.divide(self.tpr, np.sqrt(fpr), where=fpr > 0, out=np.full_like(self.tpr, np.nan))
            for fpr in (self.fpr, self.fpr_low, self.fpr_high)
        )
        return middle, low, high

    @property
    def max_sic(self) -> float | None:
        """Maximum of the median curve above the floor, as published for several trainings; None below it."""
        quotable = self.sic()[0][self.passes_floor]
        return float(quotable.max()) if len(quotable) else None
