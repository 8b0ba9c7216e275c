"""What a benchmark says: the content of its result.json, typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resonaut.runs.as_json import AsJson
from resonaut.statistics.bands import Quantiles, quantiles

__all__ = ["QUANTITIES", "BenchmarkResult", "CellResult", "Summary", "summarise"]

QUANTITIES = ("auc", "auc_pr", "area_sic", "max_sic", "sic_fpr_1e3", "significance")


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """One training, read on the test events.

    Args:
        method: What the method is called in this benchmark.
        features: Name of the feature set.
        injected: Signal events in the whole mass window.
        seed: Of everything drawn.
        injected_in_region: Those of them in the signal region.
        background_in_region: Background events of the data there.
        s_over_b, s_over_sqrt_b: Of these two.
        n_test_signal, n_test_background: Of the test events.
        auc, auc_pr, area_sic, max_sic, max_sic_fpr, sic_fpr_1e3: See `statistics.curves`.
        significance: Of the injected signal after the best cut, max_sic times S/sqrt(B).
        errors: Statistical, by bootstrap of the test events.
        seconds: Of each step.
        agreement: Of a combination, how alike its parts see the test events, by sample (all, background, signal):
            `statistics.agreement.Agreement`; None for a search of one part.
    """

    method: str
    features: str
    injected: int
    seed: int
    injected_in_region: int
    background_in_region: int
    s_over_b: float
    s_over_sqrt_b: float
    n_test_signal: int
    n_test_background: int
    auc: float
    auc_pr: float
    area_sic: float
    max_sic: float | None
    max_sic_fpr: float | None
    sic_fpr_1e3: float | None
    significance: float | None
    errors: dict[str, float | None]
    seconds: dict[str, float]
    agreement: dict[str, dict[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The trainings of one method on one feature set at one number of injected events: medians and 68 % intervals.

    Args:
        n_seeds: Trainings.
        injected_in_region, s_over_sqrt_b: Medians.
        max_median_sic: Maximum of the median SIC curve. Not the median of the maxima, `max_sic`: both are published.
        agreement: Of a combination's parts, by sample, their correlations and overlaps likewise medians.
    """

    method: str
    features: str
    injected: int
    n_seeds: int
    injected_in_region: float
    s_over_sqrt_b: float
    auc: Quantiles | None
    auc_pr: Quantiles | None
    area_sic: Quantiles | None
    max_sic: Quantiles | None
    sic_fpr_1e3: Quantiles | None
    significance: Quantiles | None
    max_median_sic: float | None
    agreement: dict[str, dict[str, Any]] | None = None


def summarise(cells: Sequence[CellResult], max_median_sic: float | None) -> Summary:
    """Medians of the trainings that differ by their seed only."""
    first = cells[0]
    known: dict[str, Any] = {name: quantiles([getattr(cell, name) for cell in cells]) for name in QUANTITIES}
    return Summary(
        method=first.method,
        features=first.features,
        injected=first.injected,
        n_seeds=len(cells),
        injected_in_region=float(np.median([cell.injected_in_region for cell in cells])),
        s_over_sqrt_b=float(np.median([cell.s_over_sqrt_b for cell in cells])),
        **known,
        max_median_sic=max_median_sic,
        agreement=_median_agreement([cell.agreement for cell in cells if cell.agreement is not None]),
    )


def _median_agreement(cells: Sequence[dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]] | None:
    """Of trainings of the same parts, element by element; None where there are no parts."""
    if not cells:
        return None
    matrices = ("rank_correlation", "overlap")
    return {
        sample: {
            **first,
            **{name: np.median([cell[sample][name] for cell in cells], axis=0).tolist() for name in matrices},
        }
        for sample, first in cells[0].items()
        if all(sample in cell for cell in cells)
    }


@dataclass(frozen=True, kw_only=True)
class BenchmarkResult(AsJson):
    """The result of a benchmark; the keys are those of result.json. `seconds` are summed over all trainings."""

    region: tuple[float, float]
    sidebands: tuple[float, float]
    floor: str | float
    seed: int
    seeds: int
    cells: list[CellResult]
    summary: list[Summary]
    seconds: dict[str, float]
