"""`resonaut hunt`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from resonaut.cli.options import Common, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_threads
from resonaut.cli.search import search_settings

__all__ = ["hunt"]


def hunt(
    events: Path | None = None,
    /,
    *,
    region: str | None = None,
    sidebands: str | None = None,
    features: str | None = None,
    mass: str | None = None,
    format: str | None = None,
    method: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    folds: int | None = None,
    cuts: str | None = None,
    scan: str | None = None,
    scan_width: float | None = None,
    scan_step: float | None = None,
    toys: int | None = None,
    common: Common | None = None,
) -> None:
    """Search events for a resonance, and say how significant it is.

    Learns from the sidebands what background looks like, points at the events of the signal region that do not fit,
    cuts on how little they fit, and compares what is left with two independent estimates of the background. Prints a
    table and writes a run folder with report.html.

    Parameters
    ----------
    events
        Parquet, ROOT with one TTree, or LHC Olympics HDF5 with features or particles; without it, the embedded demo
        events.
    region
        Signal region LOW:HIGH in GeV. [default: 3300:3700]
    sidebands
        Outer edges of the sidebands, LOW:HIGH in GeV. [default: 2300:5000]
    features
        A feature set's name, or columns with commas between them. [default: baseline]
    mass
        Column of the resonant mass, in GeV. [default: mjj]
    format
        Format of EVENTS, where looking at the file should not decide.
    method
        anode, cathode, combination, cwola, full-cathode, idealised, lacathode, outlier, ranode or supervised.
        [default: cathode]
    settings
        A setting of the method, KEY=VALUE, such as density.bins=8; repeatable.
    folds
        Parts of the data, each scored by what was trained on the others. [default: 5]
    cuts
        Background efficiencies of the cuts, with commas between them. [default: 0.1,0.01,0.001]
    scan
        Instead of one region, windows that overlap: their centres LOW:HIGH in GeV, such as 2900:4500.
    scan_width
        Width in GeV of a window at 3500 GeV; it scales with the mass. [default: 400]
    scan_step
        From a window to the next, in widths. [default: 0.5]
    toys
        Background-only repetitions of the scan, for the global p-value. [default: 1000]
    """
    from resonaut.analysis.hunt import run_hunt
    from resonaut.analysis.settings import HuntSettings
    from resonaut.cli.table import hunt_table, scan_table
    from resonaut.errors import ConfigError
    from resonaut.registry import read_config

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "search"))
    given = without_none(
        events=None if events is None else str(events),
        region=region,
        sidebands=sidebands,
        features=features,
        mass=mass,
        format=format,
        efficiencies=None if cuts is None else cuts.split(","),
        seed=common.seed,
    )
    windows = without_none(centres=scan, width=scan_width, step=scan_step, toys=toys)
    if windows:
        given["scan"] = _as_table(recipe["run"].get("scan", {})) | windows
        if "centres" not in given["scan"]:
            raise ConfigError("--scan-width, --scan-step and --toys are of a scan; give its centres, --scan LOW:HIGH")
    if region is not None and ("scan" in given or "scan" in recipe["run"]):
        raise ConfigError(f"--region {region} is one window and --scan many; give one of them")
    run = read_config(HuntSettings, recipe["run"] | given)
    search = read_config("search", search_settings(recipe["search"], method, settings, folds))
    out = run_folder(common, "hunt", run.events)

    result = run_hunt(run, search, out=out, workers=use_threads(common), progress=True)
    scanned = () if result.scan is None else (scan_table(result),)
    finish(out, *scanned, hunt_table(result), f"Claim: {result.claim}.")


def _as_table(scan: str | dict[str, Any]) -> dict[str, Any]:
    """A recipe's scan, which may be its centres alone."""
    return {"centres": scan} if isinstance(scan, str) else scan
