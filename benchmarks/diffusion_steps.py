"""How few network calls does a diffusion model need, and what does each way back from noise cost?

    python benchmarks/diffusion_steps.py [EVENTS] [--seeds 3] [--most 400000]

The DDPM and the flow matching density of the package's defaults, trained once a seed in the sidebands of EVENTS (the
demo events by default), sample the signal region at the masses of its background events again and again: with every
sampler and more and more network calls. The C2ST AUC of each sample against those events, of the same events for all,
and events a CPU second in one thread. The floor is the same test between the two halves of the region's events.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from dataclasses import replace
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

WAYS: dict[str, list[dict[str, Any]]] = {
    "ddpm": [
        *({"sampler": "dpm++", "steps": steps} for steps in (5, 10, 15, 20, 25, 30, 50)),
        *({"sampler": "ddim", "steps": steps} for steps in (25, 50, 512)),
        {"sampler": "ddpm", "steps": 512},
    ],
    "cfm": [
        *({"solver": "midpoint", "steps": steps} for steps in (2, 5, 10, 25)),
        *({"solver": "heun", "steps": steps} for steps in (5, 10)),
        {"solver": "rk4", "steps": 5},
        {"solver": "dormand-prince"},
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", nargs="?", help="a file of events; the demo events where there is none")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most", type=int, default=400_000, help="take so many events at most")
    parser.add_argument("--region-most", type=int, default=20_000, help="and so many of the signal region")
    parser.add_argument("--models", default="ddpm,cfm")
    options = parser.parse_args()

    from resonaut.analysis.loading import load
    from resonaut.features.sets import resolve
    from resonaut.quality.two_sample import c2st, c2st_floor
    from resonaut.registry import read_config
    from resonaut.searches.regions import Region

    events = load(options.events, features=resolve("baseline"))[: options.most]
    if events.labels is not None:
        events = events[events.labels == 0]
    region = Region()
    outside = events[region.in_sidebands(events.mass)]
    inside = events[region.in_signal(events.mass)][: options.region_most]
    floor = c2st_floor(inside.features, len(inside) // 2, seed=1)
    print(
        f"{len(outside):,} sideband events, {len(inside):,} in the region; floor {floor.auc:.4f} +- {floor.error:.4f}"
    )
    for name in options.models.split(","):
        aucs: dict[str, list[float]] = {}
        rates: dict[str, list[float]] = {}
        for seed in range(1, options.seeds + 1):
            fitted = read_config("density", name).fit(outside.features, outside.context, seed=seed)
            state = fitted.state()
            for way in WAYS[name]:
                density = replace(fitted, **way).load_state(state)
                density.sample(inside.context[:100], seed=seed)
                start = time.process_time()
                sample = density.sample(inside.context, seed=seed)
                label = " ".join(str(value) for value in way.values())
                rates.setdefault(label, []).append(len(sample) / (time.process_time() - start))
                aucs.setdefault(label, []).append(c2st(inside.features, sample, seed=seed).auc)
        for label, values in aucs.items():
            spread = np.std(values, ddof=1) if len(values) > 1 else float("nan")
            rate = statistics.median(rates[label])
            print(f"{name} {label}: C2ST {np.mean(values):.4f} +- {spread:.4f}, {rate:,.0f} events/s", flush=True)


if __name__ == "__main__":
    main()
