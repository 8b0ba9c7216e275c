"""What the page of a comparison calls things, and its first sentence."""

from __future__ import annotations

from resonaut.analysis.quality.cell import C2ST
from resonaut.analysis.quality.result import QualityResult, Values
from resonaut.report.numbers import significant, value_error

__all__ = ["MEASURE_NAMES", "REGIONS", "best", "headline", "shown"]

REGIONS = {"sideband": "sidebands", "signal_region": "signal region"}

MEASURE_NAMES = {
    "c2st": "two-sample test, AUC",
    "frechet": "Fréchet distance",
    "kolmogorov_smirnov": "Kolmogorov–Smirnov",
    "cramer_von_mises": "Cramér–von Mises",
    "anderson_darling": "Anderson–Darling",
    "kullback_leibler": "Kullback–Leibler",
    "jensen_shannon": "Jensen–Shannon",
    "wasserstein": "Wasserstein, per feature",
    "sliced_wasserstein": "Wasserstein, sliced",
    "exact_wasserstein": "Wasserstein, exact",
}


def headline(result: QualityResult) -> str:
    """Which model interpolates best, and how well."""
    closest = best(result, "signal_region", C2ST)
    model, floor = result.models[closest].signal_region[C2ST], result.floor.signal_region[C2ST]
    low, high = result.region
    return (
        f"Of {len(result.models)} models learnt in the sidebands, {closest} is closest to the background at "
        f"{low:g}–{high:g} GeV: a classifier tells its events from real ones with an AUC of "
        f"{shown(model.mean, model.std)}, and real ones from real ones with {shown(floor.mean, floor.std)}."
    )


def best(result: QualityResult, where: str, measure: str) -> str:
    """The model with the smallest distance; of the two-sample test, with the AUC nearest to 0.5."""

    def distance(model: str) -> float:
        values: Values = getattr(result.models[model], where)
        return abs(values[measure].mean - 0.5) if measure == C2ST else values[measure].mean

    return min(result.models, key=distance)


def shown(mean: float, std: float | None) -> str:
    """A mean with its spread, or what there is of one run."""
    return value_error(mean, std) if std else significant(mean)
