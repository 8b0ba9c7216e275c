"""What a hunt says: the content of result.json, typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter

from resonaut.runs.as_json import AsJson
from resonaut.statistics.bump_hunt import CutResult
from resonaut.statistics.global_significance import GlobalSignificance

__all__ = [
    "C2ST",
    "CutRow",
    "Cutflow",
    "FeatureClosure",
    "HuntResult",
    "NotScanned",
    "Scan",
    "Sculpting",
    "SpectrumRow",
    "Stopwatch",
    "Truth",
]


@dataclass(frozen=True, kw_only=True)
class CutRow(CutResult):
    """One line of the table: what statistics says of a cut, and what labels, where there are any, add to it.

    Args:
        n_signal: Signal events that pass.
        n_background: Background events that pass.
        expected_z: Median significance of that signal over the template.
    """

    n_signal: int | None = None
    n_background: int | None = None
    expected_z: float | None = None


@dataclass(frozen=True, kw_only=True)
class SpectrumRow:
    """The mass spectrum's fit at one cut, and the peak on top of it."""

    efficiency: float
    chi2: float
    n_dof: int
    p_value: float
    n_shape_parameters: int
    fitted_yield: float
    fitted_yield_error: float
    peak_mass: float | None
    peak_mass_error: float | None


@dataclass(frozen=True, kw_only=True)
class Cutflow:
    """How many events are left after a step."""

    step: str
    events: int


@dataclass(frozen=True, kw_only=True)
class FeatureClosure:
    """Kolmogorov-Smirnov distance of one feature between data and sampled background."""

    where: str
    feature: str
    ks: float
    p: float


@dataclass(frozen=True, kw_only=True)
class C2ST:
    """AUC of a classifier that tells sampled from real sideband events, and of real from real."""

    auc: float
    error: float
    floor: float
    floor_error: float


@dataclass(frozen=True, kw_only=True)
class Sculpting:
    """Whether a cut shapes the mass spectrum.

    Args:
        efficiency: Of the cut.
        chi2: Of the fractions of sideband data and of sampled background that pass, bin by bin of mass.
        n_dof: Bins.
        p_value: Of that.
        bump: Share of its expected events that the cut adds in the signal region by itself: the fraction of sampled
            background that passes there over the one interpolated from both sides, less 1. None where too few pass.
        bump_error: Its error.
        bump_p_value: Two-sided, of no bump.
    """

    efficiency: float
    chi2: float
    n_dof: int
    p_value: float
    bump: float | None
    bump_error: float | None
    bump_p_value: float | None


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Figures of merit in the signal region, where labels are known. SIC = TPR / sqrt(FPR)."""

    n_signal: int
    s_over_b: float
    s_over_sqrt_b: float
    auc: float
    max_sic: float | None
    max_sic_fpr: float | None
    sic_fpr_1e3: float | None


@dataclass(frozen=True, kw_only=True)
class NotScanned:
    """A window that was asked for, and why it was not searched."""

    window: tuple[float, float]
    why: str


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What is known of all windows together.

    Args:
        centres: That were asked for, GeV.
        not_scanned: Windows among them that the spectrum does not allow.
        significance: Of the largest excess that nothing speaks against, after the trials over the windows; None where
            every window is withheld.
    """

    centres: tuple[float, float]
    not_scanned: list[NotScanned]
    significance: GlobalSignificance | None


@dataclass(frozen=True, kw_only=True)
class HuntResult(AsJson):
    """The result of a hunt; the keys are those of result.json.

    `p_quoted` is the smallest local p over the cuts, corrected for having looked at `n_trials` of them. `claim` is
    "made", "none", or "withheld because ...". Of a scan this is the window with the largest excess, `windows` has all
    of them, and `claim`, `p_global` and `z_global` are the scan's; without one these two are None.
    """

    method: str
    region: tuple[float, float]
    sidebands: tuple[float, float]
    fit_range: tuple[float, float]
    n_events: int
    n_unusable: int
    exclusions: dict[str, int]
    cutflow: list[Cutflow]
    n_signal_region: int
    cuts: list[CutRow]
    claim: str
    p_quoted: float
    z_quoted: float
    n_trials: int
    p_global: float | None
    z_global: float | None
    fits: list[SpectrumRow]
    feature_closure: list[FeatureClosure]
    c2st: dict[str, C2ST] | None
    mass_sculpting: list[Sculpting]
    truth: Truth | None
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)
    scan: Scan | None = None
    windows: list[HuntResult] = field(default_factory=list)


@dataclass
class Stopwatch:
    """Seconds a stage took, by name; a spinner says which one is under way where somebody watches."""

    progress: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, doing: str, *, shows_progress: bool = False) -> Iterator[None]:
        """Time a block, and say what it does; a spinner turns unless the block shows its own progress.

        A stage that comes again adds to its seconds.
        """
        from rich.console import Console

        console = Console(stderr=True, quiet=not self.progress)
        if shows_progress and console.is_terminal:
            console.print(f"[dim]           {doing} ...[/dim]", highlight=False)
        start = perf_counter()
        with nullcontext() if shows_progress else console.status(f"{doing} ..."):
            yield
        seconds = perf_counter() - start
        self.seconds[name] = round(self.seconds.get(name, 0.0) + seconds, 2)
        console.print(f"[dim]{seconds:7.1f} s[/dim]  {doing}", highlight=False)
