"""`resonaut simulate`: collision events from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, console, n_cores, read_recipe, without_none

__all__ = ["simulate"]


def simulate(
    process: str | None = None,
    /,
    *,
    events: int | None = None,
    signal: int | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    radius: float | None = None,
    leading_pt: float | None = None,
    eta_max: float | None = None,
    mass_range: str | None = None,
    features: str | None = None,
    constituents: bool | None = None,
    format: str | None = None,
    report: bool = False,
    common: Common | None = None,
) -> None:
    """Simulate a process: Pythia 8, a parameterised CMS detector, anti-kT jets, features; into a file.

    A production that was interrupted goes on when the same command is given again. FILE.run/manifest.json records
    settings, seeds, versions, cross-sections and every event that was left out.

    Parameters
    ----------
    process
        lhco-rnd (QCD dijets and W' -> X Y -> qq qq), qcd, wprime-xy, or blackbox: QCD dijets that may hide a resonance,
        without labels; `resonaut unseal` tells. [default: lhco-rnd]
    events
        Selected events; of lhco-rnd, its background; of blackbox, all. [default: 20000]
    signal
        Selected signal events of lhco-rnd. [default: 0]
    settings
        A parameter of the process, KEY=VALUE in GeV, such as mass_wprime=4000; repeatable.
    radius
        Of the anti-kT jets. [default: 1.0]
    leading_pt
        The leading jet's least pT, GeV. [default: 1200]
    eta_max
        Largest |eta| of the leading jet. [default: 2.5]
    mass_range
        Keep dijet masses LOW:HIGH only, GeV.
    features
        A feature set's name. [default: baseline]
    constituents
        Keep the jets' constituents.
    format
        parquet; root (a TTree); lhco or lhco-particles, the LHC Olympics' HDF5 layouts, readable by pandas. lhco holds
        momenta, masses and tau1..3 of both jets; lhco-particles the two jets' constituents and no other particle, at
        most 700 an event. [default: parquet]
    report
        Also write FILE.run/report.html: distributions, mean jet images, event displays, all that the manifest says;
        of a Parquet file.
    """
    from rich.table import Table

    from resonaut.cli.settings import SimulationSettings
    from resonaut.events.output import output_format
    from resonaut.registry import read_config
    from resonaut.searches.regions import interval
    from resonaut.simulation.finished import require_parquet
    from resonaut.simulation.production import recorded_seed
    from resonaut.simulation.production import simulate as produce

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run",))["run"]
    given = without_none(
        process=process,
        events=events,
        signal=signal,
        radius=radius,
        leading_pt=leading_pt,
        eta_max=eta_max,
        mass_range=mass_range,
        features=features,
        constituents=constituents,
        format=format,
        seed=common.seed,
    )
    parameters = apply_settings(recipe.get("parameters", {}), settings)
    run = read_config(SimulationSettings, recipe | given | {"parameters": parameters})
    if report:
        require_parquet(run.format)
    out = common.out or Path(run.process + output_format(run.format).suffix)
    result = produce(
        run.process,
        events=run.events,
        signal=run.signal,
        out=out,
        seed=recorded_seed(out) if run.seed is None else run.seed,
        workers=common.workers or n_cores(),
        parameters=run.parameters,
        radius=run.radius,
        leading_pt=run.leading_pt,
        eta_max=run.eta_max,
        mass_range=None if run.mass_range is None else interval(run.mass_range, "mass range"),
        features=run.features,
        constituents=run.constituents,
        format=run.format,
    )
    table = Table()
    for name in ("process", "events", "generated", "selected", "cross-section"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for name, counts in result.processes.items():
        table.add_row(
            name,
            f"{counts.n_events:,}",
            f"{counts.n_generated:,}",
            f"{counts.filter_efficiency:.1%}",
            f"{counts.cross_section_pb:.3g} ± {counts.cross_section_error_pb:.1g} pb",
        )
    printer = console()
    printer.print(table)
    for what, number in result.left_out.items():
        printer.print(f"Left out: {what}: {number:,}", highlight=False)
    printer.print(
        f"{result.path}: {result.n_events:,} events in {result.seconds:.0f} s", highlight=False, soft_wrap=True
    )
    if report:
        from resonaut.report.page import write_report

        printer.print(f"Report: {write_report(result.path)}", highlight=False, soft_wrap=True)
