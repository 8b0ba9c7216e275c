"""`resonaut quality`: density models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_processes

if TYPE_CHECKING:
    from rich.table import Table

    from resonaut.analysis.quality.result import QualityResult

__all__ = ["quality"]


def quality(
    events: Path | None = None,
    /,
    *,
    models: str | None = None,
    seeds: int | None = None,
    features: str | None = None,
    region: str | None = None,
    sidebands: str | None = None,
    mass: str | None = None,
    format: str | None = None,
    validation_fraction: float | None = None,
    cells: Path | None = None,
    cluster: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    common: Common | None = None,
) -> None:
    """Hold what density models generate against real events, beside what it costs.

    Each model learns in a part of the sidebands, once a seed. Closure: is what it generates there like the events held
    out? Interpolation: is what it generates in the signal region, which it has not seen, like the background there?
    Every distance stands beside that of real events from real events, the floor, at the same sample size. Prints a
    table and writes a run folder with report.html.

    Parameters
    ----------
    events
        Parquet, ROOT with one TTree, or LHC Olympics HDF5 with features or particles; without it, the embedded demo
        events. Where they have no labels, all events of the signal region stand for background.
    models
        Names of densities, or of a recipe's rows, with commas between them. [default: maf,nsf,nsf-ar,ddpm,cvae,cfm]
    seeds
        Trainings of each model. [default: 10]
    features
        A feature set's name, or columns with commas between them. [default: baseline]
    region
        Signal region LOW:HIGH in GeV. [default: 3300:3700]
    sidebands
        Outer edges of the sidebands, LOW:HIGH in GeV. [default: 2300:5000]
    mass
        Column of the resonant mass, in GeV. [default: mjj]
    format
        Format of EVENTS, where looking at the file should not decide.
    validation_fraction
        Sideband events held out of the trainings. [default: 0.43]
    cells
        Folder of finished trainings, which several runs may share. [default: in the run's folder]
    cluster
        Address of a Dask scheduler whose workers train (extra `cluster`).
    settings
        A setting of a model, MODEL.KEY=VALUE, such as maf.transforms=15; repeatable.
    """
    from resonaut.analysis.quality.comparison import run_quality
    from resonaut.analysis.settings import QualitySettings
    from resonaut.registry import read_config
    from resonaut.scans.executors import Dask

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "models"))
    given = without_none(
        events=None if events is None else str(events),
        region=region,
        sidebands=sidebands,
        features=features,
        mass=mass,
        format=format,
        seeds=seeds,
        validation_fraction=validation_fraction,
        seed=common.seed,
    )
    rows = _rows(recipe["models"], models, settings)
    at_most = recipe["run"].get("seeds_at_most")
    if isinstance(at_most, Mapping):  # of the recipe's rows that are left
        given["seeds_at_most"] = {row: n for row, n in at_most.items() if row in rows or row not in recipe["models"]}
    run = read_config(QualitySettings, recipe["run"] | given)
    out = run_folder(common, "quality", run.events)
    result = run_quality(
        run,
        rows,
        out=out,
        cells=cells,
        executor=None if cluster is None else Dask(cluster),
        workers=use_processes(common),
        progress=True,
    )
    finish(out, quality_table(result))


def _rows(recipe: dict[str, Any], chosen: str | None, settings: tuple[str, ...]) -> dict[str, Any]:
    """The models' settings: the recipe's rows or those that are named, changed by --set."""
    from resonaut.analysis.quality.models import DEFAULT_MODELS, read_models
    from resonaut.errors import ConfigError
    from resonaut.registry import dump_config

    wanted = list(recipe or DEFAULT_MODELS)
    if chosen is not None:
        wanted = [name.strip() for name in chosen.split(",") if name.strip()]
    models = read_models({row: recipe.get(row, row) for row in wanted})
    for assignment in settings:
        row = assignment.partition("=")[0].partition(".")[0]
        if row not in models:
            raise ConfigError(f"--set {assignment}: '{row}' is no model here; choose from {', '.join(models)}")
    # Every default is written out, so that one setting of a part can be changed without naming the part again.
    return apply_settings({row: dump_config(density) for row, density in models.items()}, settings)


def quality_table(result: QualityResult) -> Table:
    """Two tables in one: models in columns, distances in rows, first the sidebands, then the signal region; costs."""
    from rich.table import Table

    from resonaut.analysis.quality.result import MEASURES

    models = result.models
    table = Table(
        title=f"{len(models)} models against {result.n_events:,} events",
        caption=_caption(result),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("")
    for row in models:
        table.add_column(row, justify="right")
    table.add_column("floor", justify="right", style="dim")
    size = result.sizes
    for where, title in (
        ("sideband", f"sidebands, {size.sideband:,} events"),
        ("signal_region", f"signal region, {size.signal_region:,} events"),
    ):
        table.add_row(f"[bold]{title}[/bold]")
        for measure in MEASURES:
            values = [getattr(one, where)[measure].mean for one in (*models.values(), result.floor)]
            shown = ".3f" if measure == "c2st" else ".3g"
            table.add_row(measure, *(f"{value:{shown}}" for value in values), end_section=measure == MEASURES[-1])
    table.add_row("[bold]cost[/bold]")
    table.add_row("training, s", *(f"{one.train_seconds:.3g}" for one in models.values()))
    table.add_row("samples / s", *(f"{one.samples_per_second:,.0f}" for one in models.values()))
    table.add_row("weights", *("-" if one.n_weights is None else f"{one.n_weights:,}" for one in models.values()))
    table.add_row("seeds", *(f"{one.seeds}" for one in models.values()))
    return table


def _caption(result: QualityResult) -> str:
    lines = [
        f"Means over the seeds. Trained on {result.sizes.training:,} sideband events, {result.workers} at a time. "
        "floor: real against real events, as many.",
        f"Real events of the signal region: {result.real_signal_region}.",
    ]
    if result.n_unusable:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in result.exclusions.items())
        lines.append(f"{result.n_unusable:,} events could not be used ({reasons}).")
    return "\n".join(lines)
