"""`resonaut limit`: which cross-sections of a signal the events exclude."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_threads
from resonaut.cli.search import search_settings

__all__ = ["limit"]

Repeatable = Parameter(negative=(), show_default=False)


def limit(
    events: Path | None = None,
    /,
    *,
    signal: Path | None = None,
    luminosity: float | None = None,
    acceptance: float | None = None,
    region: str | None = None,
    sidebands: str | None = None,
    features: str | None = None,
    mass: str | None = None,
    format: str | None = None,
    method: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    folds: int | None = None,
    cuts: str | None = None,
    injections: str | None = None,
    repeats: int | None = None,
    systematic: Annotated[tuple[str, ...], Repeatable] = (),
    toys: int | None = None,
    common: Common | None = None,
) -> None:
    """Exclude cross-sections of a signal at 95 % (CLs).

    Searches the events as a hunt does, fits what is left after the cuts, and finds by training anew with injected
    signal how much of it the search would keep. Prints a table and writes a run folder with report.html and the model
    as pyhf workspace and HS3.

    Parameters
    ----------
    events
        Parquet, ROOT with one TTree, or LHC Olympics HDF5; without it, the embedded demo events.
    signal
        Simulated signal with the same columns; without it, the demo's.
    luminosity
        Integrated luminosity of EVENTS, fb^-1; known for the demo.
    acceptance
        Share of the generated signal that is in the file. [default: what its production says, else 1]
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
        The search. [default: cathode]
    settings
        A setting of the method, KEY=VALUE, such as density.bins=8; repeatable.
    folds
        Parts of the data, each scored by what was trained on the others. [default: 5]
    cuts
        Background efficiencies of the cuts, with commas between them. [default: 0.1,0.01,0.001]
    injections
        Cross-sections, pb, at which the search is trained anew, with commas. [default: four, S/√B from 0.5 to 2.5]
    repeats
        Trainings at each of them. [default: 1]
    systematic
        A relative uncertainty, KEY=VALUE: luminosity (0.016), energy_scale (0.02), resolution (0.1), efficiency (0.1),
        background_bias (0.02); repeatable.
    toys
        Toys at each strength for the check of the asymptotic limit; 0 for none. [default: 1000]
    """
    from resonaut.analysis.limit.pipeline import run_limit
    from resonaut.analysis.settings import LimitSettings
    from resonaut.cli.limit_table import limit_table
    from resonaut.registry import read_config

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "search"))
    given = without_none(
        events=None if events is None else str(events),
        signal=None if signal is None else str(signal),
        luminosity=luminosity,
        acceptance=acceptance,
        region=region,
        sidebands=sidebands,
        features=features,
        mass=mass,
        format=format,
        efficiencies=None if cuts is None else cuts.split(","),
        injections=None if injections is None else injections.split(","),
        repeats=repeats,
        toys=toys,
        seed=common.seed,
    )
    given["systematics"] = apply_settings(recipe["run"].get("systematics", {}), systematic)
    run = read_config(LimitSettings, recipe["run"] | given)
    search = read_config("search", search_settings(recipe["search"], method, settings, folds))
    out = run_folder(common, "limit", run.events)

    result = run_limit(run, search, out=out, workers=use_threads(common), progress=True)
    finish(out, limit_table(result))
