"""What does a search in all particles find, at how much signal, beside the one that knows the true background?

    python validation/full_phase_space_search.py EVENTS --weights FOLDER --out RUN [--device cuda] [--processes 3]

EVENTS is a table of labelled signal-region events with constituents (`resonaut simulate lhco-rnd --constituents
--mass-range 3300:3700 --parton-mass 3000:4000`, or what `compact_events.py --region-events N --signal-events M` makes
of one); FOLDER holds what `full_phase_space.py` trained on background events of the sidebands, of which `--particles`
are used: signal that lies in the sidebands is not part of this study. The background events are cut in three: data,
known background and test; the signal in what is injected and what is tested. `--redraw` cuts the background anew for
every seed, so that its fluctuations are part of the scatter. Background is generated once, at masses from a kernel
estimate of the region's. All particles, real and generated, are in half precision.

    full        data against generated background, the transformer of all particles (FullCATHODE)
    idealised   data against as many known background events, the same transformer
    *-tuned     the same two, the transformer starting from --backbone instead of from chance
    *-embedded  boosted trees on what the backbone's last layer decides by
    cathode-embedded  those trees against flow matching of the same numbers, learnt in --sidebands: CATHODE of a table
    trees       boosted trees on the four features, data against known background (idealised)
    cathode     the same against a spline flow of --sidebands, a table of features: the four-feature search

For every seed, injection and method: AUC and SIC on the test events. RUN/cells.jsonl has a line for each finished
training; the same command again goes on with what is missing.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from compact_events import as_stored
from full_phase_space import ROWS, networks, trained
from rich.console import Console

from resonaut.errors import EventsError, ResonautError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.events import Events
from resonaut.runs.folder import atomic_path
from resonaut.runs.processes import spawned_pool
from resonaut.searches.regions import Region

METHODS = (
    "full",
    "idealised",
    "full-tuned",
    "idealised-tuned",
    "full-embedded",
    "idealised-embedded",
    "cathode-embedded",
)
LOW_LEVEL = ("trees", "cathode")
RATES = np.geomspace(2e-3, 1, 60)
"""Background efficiencies at which a cell says its signal efficiency."""
console = Console(width=140, highlight=False)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a cell depends on besides its method, injection and seed."""

    events: Path
    weights: Path
    out: Path
    data: int
    known: int
    signal: int
    redraw: bool
    epochs: int
    batch_size: int
    device: str
    precision: str
    backbone: Path | None
    sidebands: Path | None
    particles: str
    steps: int | None


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The events of the region."""

    background: Events
    signal: Events


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Which rows of the pool play which part in one cell."""

    data: np.ndarray
    known: np.ndarray
    test_background: np.ndarray
    injected: np.ndarray
    test_signal: np.ndarray

    @classmethod
    def drawn(cls, study: Study, injected: int, seed: int) -> Roles:
        events = pool(study)
        background = np.arange(len(events.background))
        if study.redraw:
            background = np.random.default_rng([seed, 2]).permutation(background)
        data, known, test = np.split(background, [study.data, study.data + study.known])
        injectable = np.random.default_rng([seed, 1]).permutation(study.signal)
        return cls(
            data=data,
            known=known,
            test_background=test,
            injected=injectable[:injected],
            test_signal=np.arange(study.signal, len(events.signal)),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("--weights", type=Path, required=True, help="folder with what was trained")
    parser.add_argument("--particles", default="subjets", help="which model of the particles in it")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--injections", type=int, nargs="+", default=[2000, 500, 0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=(*METHODS, *LOW_LEVEL), default=["full", "idealised"])
    parser.add_argument("--data", type=int, default=30_000, help="background events among the data")
    parser.add_argument("--known", type=int, default=20_000, help="known background events, and generated ones")
    parser.add_argument("--signal", type=int, default=2_500, help="signal events to inject from")
    parser.add_argument("--redraw", action="store_true", help="other background events in each part for every seed")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--steps", type=int, help="of the particles' sampler, other than those it was trained with")
    parser.add_argument("--backbone", type=Path, help="what full_phase_space_backbone.py made")
    parser.add_argument("--sidebands", type=Path, help="events of the sidebands, for `cathode` and `cathode-embedded`")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    parser.add_argument("--processes", type=int, default=1, help="trainings at once")
    options = parser.parse_args()
    settings = {name: value for name, value in vars(options).items() if name in Study.__dataclass_fields__}
    try:
        run(Study(**settings), options)
    except ResonautError as error:
        raise SystemExit(f"error: {error}") from None


def run(study: Study, options: argparse.Namespace) -> None:
    started = time.perf_counter()
    study.out.mkdir(parents=True, exist_ok=True)
    cells_file = study.out / "cells.jsonl"
    done = [json.loads(line) for line in cells_file.read_text().splitlines()] if cells_file.exists() else []
    finished = {(cell["method"], cell["injected"], cell["seed"]) for cell in done}
    wanted = [
        (method, injected, seed)
        for seed in range(options.seeds)
        for injected in options.injections
        for method in options.methods
    ]
    if any(method.startswith("full") for method in options.methods):
        console.print(generate(study))
    with spawned_pool(options.processes) as pool:
        cells = {pool.submit(train, study, *cell): cell for cell in wanted if cell not in finished}
        for future in as_completed(cells):
            result = future.result()
            done.append(result)
            with cells_file.open("a") as file:
                file.write(json.dumps(result) + "\n")
            after = time.perf_counter() - started
            console.print(f"{summary([result])}, {result['seconds']:.0f} s; {after:.0f} s so far")
    console.print(summary(done))


@cache
def pool(study: Study) -> Pool:
    """The events of a study, read once a process."""
    from resonaut.analysis.particles import with_particles
    from resonaut.events.reading import BASELINE, read_events

    events = with_particles(read_events(study.events, features=BASELINE), study.events)
    if events.labels is None:
        raise EventsError(f"{study.events} has no labels; make it with compact_events.py --region-events N")
    events = replace(events, particles=as_stored(events.require_particles()))
    inside = Region().in_signal(events.mass)
    background, signal = events[inside & (events.labels == 0)], events[inside & (events.labels == 1)]
    if len(background) < study.data + study.known + 50 or len(signal) < study.signal + 50:
        raise EventsError(
            f"{study.events} has {len(background)} background and {len(signal)} signal events in the region, too few"
            f" for {study.data} data, {study.known} known, {study.signal} to inject and a test; lower these"
        )
    return Pool(background=background, signal=signal)


def generate(study: Study) -> str:
    """Sample background events in the region, once; how fast."""
    import torch

    # What was trained in bfloat16 needs no more digits than TensorFloat-32 has.
    torch.set_float32_matmul_precision("high")
    path = study.out / "generated.npz"
    if path.exists():
        return f"generated events are in {path}"
    mass = masses(study)
    generator = trained(study.weights, study.particles, study.device)
    if study.steps is not None:
        networks(generator.particles_)["particles"].network_.steps = study.steps
    first, second = generator.sample_jets(mass, seed=12)
    start = time.perf_counter()
    clouds = generator.sample_particles(first, second, mass, seed=13)
    seconds = time.perf_counter() - start
    arrays = {"mass": mass}
    for name, cloud in vars(as_stored(clouds)).items():
        arrays |= {f"{name}_points": cloud.points.astype(np.float16), f"{name}_counts": cloud.counts}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return f"{len(mass)} events generated, {2 * len(mass) / seconds:.0f} jets/s"


def masses(study: Study) -> np.ndarray:
    """Those that background is sampled at."""
    from resonaut.models.density.mass import KernelMass

    data = pool(study).background[: study.data]
    return KernelMass().fit(data.mass, Region()).sample(study.known, seed=11)


@cache
def generated(study: Study) -> DijetClouds:
    """The generated events, read once a process."""
    from resonaut.events.point_cloud import PointCloud

    with np.load(study.out / "generated.npz") as file:
        first, second = (
            PointCloud.of_counts(file[f"{name}_points"].astype(np.float32), file[f"{name}_counts"])
            for name in ("first", "second")
        )
        return DijetClouds(first, second)


def train(study: Study, method: str, injected: int, seed: int) -> dict[str, Any]:
    """One cell: data with so much signal against a template; the curves on the test events."""
    import torch

    from resonaut.searches.ratio import learn_ratio
    from resonaut.statistics.curves import Curves

    torch.set_num_threads(1)
    roles, start = Roles.drawn(study, injected, seed), time.perf_counter()
    above, below, unseen, classifier = described(study, method, roles)
    ratio = learn_ratio(classifier, above, below, seed=seed)
    labels = np.repeat([0, 1], [len(roles.test_background), len(roles.test_signal)])
    curves = Curves.from_scores(labels, ratio.log_ratio(unseen))
    return {
        "method": method,
        "injected": injected,
        "seed": seed,
        "s_over_sqrt_b": injected / study.data**0.5,
        **curves.figures(),
        "max_sic_error": curves.max_sic_error,
        "tpr": np.interp(RATES, curves.fpr, curves.tpr).round(5).tolist(),
        "n_test_background": len(roles.test_background),
        "seconds": time.perf_counter() - start,
    }


def described(study: Study, method: str, roles: Roles) -> tuple[Any, Any, Any, Any]:
    """Data, template and test events as the classifier takes them, and the classifier."""
    from resonaut.models.classifier.ensemble import Ensemble
    from resonaut.models.classifier.trees import BoostedTrees

    kind, _, how = method.partition("-")
    classifier: Any = Ensemble(model=BoostedTrees())
    concatenate: Callable[[list[Any]], Any] = np.concatenate
    rows: dict[str, Any]
    sampled_by: dict[str, Callable[[], Any]]
    if how == "embedded":
        rows = embeddings(study)
        sampled_by = {"full": lambda: rows["generated"], "cathode": lambda: sampled_embeddings(study)}
    elif kind in LOW_LEVEL:
        rows = {name: part.features for name, part in vars(pool(study)).items()}
        sampled_by = {"cathode": lambda: four_features(study)}
    else:
        rows = {name: part.require_particles() for name, part in vars(pool(study)).items()}
        sampled_by = {"full": lambda: generated(study)}
        classifier, concatenate = transformer(study, how == "tuned"), DijetClouds.concatenate
    background, signal = rows["background"], rows["signal"]
    return (
        concatenate([background[roles.data], signal[roles.injected]]),
        sampled_by[kind]() if kind in sampled_by else background[roles.known],
        concatenate([background[roles.test_background], signal[roles.test_signal]]),
        classifier,
    )


@cache
def embeddings(study: Study) -> dict[str, np.ndarray]:
    """What the backbone makes of every event, once a process and once a study."""
    from resonaut.models.saving import load

    path = study.out / "embeddings.npz"
    if not path.exists():
        backbone = load(study.backbone)
        clouds = {name: part.require_particles() for name, part in vars(pool(study)).items()}
        if (study.out / "generated.npz").exists():
            clouds["generated"] = generated(study)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **{name: backbone.embed(cloud).astype(np.float32) for name, cloud in clouds.items()})
    with np.load(path) as file:
        return {name: file[name].astype(np.float64) for name in file.files}


@cache
def four_features(study: Study) -> np.ndarray:
    """As many background events of CATHODE's density of the four features, learnt in the sidebands."""
    from resonaut.searches.cathode import CATHODE

    outside = sidebands(study)
    return sampled(study, CATHODE().density, outside.features, outside.context)


@cache
def sampled_embeddings(study: Study) -> np.ndarray:
    """The same of a density of what the backbone makes of sideband events; learnt once a study."""
    from resonaut.analysis.particles import with_particles
    from resonaut.models.density.flow_matching import FlowMatching
    from resonaut.models.saving import load
    from resonaut.models.training import Trainer
    from resonaut.registry import read_config

    path = study.out / "embeddings-sampled.npy"
    if not path.exists():
        outside = with_particles(sidebands(study), study.sidebands)
        rows = load(study.backbone).embed(as_stored(outside.require_particles())).astype(np.float64)
        trainer = Trainer(epochs=40, batch_size=1024, learning_rate=2e-3, schedule="one-cycle", ema=0.998)
        density = FlowMatching(width=256, blocks=4, scaling=read_config("scaling", ROWS), trainer=trainer)
        made = sampled(study, density, rows, outside.context)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, made)
    return np.load(path)


def sampled(study: Study, density: Any, rows: np.ndarray, context: np.ndarray) -> np.ndarray:
    """As many rows as there are known events, at masses of the region, of a density that learns these."""
    return density.fit(rows, context, seed=21).sample(masses(study)[:, None], seed=22)


@cache
def sidebands(study: Study) -> Events:
    """Background events to learn a table's density from."""
    from resonaut.events.reading import read_events

    if study.sidebands is None:
        raise EventsError("CATHODE of a table learns from events of the sidebands; give a file with --sidebands")
    table = read_events(study.sidebands)
    labels = np.zeros(len(table)) if table.labels is None else table.labels
    return table[Region().in_sidebands(table.mass) & (labels == 0)]


def transformer(study: Study, tuned: bool) -> Any:
    from resonaut.models.classifier.cloud_transformer import CloudTransformer
    from resonaut.models.training import Trainer

    trainer = Trainer(
        epochs=study.epochs,
        batch_size=study.batch_size,
        learning_rate=3e-4 if tuned else 1e-3,
        schedule="one-cycle",
        validation_fraction=0.2,
        device=study.device,
        precision=study.precision,
    )
    return CloudTransformer(**SHAPE, trainer=trainer, backbone=study.backbone if tuned else None)


SHAPE = {"width": 32, "heads": 2, "blocks": 2, "most": 50}
"""Of the transformer; `full_phase_space_backbone.py` trains one of this shape."""


def summary(cells: list[dict[str, Any]]) -> str:
    """Medians over the seeds."""
    lines = []
    for method, injected in sorted({(cell["method"], cell["injected"]) for cell in cells}):
        same = [cell for cell in cells if (cell["method"], cell["injected"]) == (method, injected)]
        sic, auc = ([cell[name] for cell in same] for name in ("max_sic", "auc"))
        lines.append(
            f"{method:20} {injected:6} injected: max SIC {np.median(sic):5.1f} ({min(sic):.1f}-{max(sic):.1f}), "
            f"AUC {np.median(auc):.3f} ({min(auc):.3f}-{max(auc):.3f}), {len(same)} seeds"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
