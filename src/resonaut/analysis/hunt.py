"""The main job: search one region, or scan for a resonance of any mass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resonaut.analysis.loading import input_name
from resonaut.analysis.result import HuntResult
from resonaut.analysis.running import cross_fitted
from resonaut.analysis.scan.pipeline import run_scan
from resonaut.analysis.settings import HuntSettings
from resonaut.analysis.window import run_window
from resonaut.events.events import Events
from resonaut.protocols import Search
from resonaut.registry import check_config, read_config
from resonaut.searches.crossfit import CrossFit

__all__ = ["hunt", "run_hunt"]


def hunt(
    events: Events | str | Path | None = None,
    *,
    region: str = "3300:3700",
    sidebands: str = "2300:5000",
    features: str | Sequence[str] = "baseline",
    mass: str = "mjj",
    format: str | None = None,
    search: Search | None = None,
    efficiencies: Sequence[float] = (0.1, 0.01, 0.001),
    scan: str | Mapping[str, Any] | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> HuntResult:
    """Search events for a resonance.

    Args:
        events: A file, events in memory, or None for the embedded demo events.
        region: Signal region LOW:HIGH, GeV.
        sidebands: Outer edges of the sidebands LOW:HIGH, GeV.
        features: A feature set's name, or columns.
        mass: Column of the resonant mass.
        format: The file's format, where looking at it should not decide.
        search: The method; by default cross-fitted CATHODE. It is not modified.
        efficiencies: Background efficiencies of the cuts.
        scan: Search windows with these centres, LOW:HIGH, GeV, instead of `region`; or all settings of `ScanSettings`.
        seed: The same seed gives the same result; None draws one.
        out: Folder of the run; None keeps the result in memory.
        workers: Processes that search windows of a scan, or make features where events come as particles.
        progress: Say what is being done, on standard error.

    Returns:
        Counts, expectations, p-values and the claim.

    Raises:
        ResonautError: the input cannot be used.
    """
    if isinstance(events, Events):
        features, mass = events.names, events.mass_name
    settings = read_config(
        HuntSettings,
        {
            "events": input_name(events),
            "format": format,
            "region": region,
            "sidebands": sidebands,
            "features": features,
            "mass": mass,
            "efficiencies": efficiencies,
            "scan": scan,
            "seed": seed,
        },
    )
    in_memory = events if isinstance(events, Events) else None
    return run_hunt(settings, search, events=in_memory, out=out, workers=workers, progress=progress)


def run_hunt(
    settings: HuntSettings,
    search: Search | None = None,
    *,
    events: Events | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> HuntResult:
    """Search events for a resonance, all settings in one object; `hunt` says what they mean."""
    settings = check_config(settings)
    given = cross_fitted(CrossFit() if search is None else search)
    run = run_window if settings.scan is None else run_scan
    return run(settings, given, events=events, out=out, workers=workers, progress=progress)
