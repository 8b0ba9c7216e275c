"""`resonaut simulate`: collision events from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, console, n_cores, read_recipe, without_none

if TYPE_CHECKING:
    from resonaut.simulation.processes.parameters import Parameter as ProcessParameter

__all__ = ["simulate"]


def simulate(
    process: str | None = None,
    file: Path | None = None,
    /,
    *,
    list_: Annotated[bool, Parameter(name="--list", negative=())] = False,
    events: int | None = None,
    signal: int | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    radius: float | None = None,
    leading_pt: float | None = None,
    eta_max: float | None = None,
    mass_range: str | None = None,
    parton_mass: str | None = None,
    detector: Literal["cms", "none"] | None = None,
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
        lhco-rnd (qcd with wprime-xy in it), qcd, wprime-xy, wprime-xy3, qstar-qw, zprime-tt, svj, ttbar; pythia and lhe
        read a FILE; blackbox is qcd that may hide a resonance, without labels: `resonaut unseal` tells.
        [default: lhco-rnd]
    file
        A Pythia command file, for pythia, or parton-level events (LHE), for lhe.
    list_
        Say what the processes are, with their parameters and defaults, and do nothing else.
    events
        Selected events; of lhco-rnd, its background; of blackbox, all. [default: 20000]
    signal
        Selected signal events of lhco-rnd. [default: 0]
    settings
        A parameter of the process, such as mass_wprime=4000 (GeV); repeatable.
    radius
        Of the anti-kT jets. [default: 1.0]
    leading_pt
        The leading jet's least pT, GeV. [default: 1200]
    eta_max
        Largest |eta| of the leading jet. [default: 2.5]
    mass_range
        Keep dijet masses LOW:HIGH only, GeV.
    parton_mass
        Of qcd and ttbar, drop events whose leading parton jets have a mass outside of LOW:HIGH, GeV, before they are
        hadronised; wider than --mass-range, it saves time and loses few events.
    detector
        cms, after Delphes' card, or none: true particles. [default: cms]
    features
        A feature set's name, several, or columns, with commas between them. [default: baseline]
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

    if list_:
        list_processes()
        return

    from resonaut.cli.settings import SimulationSettings
    from resonaut.events.output import output_format
    from resonaut.registry import read_config
    from resonaut.searches.regions import interval
    from resonaut.simulation.detector import DelphesCMS, NoDetector
    from resonaut.simulation.finished import require_parquet
    from resonaut.simulation.production import recorded_seed
    from resonaut.simulation.production import simulate as produce

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run",))["run"]
    given = without_none(
        process=process,
        file=None if file is None else str(file),
        events=events,
        signal=signal,
        radius=radius,
        leading_pt=leading_pt,
        eta_max=eta_max,
        mass_range=mass_range,
        parton_mass=parton_mass,
        detector=detector,
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
        file=run.file,
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
        parton_mass=None if run.parton_mass is None else interval(run.parton_mass, "parton mass"),
        detector={"cms": DelphesCMS, "none": NoDetector}[run.detector](),
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
    if result.n_events < result.n_wanted:
        printer.print(
            f"{run.file} holds no more: {result.n_events:,} of the {result.n_wanted:,} events asked for",
            highlight=False,
            soft_wrap=True,
        )
    if report:
        from resonaut.report.page import write_report

        printer.print(f"Report: {write_report(result.path)}", highlight=False, soft_wrap=True)


def _shown(parameter: ProcessParameter) -> str:
    from resonaut.simulation.processes.process import LHCO_LEADING_PT

    default = parameter.default_at(LHCO_LEADING_PT)
    return "none" if default is None else f"{default:g}" + (" GeV" if parameter.kind == "GeV" else "")


def list_processes() -> None:
    """Print every process with its parameters and their defaults."""
    from rich.table import Table

    from resonaut.simulation.processes import BLACKBOX, MIXTURES, PROCESSES

    table = Table()
    for name in ("process", "about", "parameters (--set)"):
        table.add_column(name)
    for mixture in MIXTURES.values():
        table.add_row(mixture.name, mixture.about, f"those of {mixture.background} and {mixture.signal}")
    for process in PROCESSES.values():
        table.add_row(
            process.name,
            process.about,
            "\n".join(
                f"{name}={_shown(parameter)}" + (f"  {parameter.meaning}" if parameter.meaning else "")
                for name, parameter in process.free.items()
            ),
        )
    table.add_row(BLACKBOX, "qcd that may hide a resonance, without labels; `resonaut unseal` tells", "none")
    table.add_row("pythia FILE", "your own Pythia command file (.cmnd)", "label=1  1: signal, 0: background")
    table.add_row("lhe FILE", "parton-level events of any generator, showered", "label=1  1: signal, 0: background")
    console().print(table)
