"""Can generated events be told from real ones, jet by jet and particle by particle, in the sidebands and in the region?

    python validation/full_phase_space.py EVENTS --out RUN [--size small|laptop|large] [--minutes 3] [--device cuda]

EVENTS is a table of background events with constituents (`resonaut simulate ... --constituents`, or what
`compact_events.py` makes of it). A model of the jets and, for each of `--models`, one of the particles learn the
sidebands; as many sideband events as the signal region holds are kept aside. Then events of the masses of those, and of
the signal region's, are generated and compared with them:

    jets           boosted trees on (pT, eta, phi, m, N) of both jets, as the model of the jets draws them
    recomputed     the same of the particles, after the projection onto the jets' axes and pT
    substructure   boosted trees on ten observables of the particles (tau21, tau32, C2, D2, pTD of both jets)
    cloud          the transformer of all particles
    w1m, w1p       Wasserstein distances of the jets' masses and of the particles, both jets together

C2ST AUCs, each beside that between two halves of the real events (the floor), and how far the mass of the particles is
from that of the jet they were generated for. RUN/result.json is written after every step and the weights beside it; the
same command again goes on with what is missing. `--half` rounds what is generated as `compact_events.py` rounds what is
real. `--interpolate` learns the region's events, too, but for those that it is compared with, and interpolates the
velocity across it. `--steps 8 12 250` compares numbers of steps of the sampler as well, from the same noise: with real
events of the region, and with one another.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from compact_events import as_stored
from rich.console import Console

from resonaut.errors import EventsError, ResonautError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.features.cloud_frame import Jets, jets_of
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.runs.folder import atomic_path
from resonaut.runs.processes import spawned_pool
from resonaut.searches.regions import Region

OBSERVABLES = tuple(f"{name}_{jet}" for name in ("tau21", "tau32", "c2_b10", "d2_b10", "ptd") for jet in (1, 2))
EVENTS_A_PART = 500  # of one call of the substructure
TRANSFORMER = {"width": 48, "heads": 2, "blocks": 2, "most": 50}
ROWS = {"name": "chain", "steps": [{"name": "quantile", "knots": 500}, "whiten"]}
SIZES = {
    "small": {
        "subjets": {
            "skeleton": {"name": "cfm", "width": 112, "blocks": 4, "scaling": ROWS, "trainer": {"batch_size": 1024}},
            "particles": {
                **{"name": "epic-fm", "width": 24, "global_width": 24, "layers": 3, "steps": 6},
                "trainer": {"batch_size": 1024},
            },
        },
        "epic-fm": {"width": 32, "global_width": 32, "layers": 5},
        "cloud-diffusion": {"width": 32, "heads": 2, "blocks": 3},
        "cloud-transformer": TRANSFORMER,
        "batch_size": 256,
    },
    "laptop": {
        "epic-fm": {"width": 64, "global_width": 64, "layers": 5},
        "cloud-diffusion": {"width": 64, "heads": 2, "blocks": 3},
        "cloud-transformer": TRANSFORMER,
        "batch_size": 256,
    },
    "large": {
        "epic-fm": {"width": 192, "global_width": 128, "layers": 8},
        "cloud-diffusion": {"width": 128, "heads": 4, "blocks": 6},
        "cloud-transformer": {"width": 64, "heads": 4, "blocks": 3},
        "batch_size": 1024,
    },
}
RATES = {"epic-fm": 2e-3, "cloud-diffusion": 1e-3}

console = Console(width=140, highlight=False)


@dataclass
class Data:
    """Real events: to learn from, and to compare with in the sidebands and in the region."""

    train: tuple[DijetClouds, np.ndarray]
    sideband: tuple[DijetClouds, np.ndarray]
    signal_region: tuple[DijetClouds, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path, help="a table with constituents")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--events", dest="most", type=int, help="use so many at most")
    parser.add_argument("--compare", type=int, help="generate and compare so many events of each region at most")
    parser.add_argument("--half", action="store_true", help="the real events are in half precision")
    parser.add_argument("--interpolate", action="store_true", help="learn all masses, interpolate across the region")
    parser.add_argument("--steps", type=int, nargs="*", default=[], help="of the sampler, compared with one another")
    parser.add_argument("--steps-events", type=int, default=2_000, help="for that comparison")
    parser.add_argument("--trainings", type=int, default=1, help="of the transformer in every comparison")
    parser.add_argument("--models", nargs="+", default=["subjets", "epic-fm", "cloud-diffusion"])
    parser.add_argument("--size", choices=SIZES, default="laptop")
    parser.add_argument("--minutes", type=float, default=3.0, help="of training the particles of each model")
    parser.add_argument("--jet-epochs", type=int, default=60)
    parser.add_argument("--classifier-epochs", type=int, default=20)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    parser.add_argument("--workers", type=int, default=2, help="processes for the substructure")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        study(options)
    except ResonautError as error:
        raise SystemExit(f"error: {error}") from None


def study(options: argparse.Namespace) -> None:
    import torch

    # What was trained in bfloat16 needs no more digits than TensorFloat-32 has.
    torch.set_float32_matmul_precision("high")
    started = time.perf_counter()
    results = Results(options.out / "result.json")
    with spawned_pool(options.workers) as pool:
        # Compiling the observables takes a minute, in which there is something else to do.
        ready = pool.submit(substructure, few_events())
        data = read(options)
        sizes = {name: len(getattr(data, name)[0]) for name in ("train", "sideband", "signal_region")}
        results.put("events", sizes)
        console.print(f"{sizes} in {time.perf_counter() - started:.0f} s")
        jets = fit_jets(data, options, results)
        ready.result()
        real = {}
        for where in ("sideband", "signal_region"):
            clouds = getattr(data, where)[0]
            real[where] = Compared(clouds, table(*map(jets_of, clouds.jets)), observables(pool, clouds))
            floor = results.once(f"floor.{where}", lambda where=where: floors(real[where], options))
            console.print(f"floor, {where}: {shown(floor)}")
        for name in options.models:
            generator = fit_particles(name, jets, data, options, results)
            if options.interpolate:
                generator = generator.bridged(*Region().window)
            for where in ("sideband", "signal_region"):
                compared = results.once(
                    f"{name}.{where}",
                    lambda where=where, generator=generator: compare(
                        generator, getattr(data, where)[1], real[where], options, pool
                    ),
                )
                console.print(f"{name}, {where}: {shown(compared)} after {time.perf_counter() - started:.0f} s")
            if options.steps and not hasattr(generator.particles, "parts"):
                steps = results.once(
                    f"{name}.steps",
                    lambda generator=generator: compare_steps(generator, data.signal_region, options, pool),
                )
                console.print(f"{name}, steps: {steps} after {time.perf_counter() - started:.0f} s")
    results.put("seconds", time.perf_counter() - started)


class Results:
    """What is known so far, on disk after every step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, key: str, value: Any) -> None:
        self.values[key] = value
        with atomic_path(self.path) as temporary:
            temporary.write_text(json.dumps(self.values, indent=2) + "\n")

    def once(self, key: str, make: Any) -> Any:
        if key not in self.values:
            self.put(key, make())
        return self.values[key]


@dataclass
class Compared:
    """A sample in the three descriptions that classifiers look at."""

    clouds: DijetClouds
    jets: np.ndarray
    substructure: np.ndarray


def read(options: argparse.Namespace) -> Data:
    from resonaut.events.parquet import column_names, read_table
    from resonaut.features.constituents import CONSTITUENTS, read_clouds

    path = options.events
    labels = ["label"] if "label" in column_names(path) else []
    rows = read_table(path, ["mjj", *CONSTITUENTS, *labels])[: options.most]
    clouds, usable, excluded = read_clouds(rows)
    if excluded:
        console.print(f"left out: {excluded}")
    mass = rows["mjj"].to_numpy()[usable].astype(np.float64)
    wanted = np.ones(len(mass), dtype=bool) if not labels else rows["label"].to_numpy()[usable] == 0
    region = Region()
    inner = np.flatnonzero(wanted & region.in_signal(mass))
    compared = len(inner) if options.compare is None else options.compare
    inside, others = inner[:compared], inner[compared:]
    outside = np.random.default_rng(0).permutation(np.flatnonzero(wanted & region.in_sidebands(mass)))
    if min(len(inside), len(outside) - len(inside)) < 50:
        raise EventsError(f"{path} holds {len(outside)} sideband and {len(inside)} signal-region events; give more")
    aside, train = outside[: len(inside)], outside[len(inside) :]
    if options.interpolate:
        if not len(others):
            raise EventsError(f"all {len(inside)} events of the region are compared; --compare fewer, to learn others")
        train = np.concatenate([train, others])
    return Data(*((clouds[rows], mass[rows]) for rows in (train, aside, inside)))


def fit_jets(data: Data, options: argparse.Namespace, results: Results) -> DijetGenerator:
    from resonaut.models.saving import save

    generator = DijetGenerator()
    trainer = replace(generator.jets.trainer, epochs=options.jet_epochs, device=options.device, progress=True)
    generator.jets = replace(generator.jets, trainer=trainer)
    weights = options.out / "jets.safetensors"
    if weights.exists():
        return trained(options.out, None, options.device)
    generator.fit_jets(*data.train, seed=options.seed)
    results.put("leading_pt", generator.coordinates_.leading_pt)
    history = generator.jets_.history_
    results.put("jets", {"train_seconds": history.seconds, "loss": history.train_loss[-1]})
    save(generator.jets_, weights)
    console.print(f"jets: {history.epochs} epochs in {history.seconds:.0f} s")
    return generator


def fit_particles(
    name: str, jets: DijetGenerator, data: Data, options: argparse.Namespace, results: Results
) -> DijetGenerator:
    """Train for so many minutes: as many epochs as fit, by the time that the second of two takes."""
    from resonaut.models.saving import save
    from resonaut.models.training import Trainer
    from resonaut.registry import read_config

    size = SIZES[options.size]
    trainer = Trainer(
        epochs=1,
        batch_size=size["batch_size"],
        learning_rate=RATES.get(name, 2e-3),
        schedule="one-cycle",
        gradient_clip=1.0,
        ema=0.999,
        device=options.device,
        precision=options.precision,
    )
    model = read_config("cloud", {"name": name, **size.get(name, {})})
    weights = options.out / f"{name}.safetensors"
    generator = replace(jets, particles=trained_by(model, trainer, {}))
    generator.coordinates_, generator.jets_ = jets.coordinates_, jets.jets_
    if weights.exists():
        return trained(options.out, name, options.device)
    clouds, mass = data.train
    few = slice(0, max(len(mass) // 5, 1000))
    for _ in range(2):  # the first one pays for whatever a device does once
        generator.fit_particles(clouds[few], mass[few], seed=options.seed)
    parts = networks(generator.particles_)
    each = 60 * options.minutes / len(parts) * len(mass[few]) / len(mass)
    epochs = {part: max(1, round(each / network.history_.seconds)) for part, network in parts.items()}
    generator.particles = trained_by(model, replace(trainer, progress=True), epochs)
    generator.fit_particles(clouds, mass, seed=options.seed)
    results.put("reach", generator.reach_)
    save(generator.particles_, weights)
    histories = {part: network.history_ for part, network in networks(generator.particles_).items()}
    about = {
        "weights": sum(tensor.numel() for name, tensor in generator.particles_.state().items() if "network." in name),
        "epochs": epochs,
        "train_seconds": sum(one.seconds for one in histories.values()),
        "jets_per_second": {part: 2 * len(mass) * one.epochs / one.seconds for part, one in histories.items()},
        "loss": {part: one.train_loss[:: max(1, one.epochs // 20)] for part, one in histories.items()},
    }
    results.put(name, about)
    console.print(f"{name}: {about}")
    return generator


def trained(folder: Path, name: str | None, device: str) -> DijetGenerator:
    """What is in the folder: the model of the jets, and that of the particles by its name."""
    from resonaut.features.dijet_coordinates import DijetCoordinates
    from resonaut.models.saving import load

    generator, known = DijetGenerator(), Results(folder / "result.json").values
    generator.coordinates_ = DijetCoordinates(known["leading_pt"])
    generator.jets_ = load(folder / "jets.safetensors")
    models = [generator.jets_]
    if name is not None:
        generator.particles_, generator.reach_ = load(folder / f"{name}.safetensors"), known["reach"]
        models += networks(generator.particles_).values()
    for model in models:
        model.trainer = replace(model.trainer, device=device)
    return generator


def trained_by(model: Any, trainer: Any, epochs: dict[str, int]) -> Any:
    """The density with that trainer; one of two parts keeps their own batch sizes and rates."""
    if not hasattr(model, "parts"):
        return replace(model, trainer=replace(trainer, epochs=epochs.get("particles", 1)))

    def part(density: Any, name: str) -> Any:
        own = replace(trainer, epochs=epochs.get(name, 1), batch_size=density.trainer.batch_size)
        return replace(density, trainer=own)

    return replace(model, skeleton=part(model.skeleton, "subjets"), particles=part(model.particles, "particles"))


def networks(fitted: Any) -> dict[str, Any]:
    """Each density that was trained."""
    return (
        {"subjets": fitted.skeleton_, "particles": fitted.particles_}
        if hasattr(fitted, "parts")
        else {"particles": fitted}
    )


def compare(
    generator: DijetGenerator, mass: np.ndarray, real: Compared, options: argparse.Namespace, pool: Any
) -> dict[str, Any]:
    first, second = generator.sample_jets(mass, seed=options.seed + 1)
    clouds, seconds = sampled(generator, first, second, mass, options)
    fake = Compared(clouds, table(*map(jets_of, clouds.jets)), observables(pool, clouds))
    off = [np.log(jets_of(cloud).mass / jet.mass) for cloud, jet in zip(clouds.jets, (first, second), strict=True)]
    low, middle, high = np.quantile(np.concatenate(off), [0.16, 0.5, 0.84])
    return {
        "jets": auc(real.jets, table(first, second), options),
        **aucs(real, fake, options),
        **distances(real.clouds, clouds),
        "log_mass_over_wanted": {"median": middle, "low": low, "high": high},
        "sampled_jets_per_second": 2 * len(mass) / seconds,
    }


def sampled(
    generator: DijetGenerator, first: Jets, second: Jets, mass: np.ndarray, options: argparse.Namespace
) -> tuple[DijetClouds, float]:
    """Particles of the jets, and the seconds that they took."""
    start = time.perf_counter()
    clouds = generator.sample_particles(first, second, mass, seed=options.seed + 2)
    seconds = time.perf_counter() - start
    return as_stored(clouds) if options.half else clouds, seconds


def compare_steps(
    generator: DijetGenerator, real: tuple[DijetClouds, np.ndarray], options: argparse.Namespace, pool: Any
) -> dict[str, Any]:
    """The same noise by few and by many steps: each against real events, and against the most steps."""
    clouds, mass = (part[: options.steps_events] for part in real)
    there = Compared(clouds, table(*map(jets_of, clouds.jets)), observables(pool, clouds))
    first, second = generator.sample_jets(mass, seed=options.seed + 1)
    network = generator.particles_.network_
    as_trained, made, found = network.steps, {}, {}
    for steps in sorted(options.steps):
        network.steps = steps
        events, seconds = sampled(generator, first, second, mass, options)
        made[steps] = Compared(events, table(*map(jets_of, events.jets)), observables(pool, events))
        found[str(steps)] = {
            **aucs(there, made[steps], options),
            **distances(clouds, events),
            "jets_per_second": 2 * len(mass) / seconds,
        }
    network.steps, most = as_trained, max(options.steps)
    for steps in sorted(set(options.steps) - {most}):
        # Halves of different events: the same event by few and by many steps would be told by being the same.
        rows = np.random.default_rng(options.seed).permutation(len(mass))
        few, many = (
            Compared(one.clouds[part], one.jets[part], one.substructure[part])
            for one, part in zip((made[steps], made[most]), np.array_split(rows, 2), strict=True)
        )
        found[f"{steps} against {most}"] = aucs(few, many, options)
    return found


def floors(real: Compared, options: argparse.Namespace) -> dict[str, Any]:
    """The same comparisons between two halves of the real events."""
    rows = np.random.default_rng(options.seed).permutation(len(real.jets))
    half, other = (
        Compared(real.clouds[part], real.jets[part], real.substructure[part]) for part in np.array_split(rows, 2)
    )
    return {**aucs(half, other, options), **distances(half.clouds, other.clouds)}


def aucs(a: Compared, b: Compared, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "recomputed": auc(a.jets, b.jets, options),
        "substructure": auc(a.substructure, b.substructure, options),
        "cloud": repeated(
            [auc(a.clouds, b.clouds, options, transformer(options), training) for training in range(options.trainings)]
        ),
    }


def repeated(found: list[dict[str, float]]) -> dict[str, float]:
    """The mean of several trainings, and how far they scatter."""
    aucs = [one["auc"] for one in found]
    return {"auc": float(np.mean(aucs)), "error": found[0]["error"], "scatter": float(np.std(aucs)), "n": len(aucs)}


def auc(a: Any, b: Any, options: argparse.Namespace, classifier: Any = None, training: int = 0) -> dict[str, float]:
    from resonaut.quality.two_sample import c2st

    found = c2st(a, b, seed=options.seed + 1000 * training, classifier=classifier)
    return {"auc": found.auc, "error": found.error}


def transformer(options: argparse.Namespace) -> Any:
    from resonaut.models.classifier.cloud_transformer import CloudTransformer
    from resonaut.models.training import Trainer

    trainer = Trainer(
        epochs=options.classifier_epochs,
        batch_size=128,
        learning_rate=1e-3,
        schedule="one-cycle",
        validation_fraction=0.2,
        device=options.device,
        precision=options.precision,
    )
    return CloudTransformer(trainer=trainer, **SIZES[options.size]["cloud-transformer"])


def distances(a: DijetClouds, b: DijetClouds) -> dict[str, float]:
    from resonaut.events.point_cloud import PointCloud
    from resonaut.quality.point_cloud import cloud_distance

    return vars(cloud_distance(PointCloud.concatenate(a.jets), PointCloud.concatenate(b.jets)))


def table(first: Jets, second: Jets) -> np.ndarray:
    """(pT, eta, phi, m, N) of both jets."""
    columns = [getattr(jet, name) for jet in (first, second) for name in ("pt", "eta", "phi", "mass", "n")]
    return np.stack(columns, axis=1).astype(np.float64)


def observables(pool: Any, clouds: DijetClouds) -> np.ndarray:
    """The ten observables, a part of the events in each process."""
    parts = [slice(start, start + EVENTS_A_PART) for start in range(0, len(clouds), EVENTS_A_PART)]
    made: list[Future[np.ndarray]] = [pool.submit(substructure, clouds[part]) for part in parts]
    return np.concatenate([part.result() for part in made])


def substructure(clouds: DijetClouds) -> np.ndarray:
    from resonaut.features.of_clouds import features_of_clouds

    return features_of_clouds(clouds, OBSERVABLES)


def few_events() -> DijetClouds:
    """Some particles in no particular order."""
    from resonaut.events.point_cloud import PointCloud

    points = np.random.default_rng(1).uniform(0.1, 1, (40, 3))
    return DijetClouds(*(PointCloud.of_counts(points, np.array([20, 20])) for _ in range(2)))


def shown(values: dict[str, Any]) -> str:
    number = {
        name: value["auc"] if isinstance(value, dict) and "auc" in value else value for name, value in values.items()
    }
    return ", ".join(f"{name} {value:.4g}" for name, value in number.items() if isinstance(value, float))


if __name__ == "__main__":
    main()
