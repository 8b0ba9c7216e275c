"""Density models side by side: do they close in the sidebands, and interpolate into the signal region, at what cost?

events -> split of each seed (sidebands: learnt from | held out; signal region: halves)
-> floor: real against real -> each density trained, sampled at real masses, compared
-> means and spreads over the seeds

Every finished cell (a density, a seed) is kept in the run's folder, so that the same command goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from resonaut.analysis.loading import input_name
from resonaut.analysis.quality import tables
from resonaut.analysis.quality.cell import Cell, Edges, measure_floor, train_and_measure
from resonaut.analysis.quality.events import RealEvents
from resonaut.analysis.quality.models import DEFAULT_MODELS, REAL, read_models
from resonaut.analysis.quality.result import QualityResult, Sizes, floor_of, summarise
from resonaut.analysis.result import Stopwatch
from resonaut.analysis.running import events_in_window, open_run, read_source, source_of, watched
from resonaut.analysis.settings import QualitySettings
from resonaut.analysis.tables import bin_edges
from resonaut.errors import ConfigError, ResonautError
from resonaut.events.events import Events
from resonaut.protocols import Density
from resonaut.registry import check_config, dump_config, read_config
from resonaut.runs.folder import RunFolder

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
        workers: Processes that make features, where events come as particles.
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
    return run_quality(settings, models, events=in_memory, out=out, workers=workers, progress=progress)


def run_quality(
    settings: QualitySettings,
    models: Sequence[str] | Mapping[str, Any] = DEFAULT_MODELS,
    *,
    events: Events | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> QualityResult:
    """Compare densities, all settings in one object; `compare_densities` says what they mean."""
    import torch

    settings = check_config(settings)
    densities = read_models(models)
    n_seeds = _seeds_of_rows(settings, densities)
    region = settings.mass_region()
    source = source_of(settings, events)
    watch = Stopwatch(progress)
    with watch.stage("read", "reading events"):
        loaded = read_source(source, settings, workers=workers, progress=progress)
        real = RealEvents.of(events_in_window(loaded, region), region)
        parts = real.split(settings.validation_fraction, seed=0)  # its sizes are every seed's
    # Only now: a folder is not made for events that cannot be used.
    methods = {} if out is None else {"models": {row: dump_config(density) for row, density in densities.items()}}
    folder, settings = open_run(out, settings, methods, [source] if isinstance(source, Path) else [])
    if folder is not None and folder.complete:
        return QualityResult.from_json(folder.result())

    samples = {"sideband": real.sideband, "signal_region": real.signal_region}
    edges = {
        where: {name: bin_edges(sample.feature(name)) for name in sample.names} for where, sample in samples.items()
    }
    floor, cells = _measure(real, densities, n_seeds, edges, settings, folder, watch)
    result = QualityResult(
        region=region.window,
        sidebands=region.sidebands,
        features=loaded.names,
        n_events=len(loaded) + loaded.n_unusable,
        n_unusable=loaded.n_unusable,
        exclusions=dict(loaded.exclusions),
        sizes=Sizes(
            training=len(parts.training), sideband=len(parts.sideband.real), signal_region=len(parts.signal_region.real)
        ),
        real_signal_region=real.kind,
        n_signal=real.n_signal,
        models=summarise({row: _registered_name(density) for row, density in densities.items()}, cells),
        floor=floor_of(floor),
        seed=int(settings.seed or 0),
        threads=torch.get_num_threads(),
        seconds=watch.seconds,
    )
    if folder is not None:
        folder.write_table("tables/distances.parquet", tables.distance_table(cells, floor))
        folder.write_table("tables/features.parquet", tables.feature_table(cells, samples, edges))
        folder.write_table("tables/training.parquet", tables.training_table(cells))
        folder.write_table("tables/costs.parquet", tables.cost_table(cells))
        folder.write_json("result.json", result.to_json())
    return result


def _measure(
    real: RealEvents,
    densities: Mapping[str, Density],
    n_seeds: Mapping[str, int],
    edges: Mapping[str, Edges],
    settings: QualitySettings,
    folder: RunFolder | None,
    watch: Stopwatch,
) -> tuple[list[Cell], dict[str, list[Cell]]]:
    """The floor's cells, and each row's: seed by seed, so that what is there early is there of every row."""
    floor: list[Cell] = []
    cells: dict[str, list[Cell]] = {row: [] for row in densities}
    for k in range(max(n_seeds.values())):
        # All rows of a seed are measured on the same events, with the same projections.
        split = real.split(settings.validation_fraction, seed=_seed(settings, k, "split"))
        measuring = _seed(settings, k, "measure")
        with watch.stage(REAL, f"{REAL} against {REAL}, seed {k + 1} of {max(n_seeds.values())}"):
            floor.append(_kept(folder, f"{REAL}-{k}", partial(measure_floor, split, edges, seed=measuring)))
        for row in (row for row, n in n_seeds.items() if k < n):
            checkpoints = None if folder is None else folder.path / "checkpoints" / f"{row}-{k}"
            make = partial(
                train_and_measure,
                watched(densities[row], checkpoints, watch.progress),
                split,
                edges,
                seed=_seed(settings, k, row),
                measuring_seed=measuring,
            )
            name = f"{row}, seed {k + 1} of {n_seeds[row]}"
            with watch.stage(row, name, shows_progress=True), _named(name):
                cells[row].append(_kept(folder, f"{row}-{k}", make))
            if checkpoints is not None:
                shutil.rmtree(checkpoints, ignore_errors=True)
    return floor, cells


def _seeds_of_rows(settings: QualitySettings, rows: Mapping[str, Density]) -> dict[str, int]:
    """How often each is trained."""
    if unknown := sorted(set(settings.seeds_at_most) - set(rows)):
        raise ConfigError(f"seeds_at_most names '{unknown[0]}', which is no model here; choose from {', '.join(rows)}")
    return {row: min(settings.seeds, settings.seeds_at_most.get(row, settings.seeds)) for row in rows}


def _kept(folder: RunFolder | None, name: str, make: Callable[[], Cell]) -> Cell:
    """A cell: from the folder, where it has been finished before."""
    file = f"cells/{name}.json"
    if folder is None:
        return make()
    if (folder.path / file).exists():
        return Cell.from_json(folder.read_json(file), file)
    cell = make()
    folder.write_json(file, cell.to_json())
    return cell


def _seed(settings: QualitySettings, k: int, what: str) -> int:
    """An independent seed for everything that is drawn, by its name: other rows do not change it."""
    return int(np.random.SeedSequence([settings.seed or 0, k, crc32(what.encode())]).generate_state(1)[0])


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of an error whose it is."""
    try:
        yield
    except ResonautError as error:
        raise type(error)(f"{name}: {error}") from None


def _registered_name(density: Density) -> str:
    _, name = vars(type(density)).get("registered_as", ("density", type(density).__name__))
    return str(name)
