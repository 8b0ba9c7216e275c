"""From what a cut leaves in the region to excluded cross-sections, one cut at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any

import numpy as np

from resonaut.analysis.background import Background
from resonaut.analysis.limit.result import Bands, CutLimit, LimitRow
from resonaut.errors import FitError
from resonaut.searches.regions import Region
from resonaut.statistics.bump_hunt import CutResult
from resonaut.statistics.counting import Estimate
from resonaut.statistics.limits import Limits, upper_limits
from resonaut.statistics.region_model import RegionModel, Signal, Systematics, counting_model, spectrum_model
from resonaut.statistics.signal_shape import DoubleCrystalBall

__all__ = ["CutModels", "Efficiency", "Excluded", "exclude", "measure_efficiencies"]


@dataclass(frozen=True, kw_only=True)
class Efficiency:
    """Of a cut for signal, in a search that was trained with so much of it; without a cut nothing is injected."""

    cut: float
    injected_pb: float | None
    n_injected: float
    value: float
    error: float


@dataclass(frozen=True, kw_only=True)
class CutModels:
    """Makes the model of a cut for any efficiency.

    Args:
        row: What was observed and expected.
        background: Both estimates.
        region: The signal region.
        shape: Of the signal.
        events_per_pb: Signal events in the window that 1 pb makes before the cut.
        systematics: Relative uncertainties.
    """

    row: CutResult
    background: Background
    region: Region
    shape: DoubleCrystalBall
    events_per_pb: float
    systematics: Systematics

    @property
    def estimate(self) -> str:
        """Where the background comes from."""
        return "fit" if self.row.efficiency in self.background.fits else "template"

    def model(self, efficiency: Efficiency) -> RegionModel:
        """The region's bins, or, where the selected events are too few for a fit of their own, one bin.

        Raises:
            FitError: the selected spectrum is not described.
        """
        signal = Signal(
            events=self.events_per_pb * efficiency.value,
            efficiency_error=efficiency.error / efficiency.value,
            shape=self.shape,
            window=self.region.sidebands,
        )
        if self.estimate == "fit":
            return spectrum_model(self.background.fits[self.row.efficiency], signal, self.systematics)
        template = Estimate(self.row.expected, self.row.expected_error)
        return counting_model(self.row.observed, template, self.region.window, signal, self.systematics)


@dataclass(frozen=True, eq=False)
class Excluded:
    """A cut's limit, the rows behind it, and the model and curves where what is observed comes from (None without any).

    `grid_limited`: the limit or its median is an injected cross-section itself.
    """

    limit: CutLimit
    rows: list[LimitRow]
    region: RegionModel | None
    curves: Limits | None
    grid_limited: bool


def measure_efficiencies(
    cuts: Sequence[float], results: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, Any]]
) -> list[Efficiency]:
    """Of each cut at each injected cross-section, over the repeated trainings."""
    found = []
    strengths = list(dict.fromkeys(cell["injected_pb"] for cell in cells))
    for k, cut in enumerate(cuts):
        for strength in strengths:
            same = [r for r, cell in zip(results, cells, strict=True) if cell["injected_pb"] == strength]
            passed = np.array([result["n_passed"][k] for result in same])
            held_out = np.array([result["n_held_out"] for result in same])
            each = passed / held_out
            value = float(passed.sum() / held_out.sum())
            spread = float(each.std(ddof=1) / sqrt(len(each))) if len(each) > 1 else 0.0
            binomial = sqrt(value * (1 - value) / held_out.sum())
            n_injected = sum(result["n_injected"] for result in same) / len(same)
            found.append(
                Efficiency(
                    cut=cut,
                    injected_pb=strength,
                    n_injected=n_injected,
                    value=value,
                    error=hypot(binomial, spread),
                )
            )
    return found


def exclude(models: CutModels, efficiencies: Sequence[Efficiency]) -> Excluded:
    """Set the limit with one cut: the least over the injections of the larger of injected and excluded."""
    rows, kept, refused = [], [], None
    for efficiency in efficiencies:
        limits = None
        if efficiency.value > 0:
            try:
                region = models.model(efficiency)
                limits = upper_limits(region.model, region.counts)
                kept.append((efficiency, region, limits))
            except FitError as reason:
                refused = str(reason)
        rows.append(_row(efficiency, limits))
    if not kept and refused is None:
        refused = "no simulated signal passes"
    at_grid = [_not_below(row) for row in rows if row.observed_pb is not None]
    least = tuple(min(column) for column in zip(*at_grid, strict=True)) if at_grid else None
    limit = CutLimit(
        cut=models.row.efficiency,
        observed=models.row.observed,
        expected=models.row.expected,
        expected_error=models.row.expected_error,
        estimate=models.estimate,
        n_bins=len(kept[0][1].counts) if kept else 0,
        observed_pb=None if least is None else least[0],
        expected_pb=None if least is None else (least[1], least[2], least[3], least[4], least[5]),
        refused=refused if least is None else None,
    )
    if least is None:
        return Excluded(limit, rows, None, None, False)
    _, region, curves = min(kept, key=lambda each: max(each[0].injected_pb or 0.0, each[2].observed))
    grid_limited = not {least[0], least[3]}.isdisjoint(efficiency.injected_pb for efficiency in efficiencies)
    return Excluded(limit, rows, region, curves, grid_limited)


def _row(efficiency: Efficiency, limits: Limits | None) -> LimitRow:
    return LimitRow(
        cut=efficiency.cut,
        injected_pb=efficiency.injected_pb,
        n_injected=efficiency.n_injected,
        efficiency=efficiency.value,
        efficiency_error=efficiency.error,
        observed_pb=None if limits is None else limits.observed,
        expected_pb=None if limits is None else limits.expected,
    )


def _not_below(row: LimitRow) -> tuple[float, ...]:
    """Observed and expected; what is excluded at an efficiency that needs more signal than that is not excluded."""
    assert row.observed_pb is not None
    assert row.expected_pb is not None
    bands: Bands = row.expected_pb
    return tuple(max(row.injected_pb or 0.0, each) for each in (row.observed_pb, *bands))
