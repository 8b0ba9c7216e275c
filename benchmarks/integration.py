"""Integrals and unweighting efficiencies beside vegas and madnis, on five toys and a Z': one thread, equal evaluations.

    python benchmarks/integration.py [--toys ring gaussian] [--methods resonaut vegas] [--evaluations 1000000]
        [--seeds 3] [--workers 1] [--minutes 0] [--out integration.jsonl]

Needs `pip install madnis` for its rows. All learn on half of the evaluations and integrate with the other half.
Efficiencies are at 0.1 % overweight, by one function, from 100,000 fresh points a channel that do not count as
evaluations. madnis is given the integrand with its channels, and comes as it is ("madnis": a learning rate of 3e-3
that falls as a cosine, with which it does better than with its default) and with three buffered steps after each
("madnis-buffered"). Ours has the settings of --setting NAME=VALUE, by default the tool's own.

A finished cell is a line of --out, and is not computed again. Seconds are those of the CPU, for learning.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, as_completed
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from resonaut.integration.integrator import Integrator
from resonaut.integration.points import Scale
from resonaut.integration.processes.drell_yan import DrellYan
from resonaut.integration.processes.toys import TOYS, Toy
from resonaut.integration.unweighting import efficiency
from resonaut.integration.vegas import integrate_with_vegas
from resonaut.registry import read_config
from resonaut.runs.processes import spawned_pool

SURVEY = 100_000
INTEGRANDS = [*TOYS, *(["zprime"] if find_spec("pythia8mc") else [])]
CHECKPOINTS = 8  # at which madnis is looked at while it learns
Cell = dict[str, Any]


def integrand(name: str) -> Toy:
    """A toy, or pp -> gamma*/Z/Z'(3 TeV) -> ee above 1 TeV, whose integral nobody knows exactly."""
    if name in TOYS:
        return TOYS[name]
    return Toy(DrellYan(mll_min=1000.0, zprime_mass=3000.0).integrand(), math.nan)


def resonaut(toy: Toy, n: int, seed: int, settings: dict[str, Any]) -> Cell:
    integrator = read_config(Integrator, {"refine": "always", **settings})
    # Half of the evaluations: for the grid of each channel, and for a survey before each round and after the last.
    integrator.grid_points = min(integrator.grid_points, n // 400)
    grid = integrator.grid_points * integrator.grid_iterations * len(toy.integrand.groups())
    integrator.points = (n // 2 - grid) // (integrator.rounds + 1)
    integrator.fit(toy.integrand, seed=seed)
    result = integrator.integrate(n - integrator.n_evaluations_, seed=seed)
    weights = []
    for group in integrator.event_map_.survey:
        z = torch.rand(SURVEY, toy.integrand.dimensions, dtype=torch.float64)
        weights.append(integrator.event_map_.sampler.draw(group, z, torch.Generator().manual_seed(seed)).weight)
    steps = [[s, q.efficiency] for s, q in zip(integrator.seconds_, integrator.history_, strict=True)]
    return {"value": result.integral, "error": result.error, "efficiency": efficiency(weights), "history": steps}


def vegas(toy: Toy, n: int, seed: int, settings: dict[str, Any]) -> Cell:
    import vegas as library

    start = time.process_time()
    result = integrate_with_vegas(toy.integrand, n, seed=seed)
    seconds = time.process_time() - start
    # Its own points, with their stratification, as it draws them after as much adaptation.
    weights, rng = [], np.random.default_rng(seed)
    for channel in range(toy.integrand.n_channels):

        def function(x: Any, channel: int = channel) -> Any:
            found = toy.integrand(torch.as_tensor(np.array(x)), torch.full((len(x),), channel))
            return (found.weight * found.alpha[:, channel]).numpy()

        own = library.Integrator(
            [[0.0, 1.0]] * toy.integrand.dimensions, ran_array_generator=lambda size: rng.random(size)
        )
        share = n // 2 // toy.integrand.n_channels
        own(library.lbatchintegrand(function), nitn=10, neval=share // 10)
        own.set(neval=SURVEY)
        batches = [(function(x), np.array(weight)) for x, weight in own.random_batch()]
        value, weight = (np.concatenate(part) for part in zip(*batches, strict=True))
        weights.append(torch.as_tensor(value * weight * len(value)))
    found = efficiency(weights)
    return {"value": result.integral, "error": result.error, "efficiency": found, "history": [[seconds, found]]}


def madnis(toy: Toy, n: int, seed: int, settings: dict[str, Any], buffered: int = 0) -> Cell:
    from madnis.integrator import Integrand as TheirIntegrand
    from madnis.integrator import Integrator as TheirIntegrator

    torch.manual_seed(seed)
    ours, channels = toy.integrand, toy.integrand.n_channels
    # Its network of channel weights wants inputs of the size of one, and these may be GeV^2.
    probe = torch.rand(1000, ours.dimensions, dtype=torch.float64)
    scale = Scale.of(ours(probe, torch.arange(1000) % channels).y)

    def function(x: torch.Tensor, channel: torch.Tensor | None = None) -> Any:
        found = ours(x.double(), torch.zeros(len(x), dtype=torch.int64) if channel is None else channel)
        if channels == 1:
            return found.weight.float()
        return found.weight.float(), scale(found.y), found.alpha.float().clamp(min=1e-12)  # it takes the logarithm

    several = {"channel_count": channels, "remapped_dim": ours.dimensions, "has_channel_weight_prior": True}
    steps = (1 + buffered) * (n // 2 // 1024)
    theirs = TheirIntegrator(
        TheirIntegrand(function, ours.dimensions, **(several if channels > 1 else {})),
        batch_size=1024,
        learning_rate=3e-3,
        scheduler=lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
        buffer_capacity=200 * 1024 if buffered else 0,
        minimum_buffer_size=4096,
        buffered_steps=buffered,
    )
    history, seconds = [], 0.0
    for _ in range(CHECKPOINTS):
        start = time.process_time()
        theirs.train(steps // CHECKPOINTS)
        seconds += time.process_time() - start
        # One channel at a time: weights of a mixture carry a factor of their own. What is no number counts as zero.
        drawn = [theirs.sample(SURVEY, channel=c if channels > 1 else None) for c in range(channels)]
        weights = [points.weights.double().nan_to_num() for points in drawn]
        history.append([seconds, efficiency(weights)])
    value, error = theirs.integrate(n // 2)
    return {"value": value, "error": error, "efficiency": history[-1][1], "history": history}


def madnis_buffered(toy: Toy, n: int, seed: int, settings: dict[str, Any]) -> Cell:
    return madnis(toy, n, seed, settings, buffered=3)


METHODS: dict[str, Callable[[Toy, int, int, dict[str, Any]], Cell]] = {
    "resonaut": resonaut,
    "vegas": vegas,
    "madnis": madnis,
    "madnis-buffered": madnis_buffered,
}


def run_cell(name: str, method: str, n: int, seed: int, settings: dict[str, Any], label: str) -> Cell:
    torch.set_num_threads(1)
    start = time.process_time()
    toy = integrand(name)
    found = METHODS[method](toy, n, seed, settings)
    about = {"integrand": name, "method": label, "seed": seed, "evaluations": n}
    return {**about, **found, "pull": (found["value"] - toy.integral) / found["error"]} | {
        "cpu_seconds": time.process_time() - start
    }


def show(cells: list[Cell]) -> None:
    """Medians over the seeds, and how ours compares."""
    print(f"{'integrand':15}{'method':18}{'efficiency':>11}{'rel. error':>12}{'pull':>7}{'learning s':>12}{'seeds':>7}")
    names = [name for name in INTEGRANDS if any(cell["integrand"] == name for cell in cells)]
    for name in names:
        mine = [cell for cell in cells if cell["integrand"] == name]
        for method in dict.fromkeys(cell["method"] for cell in mine):
            of = [cell for cell in mine if cell["method"] == method]
            error = median(cell["error"] / abs(cell["value"]) for cell in of)
            seconds = median(cell["history"][-1][0] for cell in of)
            print(
                f"{name:15}{method:18}{median(cell['efficiency'] for cell in of):11.3f}{error:12.2e}"
                f"{median(cell['pull'] for cell in of):7.2f}{seconds:12.1f}{len(of):7}"
            )
        rivals = [cell for cell in mine if cell["method"].startswith("madnis")]
        for method in dict.fromkeys(cell["method"] for cell in mine if cell["method"].startswith("resonaut")):
            ratios = []
            for seed in {cell["seed"] for cell in rivals}:
                best = max((step for cell in rivals if cell["seed"] == seed for step in cell["history"]), key=_second)
                own = [c["history"] for c in mine if c["method"] == method and c["seed"] == seed]
                reached = [s for s, e in own[0] if e >= best[1]] if own else []
                ratios += [reached[0] / best[0]] if reached else [float("inf")] if own else []
            if ratios:
                print(f"{'':15}{method}: madnis's best efficiency in {median(ratios):.2f} of its time")


def _second(step: list[float]) -> float:
    return step[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toys", nargs="+", choices=INTEGRANDS, default=INTEGRANDS)
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--evaluations", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0, help="begin no cell after so many; 0: no limit")
    parser.add_argument("--setting", nargs="*", default=[], help="of our integrator, e.g. rounds=8 trainer.epochs=2")
    parser.add_argument("--label", default="resonaut", help="what ours is called in the table")
    parser.add_argument("--out", type=Path, default=Path("integration.jsonl"))
    given = parser.parse_args()
    settings: dict[str, Any] = {}
    for assignment in given.setting:
        key, _, value = assignment.partition("=")
        table = settings
        for part in key.split(".")[:-1]:
            table = table.setdefault(part, {})
        table[key.split(".")[-1]] = json.loads(value)
    done = [json.loads(line) for line in given.out.read_text().splitlines()] if given.out.exists() else []
    there = {(cell["integrand"], cell["method"], cell["seed"]) for cell in done}
    labels = {method: given.label if method == "resonaut" else method for method in given.methods}
    wanted = [
        (name, method, given.evaluations, seed, settings, labels[method])
        for seed in range(1, given.seeds + 1)
        for method in given.methods
        for name in given.toys
        if (name, labels[method], seed) not in there
    ]
    with spawned_pool(given.workers) as pool, given.out.open("a") as file:
        running = [pool.submit(run_cell, *cell) for cell in wanted]

        def keep(futures: Iterable[Future[Cell]]) -> None:
            for future in futures:
                done.append(future.result())
                file.write(json.dumps(done[-1]) + "\n")
                file.flush()

        try:
            keep(as_completed(running, timeout=60 * given.minutes or None))
        except TimeoutError:  # what has begun is finished, the rest is for the next time
            begun = [future for future in running if not future.cancel()]
            written = {id(cell) for cell in done}
            keep(future for future in as_completed(begun) if id(future.result()) not in written)
    show(done)


if __name__ == "__main__":
    main()
