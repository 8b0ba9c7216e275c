"""What a default hunt finds on the demo events, and on background alone.

    python benchmarks/hunt.py signal                 # the embedded demo events, seeds 1 to 5
    python benchmarks/hunt.py background FILE         # five disjoint background-only samples of FILE

FILE is the million events of docs/simulation.md. In order of their number, and only those of background with a mass
between 2300 and 5000 GeV, the first 150,000 are the demo's; the next five times 150,000 are the samples.

Each hunt is a run folder under --out, so that a benchmark which was stopped goes on, and its reports can be read.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean, median

import numpy as np
from cyclopts import App
from rich.console import Console
from rich.table import Table

from resonaut.analysis.hunt import hunt
from resonaut.analysis.loading import cache_folder, load
from resonaut.analysis.result import HuntResult
from resonaut.features.sets import resolve
from resonaut.searches.regions import Region

app = App(help=__doc__)
OUT = cache_folder() / "benchmarks" / "hunt"


@app.command
def signal(*, seeds: int = 5, out: Path = OUT) -> None:
    """Hunt in the demo events with seeds 1, 2, ...: is the resonance found, and hidden before the cut?"""
    runs = {f"seed {seed}": hunt(seed=seed, out=out / f"demo-{seed}") for seed in range(1, seeds + 1)}
    _print(runs, "demo events: z local")
    uncut, one_per_cent = (median(_z(run, efficiency) for run in runs.values()) for efficiency in (1.0, 0.01))
    print(f"median z: {uncut:.1f} uncut (asked: below 3), {one_per_cent:.1f} at the 1 % cut (asked: above 5)")
    truths = [run.truth for run in runs.values() if run.truth]
    print(f"median AUC {median(t.auc for t in truths):.3f}; ", end="")
    print(f"median SIC at FPR 1e-3 {median(t.sic_fpr_1e3 or 0.0 for t in truths):.1f}")


@app.command
def background(file: Path, *, samples: int = 5, events: int = 150_000, seed: int = 1, out: Path = OUT) -> None:
    """Hunt in background alone: does anything show up that is not there?"""
    known = load(file, features=resolve("baseline"))
    assert known.labels is not None, f"{file} has no labels"
    known = known[np.argsort(known.ids)]
    known = known[(known.labels == 0) & Region().in_window(known.mass)]
    runs = {
        f"sample {k}": hunt(known[k * events : (k + 1) * events], seed=seed, out=out / f"background-{k}")
        for k in range(1, samples + 1)
    }
    _print(runs, "background alone: z local")
    highest = max(cut.z_local for run in runs.values() for cut in run.cuts)
    loosest = [_z(run, 0.1) for run in runs.values()]
    print(f"highest z {highest:.1f} (asked: below 3.5); mean z of the 10 % cut {mean(loosest):.2f} (asked: within +-1)")
    print(f"of the template alone: {mean(cut.z_template for run in runs.values() for cut in run.cuts[1:2]):.2f}")


def _z(run: HuntResult, efficiency: float) -> float:
    return next(cut.z_local for cut in run.cuts if cut.efficiency == efficiency)


def _print(runs: dict[str, HuntResult], title: str) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    first = next(iter(runs.values()))
    for cut in first.cuts:
        table.add_column("uncut" if cut.efficiency == 1 else f"{100 * cut.efficiency:g} %", justify="right")
    for name in ("claim", "C2ST", "floor", "s"):
        table.add_column(name, justify="right")
    for name, run in runs.items():
        closure = (run.c2st or {}).get("sidebands")
        table.add_row(
            name,
            *(f"{cut.z_local:.1f}" + ("*" if cut.withheld else "") for cut in run.cuts),
            run.claim.split(" because")[0],
            f"{closure.auc:.3f}" if closure else "-",
            f"{closure.floor:.3f}" if closure else "-",
            f"{sum(run.seconds.values()):.0f}",
        )
    Console(width=110).print(table)
    print("* claim withheld at this cut")


if __name__ == "__main__":
    app()
