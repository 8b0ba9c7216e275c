"""Integrals and unweighting efficiencies beside vegas and madnis, on the toys: one thread, equal evaluations.

    python benchmarks/integration.py [--toys ring gaussian] [--evaluations 1000000] [--seeds 3] [--out integration.json]

madnis (`pip install madnis`) takes part where it is installed. Both learn on at most half of the evaluations and
integrate with the rest; efficiencies are at 0.1 % overweight, by the same function, from the same number of fresh
points. For madnis the integrand has its channels, but none of our maps or grids besides its own VEGAS initialisation.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch

from resonaut.integration.integrator import Integrator
from resonaut.integration.processes.toys import TOYS, Toy
from resonaut.integration.unweighting import efficiency
from resonaut.integration.vegas import integrate_with_vegas

SURVEY = 100_000


def ours(toy: Toy, n: int, seed: int) -> dict[str, float]:
    rounds = max(1, min(5, n // 120_000))
    integrator = Integrator(refine="always", rounds=rounds, points=n // (2 * (rounds + 1)))
    integrator.fit(toy.integrand, seed=seed)
    result = integrator.integrate(n - integrator.n_evaluations_, seed=seed)
    weights = []
    for group in integrator.survey_:
        z = torch.rand(SURVEY, toy.integrand.dimensions, dtype=torch.float64)
        weights.append(integrator.sampler_.draw(group, z, torch.Generator().manual_seed(seed)).weight)
    return {"value": result.integral, "error": result.error, "efficiency": efficiency(weights)}


def vegas(toy: Toy, n: int, seed: int) -> dict[str, float]:
    result = integrate_with_vegas(toy.integrand, n, seed=seed)
    # The efficiency of its grid, at as many fresh points as for the others.
    grid = Integrator(refine="never", grid_points=max(100, n // 20)).fit(toy.integrand, seed=seed)
    return {"value": result.integral, "error": result.error, "efficiency": grid.quality_.efficiency}


def madnis(toy: Toy, n: int, seed: int) -> dict[str, float]:
    from madnis.integrator import Integrand as TheirIntegrand
    from madnis.integrator import Integrator as TheirIntegrator

    torch.manual_seed(seed)
    ours, channels = toy.integrand, toy.integrand.n_channels

    def function(x: torch.Tensor, channel: torch.Tensor | None = None) -> Any:
        found = ours(x.double(), torch.zeros(len(x), dtype=torch.int64) if channel is None else channel)
        if channels == 1:
            return found.weight.float()
        assert found.y is not None
        assert found.alpha is not None
        return found.weight.float(), found.y.float(), found.alpha.float()

    several = {"channel_count": channels, "remapped_dim": ours.dimensions, "has_channel_weight_prior": True}
    theirs = TheirIntegrator(
        TheirIntegrand(function, ours.dimensions, **(several if channels > 1 else {})), batch_size=1024
    )
    theirs.train(n // 2 // 1024)
    value, error = theirs.integrate(n // 2)
    samples = theirs.sample(SURVEY * channels)
    weights = samples.weights.double()
    by_channel = [weights] if channels == 1 else [weights[samples.channels == c] for c in range(channels)]
    return {"value": value, "error": error, "efficiency": efficiency(by_channel)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toys", nargs="+", choices=list(TOYS), default=list(TOYS))
    parser.add_argument("--evaluations", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    methods: dict[str, Callable[[Toy, int, int], dict[str, float]]] = {"resonaut": ours, "vegas": vegas}
    if find_spec("madnis"):
        methods["madnis"] = madnis
    rows = []
    print(f"{'integrand':15}{'method':10}{'efficiency':>11}{'rel. error':>12}{'pull':>7}{'CPU s':>8}")
    for name in given.toys:
        toy = TOYS[name]
        for method, run in methods.items():
            found = []
            for seed in range(1, given.seeds + 1):
                start = time.process_time()
                one = run(toy, given.evaluations, seed)
                found.append(one | {"seconds": time.process_time() - start})
            row = {key: median(one[key] for one in found) for key in found[0]}
            row["pull"] = median((one["value"] - toy.integral) / one["error"] for one in found)
            rows.append({"integrand": name, "method": method, **row})
            print(
                f"{name:15}{method:10}{row['efficiency']:11.3f}{row['error'] / row['value']:12.2e}{row['pull']:7.2f}"
                f"{row['seconds']:8.1f}",
                flush=True,
            )
    if given.out:
        given.out.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
