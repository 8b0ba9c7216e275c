"""`resonaut benchmark`: methods held against each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_processes
from resonaut.errors import ConfigError

__all__ = ["benchmark"]


def benchmark(
    events: Path | None = None,
    /,
    *,
    methods: str | None = None,
    injections: str | None = None,
    seeds: int | None = None,
    features: str | None = None,
    signal: Path | None = None,
    known: Path | None = None,
    test: Path | None = None,
    region: str | None = None,
    sidebands: str | None = None,
    mass: str | None = None,
    format: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    shift: float | None = None,
    noise_features: int | None = None,
    floor: str | None = None,
    cells: Path | None = None,
    cluster: str | None = None,
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto",
    devices: int = 1,
    common: Common | None = None,
) -> None:
    """Compare search methods on labelled events.

    Trains every method on the same background with the same injected signal, for each feature set, number of injected
    events and seed, and reads ROC and SIC on events that none of them saw. Prints medians with 68 % intervals over the
    seeds and writes a run folder with report.html. Finished trainings are kept; the same command goes on.

    Parameters
    ----------
    events
        Labelled events, in any format that `hunt` reads; without it, the embedded demo events.
    methods
        Searches by name, or those of the recipe, with commas between them.
        [default: supervised,idealised,cathode,cwola]
    injections
        Signal events in the whole mass window, with commas between the numbers. [default: 150,300]
    seeds
        Repetitions of each training, with seeds --seed, --seed + 1, ... [default: 2]
    features
        Feature sets by name, with commas between them; or columns, which are one set. [default: baseline]
    signal
        More signal events to inject from.
    known
        Labelled events for methods that need truth; by default a quarter of the signal region's background, and half of
        its signal that is not injected.
    test
        Labelled events that the curves are read on; by default likewise.
    region
        Signal region LOW:HIGH in GeV. [default: 3300:3700]
    sidebands
        Outer edges of the sidebands, LOW:HIGH in GeV. [default: 2300:5000]
    mass
        Column of the resonant mass, in GeV. [default: mjj]
    format
        Format of EVENTS, where looking at the file should not decide.
    settings
        A setting of a method, METHOD.KEY=VALUE, such as cathode.density=maf; repeatable.
    shift
        Fraction of the mass that is added to the jet-mass features.
    noise_features
        Columns of Gaussian noise that are added.
    floor
        Where the maximum SIC is read: background-20 (25 background events pass), sic-20, cathode (FPR 1.84e-5), a
        number of events, or a background efficiency. [default: background-20]
    cells
        Folder of finished trainings, which several runs may share. [default: in the run's folder]
    cluster
        Address of a Dask scheduler whose workers train (extra `cluster`).
    device
        Where networks are trained; finished trainings are the same cells wherever they were made.
    devices
        How many GPUs, or processes of the CPU, share each training.
    """
    from resonaut.analysis.benchmark.pipeline import run_benchmark
    from resonaut.analysis.settings import BenchmarkSettings
    from resonaut.cli.benchmark_table import agreement_tables, benchmark_table
    from resonaut.registry import read_config
    from resonaut.scans.executors import Dask

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "methods"))
    given = without_none(
        injections=None if injections is None else injections.split(","),
        seeds=seeds,
        features=features,
        region=region,
        sidebands=sidebands,
        mass=mass,
        format=format,
        shift=shift,
        noise_features=noise_features,
        floor=floor,
        seed=common.seed,
        **{role: str(path) for role, path in _files(events=events, signal=signal, known=known, test=test).items()},
    )
    run = read_config(BenchmarkSettings, recipe["run"] | given)
    searches = {name: read_config("search", tree) for name, tree in _methods(recipe["methods"], methods, settings)}
    out = run_folder(common, "benchmark", run.events)
    result = run_benchmark(
        run,
        searches,
        out=out,
        cells=cells,
        executor=None if cluster is None else Dask(cluster),
        workers=use_processes(common),
        device=device,
        devices=devices,
        progress=True,
    )
    finish(out, benchmark_table(result), *agreement_tables(result))


def _files(**paths: Path | None) -> dict[str, Path]:
    return without_none(**paths)


def _methods(
    recipe: Mapping[str, Any], wanted: str | None, settings: tuple[str, ...]
) -> list[tuple[str, dict[str, Any]]]:
    """Each method's configuration by the name it has here; a recipe's table without `name` is named by its title."""
    from resonaut.analysis.benchmark.pipeline import DEFAULT_METHODS
    from resonaut.registry import dump_config, read_config

    chosen = list(recipe) or list(DEFAULT_METHODS) if wanted is None else [name for name in wanted.split(",") if name]
    trees = {}
    for name in chosen:
        tree = recipe.get(name, {})
        # Every default is written out, so that one setting of a part can be changed without naming the part again.
        trees[name] = dump_config(read_config("search", {"name": name, **tree} if isinstance(tree, dict) else tree))
    for assignment in settings:
        if (name := assignment.partition(".")[0]) not in trees:
            raise ConfigError(
                f"--set {assignment} is for the method '{name}', which is not compared; write METHOD.KEY=VALUE "
                f"with one of {', '.join(trees)}"
            )
    return list(apply_settings(trees, settings).items())
