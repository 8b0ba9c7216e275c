"""Density models side by side: do they close in the sidebands, and interpolate into the signal region, at what cost?

events -> split of each seed (sidebands: learnt from | held out; signal region: halves)
-> floor: real against real -> each density trained, sampled at real masses, compared
-> means and spreads over the seeds

Every finished cell (a density, a seed) is kept, so that the same command goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from resonaut.analysis.loading import input_name
from resonaut.analysis.quality import tables
from resonaut.analysis.quality.cell import Cell
from resonaut.analysis.quality.measuring import MeasureCell, read_compared
from resonaut.analysis.quality.models import DEFAULT_MODELS, REAL, read_models
from resonaut.analysis.quality.result import QualityResult, Sizes, floor_of, summarise
from resonaut.analysis.result import Stopwatch
from resonaut.analysis.running import content_of, open_run, source_of
from resonaut.analysis.settings import QualitySettings
from resonaut.errors import ConfigError
from resonaut.events.events import Events
from resonaut.protocols import Density
from resonaut.registry import check_config, dump_config, read_config
from resonaut.scans.executors import Executor, on_this_machine
from resonaut.scans.once import Once
from resonaut.scans.scan import scan
from resonaut.scans.store import Store

__all__ = ["compare_densities", "run_quality"]


def compare_densities(
    events: Events | str | Path | None = None,
    *,
    models: Sequence[str] | Mapping[str, Any] = DEFAULT_MODELS,
    seeds: int = 10,
    region: str = "3300:3700",
    sidebands: str = "2300:5000",
    features: str | Sequence[str] = "baseline",
    mass: str = "mjj",
    format: str | None = None,
    validation_fraction: float = 0.43,
    seed: int | None = None,
    out: str | Path | None = None,
    cells: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: bool = False,
) -> QualityResult:
    """Train densities in the sidebands and hold what they generate against real events.

    Args:
        events: A file, events in memory, or None for the embedded demo events.
        models: Names of densities; or, by the name of a row, densities, names or tables of settings.
        seeds: Trainings of each.
        region: Signal region LOW:HIGH, GeV.
        sidebands: Outer edges of the sidebands LOW:HIGH, GeV.
        features: A feature set's name, or columns.
        mass: Column of the resonant mass.
        format: The file's format, where looking at it should not decide.
        validation_fraction: Sideband events held out of the trainings.
        seed: The same seed gives the same result; None draws one.
        out: Folder of the run; None keeps the result in memory.
        cells: Folder of finished trainings, which several runs may share; by default `cells` inside the run's folder.
        executor: Where densities are trained; by default here, or in `workers` processes.
        workers: Processes that train, a thread each; with 1 it is this one, with all its threads.
        progress: Say what is being done, on standard error.

    Returns:
        Every distance of every model, beside the floor, and what the models cost.

    Raises:
        ResonautError: the input cannot be used.
    """
    if isinstance(events, Events):
        features, mass = events.names, events.mass_name
    settings = read_config(
        QualitySettings,
        {
            "events": input_name(events),
            "format": format,
            "region": region,
            "sidebands": sidebands,
            "features": features,
            "mass": mass,
            "seeds": seeds,
            "validation_fraction": validation_fraction,
            "seed": seed,
        },
    )
    in_memory = events if isinstance(events, Events) else None
    return run_quality(
        settings, models, events=in_memory, out=out, cells=cells, executor=executor, workers=workers, progress=progress
    )


def run_quality(
    settings: QualitySettings,
    models: Sequence[str] | Mapping[str, Any] = DEFAULT_MODELS,
    *,
    events: Events | None = None,
    out: str | Path | None = None,
    cells: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    progress: bool = False,
) -> QualityResult:
    """Compare densities, all settings in one object; `compare_densities` says what they mean."""
    settings = check_config(settings)
    densities = read_models(models)
    n_seeds = _seeds_of_rows(settings, densities)
    source = source_of(settings, events)
    watch = Stopwatch(progress)
    with watch.stage("read", "reading events"):
        read = Once(partial(read_compared, source, settings))
        compared = read(workers=workers, progress=progress)
        real, loaded = compared.real, compared.loaded
        parts = real.split(settings.validation_fraction, seed=0)  # its sizes are every seed's
    # Only now: a folder is not made for events that cannot be used.
    rows = {row: dump_config(density) for row, density in densities.items()}
    folder, settings = open_run(out, settings, {"models": rows}, [source])
    if folder is not None and folder.complete:
        return QualityResult.from_json(folder.result())

    measure = MeasureCell(
        events=read,
        settings=settings,
        densities=densities,
        n_seeds=n_seeds,
        checkpoints=None if folder is None else folder.path / "checkpoints",
    )
    # Seed by seed, so that what is there early is there of every row.
    repeats = range(max(n_seeds.values()))
    wanted = [
        {"row": row, "repeat": k, "density": rows.get(row)}
        for k in repeats
        for row in (REAL, *rows)
        if row == REAL or k < n_seeds[row]
    ]
    place = cells if cells is not None or folder is None else folder.path / "cells"
    with watch.stage("cells", "training and measuring", shows_progress=True):
        made = scan(
            measure,
            wanted,
            store=None if place is None else Store(Path(place), _depends_on(source, settings)),
            executor=executor or on_this_machine(workers),
            progress="training" if progress else "",
        )
    by_row: dict[str, list[Cell]] = {row: [] for row in (REAL, *rows)}
    for cell, content in zip(wanted, made, strict=True):
        by_row[str(cell["row"])].append(Cell.from_json(content, "a cell"))
    floor = by_row.pop(REAL)
    result = QualityResult(
        region=settings.mass_region().window,
        sidebands=settings.mass_region().sidebands,
        features=loaded.names,
        n_events=len(loaded) + loaded.n_unusable,
        n_unusable=loaded.n_unusable,
        exclusions=dict(loaded.exclusions),
        sizes=Sizes(
            training=len(parts.training), sideband=len(parts.sideband.real), signal_region=len(parts.signal_region.real)
        ),
        real_signal_region=real.kind,
        n_signal=real.n_signal,
        models=summarise({row: _registered_name(density) for row, density in densities.items()}, by_row),
        floor=floor_of(floor),
        seed=int(settings.seed or 0),
        workers=workers,
        seconds=watch.seconds,
    )
    if folder is not None:
        samples = {"sideband": real.sideband, "signal_region": real.signal_region}
        folder.write_table("tables/distances.parquet", tables.distance_table(by_row, floor))
        folder.write_table("tables/features.parquet", tables.feature_table(by_row, samples, compared.edges))
        folder.write_table("tables/training.parquet", tables.training_table(by_row))
        folder.write_table("tables/costs.parquet", tables.cost_table(by_row))
        folder.write_json("result.json", result.to_json())
    return result


def _seeds_of_rows(settings: QualitySettings, rows: Mapping[str, Density]) -> dict[str, int]:
    """How often each is trained."""
    if unknown := sorted(set(settings.seeds_at_most) - set(rows)):
        raise ConfigError(f"seeds_at_most names '{unknown[0]}', which is no model here; choose from {', '.join(rows)}")
    return {row: min(settings.seeds, settings.seeds_at_most.get(row, settings.seeds)) for row in rows}


def _depends_on(source: Events | Path | None, settings: QualitySettings) -> dict[str, Any]:
    """What every cell depends on beside its density, whatever the run is called and however many rows it has."""
    read = content_of({"events": source})
    used = {name: getattr(settings, name) for name in ("region", "sidebands", "mass", "seed", "validation_fraction")}
    return read | used | {"features": list(settings.features)}


def _registered_name(density: Density) -> str:
    _, name = vars(type(density)).get("registered_as", ("density", type(density).__name__))
    return str(name)
