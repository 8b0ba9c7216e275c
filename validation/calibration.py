"""Are the p-values of a hunt what they say, where there is no signal?

    python validation/calibration.py EVENTS ... --out OUT --workers 16

EVENTS are files of simulated background with the baseline features. Three sets of background-only experiments go
through the whole hunt, training included, with small settings:

- `generated`: drawn from an autoregressive transformer that learnt EVENTS, another family than the spline flow of the
  hunt; masses from the smoothed spectrum of EVENTS. No event occurs twice, the truth is the same in all of them.
- `simulated`: EVENTS itself in disjoint parts.
- `scan`: generated ones through a whole scan: toys of it that are trained anew.

Declared before any of it was run:

1. the one test: Kolmogorov-Smirnov of the 1 % cut's template p-values (`generated`) against uniform, p > 0.05;
2. the same for the other cuts, for the fits' p-values and for `simulated`: p > 0.01 each;
3. the quoted p (the larger of two) is conservative: never below either, and one-sided Kolmogorov-Smirnov p > 0.01;
4. the share of template z of the 1 % cut above 2 has 2.3 % within its binomial 95 % interval;
5. the width of that z is between 0.9 and 1.1;
6. a background that is wrong on purpose, a straight line between the strips beside the region, fails test 1;
7. the global p-values of `scan`, by toys that are not trained anew, are not too small: one-sided Kolmogorov-Smirnov
   p > 0.01.

Counts are small: a p-value is drawn uniformly between that of the count and that of one event more, which makes
discrete p-values uniform. Finished experiments are kept in OUT; the same command goes on, and prints the table again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import kstest, norm

from resonaut.analysis.hunt import hunt
from resonaut.events.events import Events
from resonaut.events.reading import read_events
from resonaut.features.sets import resolve
from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.autoregressive import AutoregressiveTransformer
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.runs.folder import checksum
from resonaut.runs.processes import limit_threads
from resonaut.scans.executors import on_this_machine
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.cathode import CATHODE
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region
from resonaut.statistics.counting import binomial_interval, p_to_z, significance

CUTS = (0.1, 0.03, 0.01)
TESTED = 0.01
REGION = Region()
SCAN = {"centres": "2900:4300", "toys": 100}
SMEARING = 30.0
"""GeV, of the masses: less than a bin, more than the distance of neighbouring events."""


def small_search() -> CrossFit:
    """CATHODE with a flow and trees that train in seconds."""
    density = SplineFlow(transforms=4, hidden=(48, 48), bins=8, trainer=Trainer(epochs=12, batch_size=512))
    classifier = Ensemble(model=BoostedTrees(max_iter=60), members=2)
    return CrossFit(search=CATHODE(density=density, classifier=classifier), folds=4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """Call it with a cell: `kind` and `number`."""

    background: Events
    generator: AutoregressiveTransformer
    size: int
    parts: int

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        number = int(cell["number"])
        if cell["kind"] == "scan":
            return self.scanned(number)
        events = self.generated(number) if cell["kind"] == "generated" else self.simulated(number)
        result = hunt(events, search=small_search(), efficiencies=CUTS, seed=number)
        keys = ("efficiency", "observed", "expected", "expected_error", "expected_fit", "expected_fit_error")
        keys += ("p_template", "p_fit", "p_local", "withheld")
        return {
            "cuts": [{key: getattr(row, key) for key in keys} for row in result.cuts],
            "straight_line": straight_line(events),
            "c2st": None if result.c2st is None else result.c2st["sidebands"].auc,
            "claim": result.claim,
            "seconds": sum(result.seconds.values()),
        }

    def scanned(self, number: int) -> dict[str, Any]:
        events = self.generated(number, stream=4)
        result = hunt(events, search=small_search(), efficiencies=CUTS, seed=number, scan=SCAN)
        significance = None if result.scan is None else result.scan.significance
        return {
            "p_toys": None if significance is None else significance.toys.p,
            "p_global": result.p_global,
            "z_local": None if significance is None else significance.z_local,
            "z_quoted": [window.z_quoted for window in result.windows],
            "windows": [
                {"region": window.region, "z": [[row.z_template, row.z_fit] for row in window.cuts]}
                for window in result.windows
            ],
            "claim": result.claim,
            "seconds": sum(result.seconds.values()),
        }

    def generated(self, number: int, *, stream: int = 1) -> Events:
        rng = np.random.default_rng([stream, number])
        mass = self.background.mass[rng.integers(len(self.background), size=rng.poisson(self.size))]
        mass = mass + SMEARING * rng.standard_normal(len(mass))
        mass = mass[REGION.in_window(mass)]
        return Events(mass=mass, features=self.generator.sample(mass[:, None], seed=rng), names=self.background.names)

    def simulated(self, number: int) -> Events:
        order = np.random.default_rng(2).permutation(len(self.background))
        rows = np.sort(np.array_split(order, self.parts)[number])
        return replace(self.background[rows], labels=None, ids=np.arange(len(rows)))


def straight_line(events: Events) -> float:
    """Events in the region, were the spectrum a straight line there: too many, because it is convex."""
    width = REGION.high - REGION.low
    strips = [(REGION.low - width, REGION.low), (REGION.high, REGION.high + width)]
    return float(np.mean([((events.mass >= low) & (events.mass < high)).sum() for low, high in strips]))


def learn_generator(background: Events, epochs: int, out: Path) -> AutoregressiveTransformer:
    trainer = Trainer(epochs=epochs, batch_size=4096, learning_rate=3e-3, ema=0.999, checkpoints=out, progress=True)
    generator = AutoregressiveTransformer(width=32, layers=2, components=16, trainer=trainer)
    return generator.fit(background.features, background.context, seed=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path, nargs="+", help="simulated background")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--experiments", type=int, default=200, help="generated ones")
    parser.add_argument("--size", type=int, default=40_000, help="events of a generated one")
    parser.add_argument("--parts", type=int, default=15, help="simulated ones")
    parser.add_argument("--scans", type=int, default=16, help="generated ones that are scanned")
    parser.add_argument("--epochs", type=int, default=10, help="of the generator's training")
    options = parser.parse_args()

    limit_threads(options.workers)
    files = [read_events(path, features=resolve("baseline"), mass="mjj") for path in options.events]
    loaded = Events.concatenate(files)
    background = loaded[REGION.in_window(loaded.mass)]
    if background.labels is not None:
        background = background[background.labels == 0]
    generator = learn_generator(background, options.epochs, options.out / "generator")
    experiment = Experiment(background=background, generator=generator, size=options.size, parts=options.parts)
    cells = [{"kind": "generated", "number": k} for k in range(options.experiments)]
    cells += [{"kind": "simulated", "number": k} for k in range(options.parts)]
    cells += [{"kind": "scan", "number": k} for k in range(options.scans)]
    depends_on = {
        "events": [checksum(path) for path in options.events],
        "size": options.size,
        "parts": options.parts,
        "epochs": options.epochs,
    }
    results = scan(
        experiment,
        cells,
        store=Store(options.out / "cells", depends_on),
        executor=on_this_machine(options.workers),
        progress="experiments",
    )
    by_kind = {
        kind: [result for cell, result in zip(cells, results, strict=True) if cell["kind"] == kind]
        for kind in ("generated", "simulated", "scan")
    }
    tests = [test for kind in ("generated", "simulated") for test in judge(kind, by_kind[kind])]
    tests += judge_scans(by_kind["scan"])
    table = Table(title="background alone: declared tests", title_justify="left")
    for name in ("experiments", "test", "measured", "asked", "passed"):
        table.add_column(name)
    for test in tests:
        table.add_row(
            *(str(test[key]) for key in ("kind", "test", "measured", "asked")), "yes" if test["passed"] else "NO"
        )
    Console(width=130).print(table)
    claims = {kind: sum(result["claim"] == "made" for result in found) for kind, found in by_kind.items()}
    seconds = np.median([result["seconds"] for result in results])
    print(f"claims made: {claims}; an experiment took {seconds:.0f} s (median)")
    for name, z in window_significances(by_kind["scan"]).items():
        print(f"windows of the scans, {name} z: mean {z.mean():+.2f}, width {z.std():.2f}, n = {len(z)}")
    (options.out / "result.json").write_text(json.dumps({"tests": tests, "claims": claims}, indent=2) + "\n")
    draw(by_kind["generated"], options.out / "calibration.png")


def judge(kind: str, results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The declared tests on one set of experiments."""
    tests = []

    def add(test: str, measured: str, asked: str, passed: bool) -> None:
        tests.append({"kind": kind, "test": test, "measured": measured, "asked": asked, "passed": bool(passed)})

    for efficiency in CUTS:
        for estimate in ("template", "fit"):
            p = p_values(results, efficiency, estimate)
            if len(p) < 10:
                continue
            ks = kstest(p, "uniform").pvalue
            least = 0.05 if (kind, efficiency, estimate) == ("generated", TESTED, "template") else 0.01
            z = np.array([p_to_z(value) for value in p])
            name = f"{estimate} p of the {100 * efficiency:g} % cut is uniform"
            add(name, f"KS p = {ks:.3g}; z {z.mean():+.2f} ± {z.std():.2f}, n = {len(p)}", f"> {least}", ks > least)
    z = np.array([p_to_z(value) for value in p_values(results, TESTED, "template")])
    beyond = int((z > 2).sum())
    low, high = binomial_interval(beyond, len(z), 0.95)
    add(
        "template z above 2",
        f"{beyond} of {len(z)}: {low:.1%} to {high:.1%}",
        "2.3 % within",
        low <= norm.sf(2) <= high,
    )
    add("width of the template z", f"{z.std(ddof=1):.3f}", "0.9 to 1.1", 0.9 < z.std(ddof=1) < 1.1)
    for efficiency in CUTS:
        rows = [row_of(result, efficiency) for result in results]
        # The largest p of a count, not a randomised one: what is printed is what must be conservative.
        ks = kstest([row["p_local"] for row in rows], "uniform", alternative="greater").pvalue
        below = sum(row["p_local"] < max(row["p_template"], row["p_fit"] or 0.0) * (1 - 1e-9) for row in rows)
        name = f"quoted p of the {100 * efficiency:g} % cut is conservative"
        add(name, f"one-sided KS p = {ks:.3g}; {below} below one of its two", "> 0.01; 0", ks > 0.01 and not below)
    ks = kstest(p_values(results, TESTED, "straight line"), "uniform").pvalue
    add("a straight line as background fails", f"KS p = {ks:.3g}", "< 0.05", ks < 0.05)
    return tests


def judge_scans(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The declared test of the global p-values."""
    p = [result["p_toys"] for result in results if result["p_toys"] is not None]
    if not p:
        return []
    ks = kstest(p, "uniform", alternative="greater").pvalue
    return [
        {
            "kind": "scan",
            "test": "global p by toys is not too small",
            "measured": f"one-sided KS p = {ks:.3g}; mean {np.mean(p):.2f}, least {min(p):.3f}, n = {len(p)}",
            "asked": "> 0.01",
            "passed": bool(ks > 0.01),
        }
    ]


def window_significances(results: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Of all windows of all scans: what each quotes, and what its estimates say at every cut."""
    if not results:
        return {}
    cuts = np.array([z for result in results for window in result["windows"] for z in window["z"][1:]], dtype=float)
    found = {"quoted": np.array([z for result in results for z in result["z_quoted"]], dtype=float)}
    found |= {name: cuts[:, i] for i, name in enumerate(("template", "fit"))}
    return {name: z[np.isfinite(z)] for name, z in found.items()}


def p_values(results: Sequence[Mapping[str, Any]], efficiency: float, estimate: str) -> np.ndarray:
    """Randomised p-values of one cut over one estimate of its background."""
    rng = np.random.default_rng(3)
    found = []
    for result in results:
        row = row_of(result, efficiency)
        expected, error = row["expected"], row["expected_error"]
        if estimate == "fit":
            expected, error = row["expected_fit"], row["expected_fit_error"]
        elif estimate == "straight line":
            expected = efficiency * result["straight_line"]
        uniform = rng.random()  # drawn for every experiment, so that all estimates of one see the same
        if expected is not None:
            here, there = (significance(row["observed"] + more, expected, error).p for more in (0, 1))
            found.append(there + uniform * (here - there))
    return np.array(found)


def row_of(result: Mapping[str, Any], efficiency: float) -> Mapping[str, Any]:
    return next(row for row in result["cuts"] if row["efficiency"] == efficiency)


def draw(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Cumulative distributions of the p-values, beside the diagonal."""
    from resonaut.plots.style import MUTED, figure, report_style

    with report_style():
        canvas = figure(5.6, 5.0)
        ax = canvas.add_axes((0.14, 0.12, 0.82, 0.84))
        ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", label="uniform")
        shown = {f"template, {100 * cut:g} % cut": p_values(results, cut, "template") for cut in CUTS}
        shown["fit, 1 % cut"] = p_values(results, TESTED, "fit")
        shown["quoted, 1 % cut"] = np.array([row_of(result, TESTED)["p_local"] for result in results])
        shown["straight line, 1 % cut"] = p_values(results, TESTED, "straight line")
        for name, p in shown.items():
            ax.step(np.sort(p), (np.arange(len(p)) + 1) / len(p), where="post", label=name)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_xlabel("p-value")
        ax.set_ylabel("share of experiments below")
        ax.legend(loc="upper left")
        canvas.savefig(path)


if __name__ == "__main__":
    main()
