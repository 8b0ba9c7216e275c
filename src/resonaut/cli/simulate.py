"""`resonaut simulate`: collision events from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, console, n_cores

__all__ = ["simulate"]


def simulate(
    process: str = "lhco-rnd",
    /,
    *,
    events: int = 20_000,
    signal: int = 0,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    radius: float = 1.0,
    leading_pt: float = 1200.0,
    eta_max: float = 2.5,
    mass_range: str | None = None,
    features: str = "baseline",
    constituents: bool = False,
    common: Common | None = None,
) -> None:
    """Simulate a process: Pythia 8, a parameterised CMS detector, anti-kT jets, features; into Parquet.

    A production that was interrupted goes on when the same command is given again. FILE.run/manifest.json records
    settings, seeds, versions, cross-sections and every event that was left out.

    Parameters
    ----------
    process
        lhco-rnd (QCD dijets and W' -> X Y -> qq qq), qcd or wprime-xy.
    events
        Selected events; of lhco-rnd, its background.
    signal
        Selected signal events of lhco-rnd.
    settings
        A parameter of the process, KEY=VALUE in GeV, such as mass_wprime=4000; repeatable.
    radius
        Of the anti-kT jets.
    leading_pt
        The leading jet's least pT, GeV.
    eta_max
        Largest |eta| of the jets.
    mass_range
        Keep dijet masses LOW:HIGH only, GeV.
    features
        A feature set's name.
    constituents
        Keep the jets' constituents.
    """
    from rich.table import Table

    from resonaut.searches.regions import interval
    from resonaut.simulation.production import simulate as produce

    common = common or Common()
    out = common.out or Path(f"{process}.parquet")
    result = produce(
        process,
        events=events,
        signal=signal,
        out=out,
        seed=common.seed or 0,
        workers=common.workers or n_cores(),
        parameters=apply_settings({}, settings),
        radius=radius,
        leading_pt=leading_pt,
        eta_max=eta_max,
        mass_range=None if mass_range is None else interval(mass_range, "mass range"),
        features=features,
        constituents=constituents,
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
    printer.print(
        f"{result.path}: {result.n_events:,} events in {result.seconds:.0f} s", highlight=False, soft_wrap=True
    )
