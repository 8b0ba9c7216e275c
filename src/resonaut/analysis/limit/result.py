"""What a limit says: the content of result.json, typed. Cross-sections in pb."""

from __future__ import annotations

from dataclasses import dataclass, field

from resonaut.runs.as_json import AsJson

__all__ = ["CutLimit", "LimitResult", "LimitRow", "ShapeRow", "ToyRow"]

Bands = tuple[float, float, float, float, float]
"""Expected limits at -2, -1, 0, 1, 2 sigma of the background's fluctuations."""


@dataclass(frozen=True, kw_only=True)
class ShapeRow:
    """The signal's fitted shape: masses in GeV, tails in widths; the share of its events in the signal region."""

    mean: float
    mean_error: float
    width: float
    width_error: float
    low: float
    n_low: float
    high: float
    n_high: float
    ks: float
    p_value: float
    in_region: float


@dataclass(frozen=True, kw_only=True)
class LimitRow:
    """One cut at one injected cross-section.

    Args:
        cut: Background efficiency; 1 for no cut, whose efficiency for signal does not depend on an injection.
        injected_pb: With how much signal the search was trained; None without a cut.
        n_injected: Events, on average over the trainings.
        efficiency: Share of the signal in the mass window that passes.
        efficiency_error: Binomial and between the trainings.
        observed_pb: Excluded at that efficiency; None where no signal passes.
        expected_pb: The same for background, and its fluctuations.
    """

    cut: float
    injected_pb: float | None
    n_injected: float
    efficiency: float
    efficiency_error: float
    observed_pb: float | None
    expected_pb: Bands | None


@dataclass(frozen=True, kw_only=True)
class CutLimit:
    """The limit with one cut.

    Args:
        cut: Background efficiency; 1 for none.
        observed: Events in the signal region.
        expected: Background events.
        expected_error: Their error.
        estimate: "fit" of the selected spectrum, or "template" where it holds too few events.
        n_bins: Of the signal region, after merging.
        observed_pb: The limit: the least over the injections of the larger of what was injected and what is excluded.
        expected_pb: Likewise; None where no signal passes.
        refused: Why no limit is set with this cut.
    """

    cut: float
    observed: int
    expected: float
    expected_error: float
    estimate: str
    n_bins: int
    observed_pb: float | None
    expected_pb: Bands | None
    refused: str | None


@dataclass(frozen=True, kw_only=True)
class ToyRow:
    """Limits by toys at the efficiency behind the quoted limit, beside the asymptotic ones there."""

    n_toys: int
    observed_pb: float
    median_pb: float
    asymptotic_observed_pb: float
    asymptotic_median_pb: float


@dataclass(frozen=True, kw_only=True)
class LimitResult(AsJson):
    """The result of a limit; the keys are those of result.json.

    Args:
        method: The search.
        region: Signal region, GeV.
        sidebands: Outer edges, GeV.
        fit_range: Of the spectra, GeV.
        luminosity_fb: Of the events.
        acceptance: Share of the generated signal that is in the mass window.
        acceptance_from: "simulated", "given", or "assumed" (1: the limit is on cross-section times acceptance).
        n_signal: Simulated signal events in the window.
        shape: Of the signal.
        cut: The one with the best expected limit.
        observed_pb: The limit.
        expected_pb: What was expected.
        grid_limited: Whether the limit or its median is an injected cross-section itself: a finer grid may lower it.
        cuts: All of them.
        grid: Every cut at every injected cross-section.
        toys: None where none were asked for.
        systematics: Relative uncertainties.
        seed: Of the run.
        seconds: By stage.
    """

    method: str
    region: tuple[float, float]
    sidebands: tuple[float, float]
    fit_range: tuple[float, float]
    luminosity_fb: float
    acceptance: float
    acceptance_from: str
    n_signal: int
    shape: ShapeRow
    cut: float
    observed_pb: float
    expected_pb: Bands
    grid_limited: bool
    cuts: list[CutLimit]
    grid: list[LimitRow]
    toys: ToyRow | None
    systematics: dict[str, float]
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)
