"""`resonaut integrate`: cross-sections and parton-level events from a matrix element."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_threads

if TYPE_CHECKING:
    from rich.table import Table

    from resonaut.analysis.integration import IntegrationRun

__all__ = ["integrate"]


def integrate(
    process: str | None = None,
    /,
    *,
    mll_min: float | None = None,
    zprime_mass: float | None = None,
    pt_min: float | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    energy: float | None = None,
    evaluations: int | None = None,
    events: int | None = None,
    lhe: Path | None = None,
    overweight: float | None = None,
    refine: Literal["auto", "always", "never"] | None = None,
    common: Common | None = None,
) -> None:
    """Integrate a hard process by neural importance sampling, and draw its unweighted events.

    A VEGAS grid is adapted first; a flow is trained on top of it where the grid alone would reject more than half of
    the points, and the table says which it was. Events go to a Les Houches file, which `resonaut simulate lhe` showers.

    Parameters
    ----------
    process
        drell-yan (gamma*/Z/Z' to e+ e-), ttbar, w-jet (W -> e nu with a jet), higgs-4l (g g -> H -> 2e 2mu),
        or wprime-xy (W' -> X Y -> four quarks). [default: drell-yan]
    mll_min
        Of drell-yan, the least mass of the pair, GeV. [default: 60]
    zprime_mass
        Of drell-yan, the mass of a Z' with the Z's couplings, GeV; without it there is none.
    pt_min
        Of w-jet and ttbar, the least pT of the jet or the tops, GeV. [default: 30 for w-jet]
    settings
        A parameter of the process, such as mass_wprime=4000 (GeV), or of the integrator, such as
        integrator.rounds=8; repeatable.
    energy
        Centre-of-mass energy of the protons, GeV. [default: 13000]
    evaluations
        Points for the cross-section. [default: 200000]
    events
        Unweighted events, written to --lhe.
    lhe
        Their file; gzipped where it ends in .gz.
    overweight
        Part of the cross-section above the weight that is always accepted; such events are repeated. [default: 0.001]
    refine
        Whether to train a flow: auto, always, never. [default: auto]
    """
    from resonaut.analysis.integration import IntegrationSettings, run_integration
    from resonaut.integration.integrator import Integrator
    from resonaut.registry import read_config

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "integrator"))
    of_integrator = [assignment for assignment in settings if assignment.startswith("integrator.")]
    of_process = [assignment for assignment in settings if assignment not in of_integrator]
    parameters = apply_settings(recipe["run"].get("parameters", {}), of_process)
    parameters |= without_none(mll_min=mll_min, zprime_mass=zprime_mass, pt_min=pt_min)
    given = without_none(
        process=process,
        energy=energy,
        evaluations=evaluations,
        events=events,
        lhe=None if lhe is None else str(lhe),
        overweight=overweight,
        seed=common.seed,
    )
    run = read_config(IntegrationSettings, recipe["run"] | given | {"parameters": parameters})
    how = apply_settings({"integrator": recipe["integrator"]}, of_integrator)["integrator"] | without_none(
        refine=refine
    )
    out = run_folder(common, "integrate", run.process)
    use_threads(common)

    result = run_integration(run, read_config(Integrator, how), out=out, progress=True)
    finish(out, _table(result), *([] if run.lhe is None else [f"Events: {run.lhe}"]))


def _table(result: IntegrationRun) -> Table:
    from rich.table import Table

    table = Table(caption=_caption(result), caption_justify="left")
    for name in ("process", "cross-section", "sampled by", "efficiency", "evaluations", "events"):
        table.add_column(name, justify="left" if name == "process" else "right")
    table.add_row(
        result.process,
        f"{result.cross_section_pb:.6g} ± {result.error_pb:.2g} pb",
        "flow on VEGAS grid" if result.refined else "VEGAS grid",
        f"{result.unweighting_efficiency:.1%}",
        f"{result.n_evaluations:,}",
        f"{result.n_events:,}" if result.n_events else "-",
    )
    return table


def _caption(result: IntegrationRun) -> str:
    lines = []
    if not result.refined:
        lines.append("The VEGAS grid was used as it is: --refine always would train a flow on top of it.")
    if result.n_nonfinite:
        lines.append(f"{result.n_nonfinite:,} points had no finite value and count as zero.")
    if result.n_overweight:
        lines.append(f"{result.n_overweight:,} accepted points were overweight; they are repeated by their weights.")
    return "\n".join(lines)
