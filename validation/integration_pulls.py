"""Are the errors of integrals what they say? Pulls, whatever was learnt; and how errors shrink with the points.

    python validation/integration_pulls.py [--runs 100] [--toys ring ridges ...] [--refine never always]

Each of the runs learns its map anew (of the VEGAS grid alone, "never", or with a short training of the flow on top of
it, "always") and integrates with 5,000 points; (found - known)/error must follow a normal distribution. Then one toy
with maps that learnt for one, two and four rounds, with and without learned channel weights: the result must not care.
Last, the error against the number of points: plain sampling has N^-0.5, stratification more.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from scipy.stats import kstest

from resonaut.integration.integrator import Integrator
from resonaut.integration.processes.toys import TOYS
from resonaut.models.training import Trainer


def small(**settings: object) -> Integrator:
    trainer = Trainer(epochs=2, batch_size=1024, learning_rate=1e-2, gradient_clip=1.0)
    return Integrator(**({"points": 5000, "grid_points": 1000, "rounds": 1, "trainer": trainer} | settings))


def pulls(name: str, refine: str, runs: int) -> None:
    toy, found = TOYS[name], []
    for seed in range(runs):
        result = small(refine=refine).fit(toy.integrand, seed=seed).integrate(5000, seed=1000 + seed)
        found.append((result.integral - toy.integral) / result.error)
    p = kstest(found, "norm").pvalue
    print(
        f"{name:14} refine {refine:7}{runs:4} pulls: mean {np.mean(found):+.2f} ± {runs**-0.5:.2f}, "
        f"deviation {np.std(found):.2f}, KS p = {p:.2f}",
        flush=True,
    )


def independence(name: str) -> None:
    toy = TOYS[name]
    for rounds in (1, 2, 4):
        for learn_weights in (True, False):
            integrator = small(refine="always", rounds=rounds, learn_weights=learn_weights).fit(toy.integrand, seed=1)
            result = integrator.integrate(50_000, seed=2)
            pull = (result.integral - toy.integral) / result.error
            print(
                f"{name}: {rounds} rounds, channel weights {'learned' if learn_weights else 'prior'}: "
                f"{result.integral:.6f} ± {result.error:.1g}, {pull:+.1f}",
                flush=True,
            )


def shrinking(name: str) -> None:
    integrator = small(refine="never").fit(TOYS[name].integrand, seed=1)
    sizes = (1000, 4000, 16_000, 64_000)
    errors = [np.mean([integrator.integrate(n, seed=seed).error for seed in range(5)]) for n in sizes]
    power = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    dimensions = TOYS[name].integrand.dimensions
    print(
        f"{name} ({dimensions} dimensions): error as N^{power:.2f}, {errors[0] / errors[-1]:.1f} from 1,000 to 64,000"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--toys", nargs="+", choices=list(TOYS), default=list(TOYS))
    parser.add_argument("--refine", nargs="+", choices=("never", "always"), default=("never", "always"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.toys:
        shrinking(name)
    for refine in given.refine:
        for name in given.toys:
            pulls(name, refine, given.runs)
    independence("ridges")


if __name__ == "__main__":
    main()
