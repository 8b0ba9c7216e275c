"""Methods held against each other on labelled events: methods x feature sets x injections x seeds.

labelled events -> for every cell: inject, divide, train blind, score the test events -> figures of merit -> medians

    benchmark(methods={"cathode": CATHODE(), "maf": CATHODE(density=MaskedAutoregressiveFlow())}, injections=[300])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from resonaut.analysis.benchmark.cell import Cell, TrainCell
from resonaut.analysis.benchmark.division import Sources, divide, read_pools
from resonaut.analysis.benchmark.result import BenchmarkResult, CellResult, Summary, summarise
from resonaut.analysis.loading import input_name
from resonaut.analysis.running import content_of, open_run, source_of
from resonaut.analysis.settings import BenchmarkSettings
from resonaut.errors import ConfigError, EventsError
from resonaut.events.events import Events
from resonaut.models.training import Device
from resonaut.protocols import Search
from resonaut.registry import check_config, dump_config, names, read_config
from resonaut.scans.executors import Executor, on_this_machine
from resonaut.scans.grid import grid
from resonaut.scans.once import Once
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.description import PARTICLES
from resonaut.statistics.bands import TPR_GRID, Band
from resonaut.statistics.floor import Floor

__all__ = ["DEFAULT_METHODS", "benchmark", "run_benchmark"]

DEFAULT_METHODS = ("supervised", "idealised", "cathode", "cwola")
"""What is compared where nothing else is asked for: the two bounds and the two best-known searches."""


def benchmark(
    events: Events | str | Path | None = None,
    *,
    methods: Sequence[str] | Mapping[str, Search] | None = None,
    signal: Events | str | Path | None = None,
    known: Events | str | Path | None = None,
    test: Events | str | Path | None = None,
    out: str | Path | None = None,
    cells: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    device: Device = "auto",
    devices: int = 1,
    progress: bool = False,
    **settings: Any,
) -> BenchmarkResult:
    """Compare methods on labelled events.

    Args:
        events: A file, events in memory, or None for the embedded demo events; labelled.
        methods: Searches by name, or by names of your own; as they are, without cross-fitting: they are tested on
            events that they never see.
        signal: More signal to inject.
        known: Labelled events for methods that need truth.
        test: Labelled events to read the curves on.
        out: Folder of the run; None keeps the result in memory.
        cells: Folder of finished cells, which several runs may share; by default `cells` inside the run's folder.
        executor: Where cells are trained; by default here, or in `workers` processes.
        workers: Processes.
        device: Where networks are trained: "cpu", "cuda", "mps"; "auto" takes what there is.
        devices: How many of them share each training.
        progress: Show a progress bar on standard error.
        settings: The others of `BenchmarkSettings`: features, injections, seeds, seed, region, floor, shift, ...

    Raises:
        ResonautError: the input cannot be used.
    """
    given = {"events": events, "signal": signal, "known": known, "test": test}
    names_of = {role: input_name(source) for role, source in given.items() if role == "events" or source is not None}
    if isinstance(events, Events):
        settings = {"features": [",".join(events.names)], "mass": events.mass_name} | settings
    return run_benchmark(
        read_config(BenchmarkSettings, {**names_of, **settings}),
        methods,
        in_memory={role: source for role, source in given.items() if isinstance(source, Events)},
        out=out,
        cells=cells,
        executor=executor,
        workers=workers,
        device=device,
        devices=devices,
        progress=progress,
    )


def run_benchmark(
    settings: BenchmarkSettings,
    methods: Sequence[str] | Mapping[str, Search] | None = None,
    *,
    in_memory: Mapping[str, Events] | None = None,
    out: str | Path | None = None,
    cells: str | Path | None = None,
    executor: Executor | None = None,
    workers: int = 1,
    device: Device = "auto",
    devices: int = 1,
    progress: bool = False,
) -> BenchmarkResult:
    """Compare methods, all settings in one object; `benchmark` says what they mean."""
    settings = check_config(settings)
    searches = _searches(DEFAULT_METHODS if methods is None else methods)
    sources = _sources(settings, in_memory or {})
    particles = any(read_config("search", tree).needs >= PARTICLES for tree in searches.values())
    _check_events(settings, sources, particles, workers=workers, progress=progress)
    # Only now: a folder is not made for events that cannot be used.
    folder, settings = open_run(out, settings, {"methods": searches}, sources.files)
    if folder is not None and folder.complete:
        return BenchmarkResult.from_json(folder.result())

    axes = grid(features=settings.features, method=list(searches), injected=settings.injections, seed=_seeds(settings))
    place = cells if cells is not None or folder is None else folder.path / "cells"
    results = scan(
        TrainCell(
            Once(partial(read_pools, sources), most=2),
            device,
            devices,
            None if place is None else Path(place) / "trainings",
        ),
        [_cell(settings, searches, axis).plain() for axis in axes],
        store=None if place is None else Store(Path(place), _depends_on(sources)),
        executor=executor or on_this_machine(workers),
        progress="training" if progress else "",
    )
    curves = [np.asarray(result["fpr"]) for result in results]
    trained = [_cell_result(axis, result) for axis, result in zip(axes, results, strict=True)]
    result = BenchmarkResult(
        region=settings.mass_region().window,
        sidebands=settings.mass_region().sidebands,
        floor=settings.floor,
        seed=int(settings.seed or 0),
        seeds=settings.seeds,
        cells=trained,
        summary=_summaries(trained, curves, Floor.read(settings.floor)),
        seconds={step: round(sum(cell.seconds[step] for cell in trained), 2) for step in trained[0].seconds},
    )
    if folder is not None:
        folder.write_table("cells.parquet", pa.Table.from_pylist([asdict(cell) for cell in trained]))
        folder.write_table("tables/curves.parquet", _curve_table(axes, curves))
        folder.write_json("result.json", result.to_json())
    return result


def _searches(methods: Sequence[str] | Mapping[str, Search]) -> dict[str, dict[str, Any]]:
    """Plain settings of each search, all defaults written out."""
    if isinstance(methods, str):
        methods = [methods]
    if not len(methods):
        raise ConfigError(f"there is no method to compare; name some of {', '.join(names('search'))}")
    given = methods if isinstance(methods, Mapping) else {name: read_config("search", name) for name in methods}
    return {name: dump_config(check_config(search)) for name, search in given.items()}


def _sources(settings: BenchmarkSettings, in_memory: Mapping[str, Events]) -> Sources:
    files = {role: path for role in ("signal", "known", "test") if (path := getattr(settings, role)) is not None}
    return Sources(
        events=source_of(settings, in_memory.get("events")),
        format=settings.format,
        **{role: in_memory.get(role, Path(path)) for role, path in files.items()},
    )


def _check_events(
    settings: BenchmarkSettings, sources: Sources, particles: bool, *, workers: int, progress: bool
) -> None:
    """Read and divide the events once: what cannot be used is refused now, not after hours of training.

    Features that are still to be made of particles are made here, by many processes, and cached.
    """
    region = settings.mass_region()
    for columns in settings.columns().values():
        pools = read_pools(sources, columns, settings.mass, region, particles, workers, progress)
        division = divide(
            pools,
            region,
            injected=max(settings.injections, default=0),
            known_share=settings.known_share,
            test_share=settings.test_share,
            seed=settings.seed,
        )
        if not region.in_signal(division.data.mass).any():
            raise EventsError(f"no data are left in the signal region {region}; lower known_share or test_share")


def _seeds(settings: BenchmarkSettings) -> list[int]:
    first = int(settings.seed or 0)
    return list(range(first, first + settings.seeds))


def _cell(settings: BenchmarkSettings, searches: Mapping[str, Mapping[str, Any]], axis: Mapping[str, Any]) -> Cell:
    """Only what the result depends on: a method's or a feature set's name is none of it."""
    return Cell(
        search=searches[axis["method"]],
        columns=settings.columns()[axis["features"]],
        injected=axis["injected"],
        seed=axis["seed"],
        mass=settings.mass,
        region=settings.region,
        sidebands=settings.sidebands,
        known_share=settings.known_share,
        test_share=settings.test_share,
        shift=settings.shift,
        noise_features=settings.noise_features,
        floor=settings.floor,
    )


def _cell_result(axis: Mapping[str, Any], result: Mapping[str, Any]) -> CellResult:
    """The numbers of a cell; its curve goes into a table of its own."""
    return CellResult(**axis, **{name: value for name, value in result.items() if name != "fpr"})


def _depends_on(sources: Sources) -> dict[str, str]:
    """What the events are; files that are not given are no role."""
    more = {"signal": sources.signal, "known": sources.known, "test": sources.test}
    return content_of(
        {"events": sources.events} | {role: source for role, source in more.items() if source is not None}
    )


def _summaries(cells: Sequence[CellResult], curves: Sequence[np.ndarray], floor: Floor) -> list[Summary]:
    """One for each run of seeds; the seed is the grid's last axis."""
    pairs = list(zip(cells, curves, strict=True))
    summaries = []
    for _, group in groupby(pairs, key=lambda pair: (pair[0].features, pair[0].method, pair[0].injected)):
        same, fpr = zip(*group, strict=True)
        n_background = float(np.median([cell.n_test_background for cell in same]))
        summaries.append(summarise(same, Band.of(np.stack(fpr), TPR_GRID, n_background, floor).max_sic))
    return summaries


def _curve_table(axes: Sequence[Mapping[str, Any]], curves: Sequence[np.ndarray]) -> pa.Table:
    """Every training's background efficiency at common signal efficiencies, long-form."""
    tables = [
        pa.table({**{name: [value] * len(fpr) for name, value in axis.items()}, "tpr": TPR_GRID, "fpr": fpr})
        for axis, fpr in zip(axes, curves, strict=True)
    ]
    return pa.concat_tables(tables)
