"""What a pipeline is asked: the [run] table of run.toml and of recipes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval
from pydantic import BeforeValidator

from resonaut.errors import ConfigError
from resonaut.features.sets import FEATURE_SETS, resolve
from resonaut.registry import settings
from resonaut.searches.regions import Region
from resonaut.statistics.floor import Floor
from resonaut.statistics.region_model import Systematics

__all__ = [
    "BenchmarkSettings",
    "HuntSettings",
    "LimitSettings",
    "QualitySettings",
    "ScanSettings",
    "WindowSettings",
]

Efficiency = Annotated[float, Interval(gt=0, lt=1)]
Share = Annotated[float, Interval(ge=0, lt=1)]
AtLeastOne = Annotated[int, Ge(1)]


def _columns(features: object) -> object:
    """A feature set's name, or columns with commas between them, or a list of columns."""
    return resolve(features) if isinstance(features, str | list | tuple) else features


def _scan(scan: object) -> object:
    """The centres alone, LOW:HIGH, or a table with all settings of a scan."""
    return {"centres": scan} if isinstance(scan, str) else scan


def _feature_sets(features: object) -> object:
    """Several sets with commas between their names, or columns with commas between them, which are one set."""
    if not isinstance(features, str):
        return features
    parts = [part.strip() for part in features.split(",") if part.strip()]
    return parts if any(part in FEATURE_SETS for part in parts) or len(parts) == 1 else [",".join(parts)]


@settings
@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """Which events, and where in mass.

    Args:
        events: A file, "demo" for the embedded events, or "memory:..." for events given in Python.
        format: The file's format, where looking at it should not decide.
        region: Signal region LOW:HIGH, GeV.
        sidebands: Outer edges of the sidebands LOW:HIGH, GeV.
        features: A feature set's name, or columns.
        mass: Column of the resonant mass, GeV.
        seed: Fixes every random draw; None draws one, which run.toml then records.
    """

    events: str = "demo"
    format: str | None = None
    region: str = "3300:3700"
    sidebands: str = "2300:5000"
    features: Annotated[tuple[str, ...], BeforeValidator(_columns)] = resolve("baseline")
    mass: str = "mjj"
    seed: int | None = None

    def mass_region(self) -> Region:
        """The region and its sidebands."""
        return Region.parse(self.region, self.sidebands)


@settings
@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    """Signal regions that overlap, one hunt in each.

    Args:
        centres: Of the windows, LOW:HIGH, GeV.
        width: Of a window at 3500 GeV, GeV; it scales with the mass, as the resolution does.
        step: From a window to the next, in widths.
        toys: Background-only repetitions of the scan, for the global p-value.
    """

    centres: str
    width: Annotated[float, Interval(gt=0, lt=3500)] = 400.0
    step: Annotated[float, Interval(gt=0, le=1)] = 0.5
    toys: Annotated[int, Ge(10)] = 1000


@settings
@dataclass(frozen=True, kw_only=True)
class HuntSettings(WindowSettings):
    """What is searched, and where.

    Args:
        efficiencies: Background efficiencies of the cuts; their number is the quoted p-value's trials factor.
        scan: Windows to be searched one after the other instead of the one region.
    """

    verb: Literal["hunt"] = "hunt"
    efficiencies: tuple[Efficiency, ...] = (0.1, 0.01, 0.001)
    scan: Annotated[ScanSettings | None, BeforeValidator(_scan)] = None


@settings
@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings(WindowSettings):
    """Which methods are compared on what; `analysis.benchmark.division` says how the events are divided.

    Args:
        features: Feature sets by name; columns with commas between them are a set of their own.
        signal: A file of more signal events to inject.
        known: A file of labelled events for methods that need truth.
        test: A file of labelled events to read the curves on.
        injections: Signal events in the whole mass window.
        seeds: How many times each cell is repeated, with other signal events, another division and other trainings.
        seed: The first of the seeds; those that follow are counted up from it.
        known_share: Of the signal region's background, what is known to methods that ask for it.
        test_share: Likewise, what the curves are read on.
        shift: Fraction of the mass that is added to the jet-mass features.
        noise_features: Columns of Gaussian noise that are added.
        floor: Where the maximum of the SIC is read: a name of `statistics.floor`, a number of background events, or a
            background efficiency.
    """

    verb: Literal["benchmark"] = "benchmark"
    features: Annotated[tuple[str, ...], BeforeValidator(_feature_sets)] = ("baseline",)
    signal: str | None = None
    known: str | None = None
    test: str | None = None
    injections: tuple[Annotated[int, Ge(0)], ...] = (150, 300)
    seeds: Annotated[int, Ge(1)] = 2
    known_share: Share = 0.25
    test_share: Share = 0.25
    shift: float = 0.0
    noise_features: Annotated[int, Ge(0)] = 0
    floor: str | float = "background-20"

    def __post_init__(self) -> None:
        for name in self.features:
            resolve(name)
        Floor.read(self.floor)
        if self.known_share + self.test_share >= 1:
            raise ConfigError(
                f"known_share {self.known_share:g} and test_share {self.test_share:g} leave no data; their sum must be "
                "below 1"
            )

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of each feature set."""
        return {name: resolve(name) for name in self.features}


@settings
@dataclass(frozen=True, kw_only=True)
class QualitySettings(WindowSettings):
    """How densities are held against real events.

    Args:
        seeds: Trainings of each density, every one on another split of the events.
        seeds_at_most: Rows that get fewer, by name, because they are slow.
        validation_fraction: Sideband events that no density sees, and with which generated ones are compared; by
            default 380k of 880k, as in the published comparison of DDPM, MAF and CVAE.
    """

    verb: Literal["quality"] = "quality"
    seeds: AtLeastOne = 10
    seeds_at_most: dict[str, AtLeastOne] = field(default_factory=dict)
    validation_fraction: Annotated[float, Interval(gt=0, lt=1)] = 0.43


@settings
@dataclass(frozen=True, kw_only=True)
class LimitSettings(WindowSettings):
    """Which signal is to be excluded, and with what it is looked for.

    Args:
        signal: A file of simulated signal, "demo" for the embedded one, or "memory:..." for events given in Python.
        luminosity: Of the events, fb^-1; None for the demo's own.
        acceptance: Share of the generated signal that is in the file; None for what its production says, else 1.
        efficiencies: Background efficiencies of the cuts; the one with the best expected limit is used.
        injections: Cross-sections at which the search is trained anew, pb; without any, a few that the search may just
            see.
        repeats: Trainings at each, with other injected events.
        toys: Spectra at each strength and hypothesis of the limit by toys; 0 for none.
        systematics: Relative uncertainties.
    """

    verb: Literal["limit"] = "limit"
    signal: str = "demo"
    luminosity: Annotated[float, Gt(0)] | None = None
    acceptance: Annotated[float, Interval(gt=0, le=1)] | None = None
    efficiencies: tuple[Efficiency, ...] = (0.1, 0.01, 0.001)
    injections: tuple[Annotated[float, Gt(0)], ...] = ()
    repeats: Annotated[int, Ge(1)] = 1
    toys: Annotated[int, Ge(0)] = 1000
    systematics: Systematics = field(default_factory=Systematics)
