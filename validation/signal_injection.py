"""Does a hunt measure as much signal as there is, and how little of it does it discover?

    python validation/signal_injection.py EVENTS --signal SIGNAL --out OUT --workers 16
    python validation/signal_injection.py EVENTS --signal SIGNAL --features extended2 --recipe RECIPE --out OUT2 \
        --beside OUT

EVENTS is simulated background, cut into disjoint parts of `--size` events; SIGNAL simulated signal. At each strength,
S / sqrt(B) in the signal region, signal events nobody else has are put into a part, and the whole hunt is made. For
each cut the table compares the signal that passes (by the labels, which the hunt does not see) with what was measured,
observed less expected, and with the fitted peak; the last lines give the S / sqrt(B) from which on half of the hunts
exceed five sigma, beside that of the bump hunt without a cut. injection.png draws both, and with `--beside` those of
another OUT as well. Finished hunts are kept in OUT.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import brentq

from resonaut.analysis.hunt import hunt
from resonaut.cli.options import read_recipe
from resonaut.errors import EventsError
from resonaut.events.events import Events
from resonaut.events.reading import read_events
from resonaut.features.sets import resolve
from resonaut.registry import read_config
from resonaut.runs.folder import checksum
from resonaut.scans.executors import on_this_machine
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region
from resonaut.statistics.counting import asimov_z

REGION = Region()
DISCOVERY = 5.0
DRAWN = 0.01
"""The cut whose measured signal is drawn."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Injected:
    """Call it with a cell: `strength` and `repeat`."""

    background: Events
    signal: Events
    search: CrossFit
    size: int

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        repeat = int(cell["repeat"])
        events = self.mixed(float(cell["strength"]), repeat)
        result = hunt(events, search=self.search, seed=repeat)
        keys = ("efficiency", "observed", "expected", "expected_error", "n_signal", "z_local", "withheld")
        fits = {fit.efficiency: fit for fit in result.fits}
        return {
            "cuts": [
                {key: getattr(row, key) for key in keys}
                | {
                    "fitted": fits[row.efficiency].fitted_yield if row.efficiency in fits else None,
                    "fitted_error": fits[row.efficiency].fitted_yield_error if row.efficiency in fits else None,
                }
                for row in result.cuts
            ],
            "z_quoted": result.z_quoted,
            "claim": result.claim,
            "strength": result.cuts[0].n_signal / sqrt(result.cuts[0].n_background),
            "seconds": sum(result.seconds.values()),
        }

    def mixed(self, strength: float, repeat: int) -> Events:
        n_parts = len(self.background) // self.size
        order = np.random.default_rng(1).permutation(len(self.background))
        part = order[: n_parts * self.size].reshape(n_parts, self.size)[repeat % n_parts]
        background = self.background[np.sort(part)]
        rng = np.random.default_rng([2, repeat, round(1000 * strength)])
        wanted = rng.poisson(strength * sqrt(REGION.in_signal(background.mass).sum()))
        inside = np.cumsum(REGION.in_signal(self.signal.mass[(order_of := rng.permutation(len(self.signal)))]))
        n = int(np.searchsorted(inside, wanted)) + 1 if wanted else 0
        if n > len(self.signal):
            raise EventsError(f"{wanted} signal events are wanted in the region, {inside[-1]} are simulated; give more")
        signal = self.signal[order_of[:n]]
        both = Events.concatenate([_labelled(background, 0), _labelled(signal, 1)])
        shuffled = both[rng.permutation(len(both))]
        return replace(shuffled, ids=np.arange(len(shuffled)))


def _labelled(events: Events, label: int) -> Events:
    return replace(events, labels=np.full(len(events), label), exclusions={})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path, help="simulated background")
    parser.add_argument("--signal", type=Path, required=True, help="simulated signal")
    parser.add_argument("--features", default="baseline")
    parser.add_argument("--recipe", type=Path, help="whose [search] to take; by default cross-fitted CATHODE")
    parser.add_argument("--strengths", default="0,0.5,1,1.5,2,3", help="S / sqrt(B) in the signal region")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--size", type=int, default=100_000, help="background events of a hunt")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="other OUTs, drawn into the same figure")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()

    background, signal = (_read(path, options.features) for path in (options.events, options.signal))
    background = background if background.labels is None else background[background.labels == 0]
    signal = signal if signal.labels is None else signal[signal.labels == 1]
    if len(background) < options.size:
        raise SystemExit(f"{options.events} holds {len(background):,} background events, fewer than --size")
    search = read_config("search", read_recipe(options.recipe, sections=("run", "search"))["search"] or "crossfit")
    cells = grid(strength=[float(text) for text in options.strengths.split(",")], repeat=range(options.repeats))
    depends_on = {
        "events": checksum(options.events),
        "signal": checksum(options.signal),
        "features": options.features,
        "size": options.size,
        "search": repr(search),
    }
    results = scan(
        Injected(background=background, signal=signal, search=search, size=options.size),
        cells,
        store=Store(options.out / "cells", depends_on),
        executor=on_this_machine(options.workers),
        progress="hunts",
    )
    summary = {"features": options.features} | summarise(cells, results)
    show(summary, options.features)
    (options.out / "result.json").write_text(json.dumps(summary, indent=2) + "\n")
    others = [json.loads((path / "result.json").read_text()) for path in options.beside]
    draw([*others, summary], options.out / "injection.png")


def _read(path: Path, features: str) -> Events:
    events = read_events(path, features=resolve(features), mass="mjj")
    return events[REGION.in_window(events.mass)]


def summarise(cells: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A row for each strength and cut, and what five sigma take."""
    rows, medians = [], []
    for strength in dict.fromkeys(cell["strength"] for cell in cells):
        same = [result for cell, result in zip(cells, results, strict=True) if cell["strength"] == strength]
        medians.append((float(np.mean([r["strength"] for r in same])), float(np.median([r["z_quoted"] for r in same]))))
        for k, first in enumerate(same[0]["cuts"]):
            cuts = [result["cuts"][k] for result in same]
            measured, errors = np.array([_measured(cut) for cut in cuts]).T
            true = np.array([cut["n_signal"] for cut in cuts])
            fitted = [
                (cut["fitted"] - cut["n_signal"]) / cut["fitted_error"] for cut in cuts if cut["fitted"] is not None
            ]
            pulls = (measured - true) / errors
            rows.append(
                {
                    "strength": strength,
                    "efficiency": first["efficiency"],
                    "true": float(true.mean()),
                    "measured": float(measured.mean()),
                    "error": float(errors.mean()),
                    "pull": float(pulls.mean()),
                    "pull_width": float(pulls.std(ddof=1)) if len(pulls) > 1 else None,
                    "fitted_pull": float(np.mean(fitted)) if fitted else None,
                    "z_median": float(np.median([cut["z_local"] for cut in cuts])),
                    "withheld": sum(cut["withheld"] is not None for cut in cuts),
                    "n": len(same),
                }
            )
    uncut = [result["cuts"][0] for result in results]
    expected = float(np.mean([cut["expected"] for cut in uncut]))
    error = float(np.mean([cut["expected_error"] for cut in uncut]))

    def z_bump_hunt(strength: float) -> float:
        return float(asimov_z(strength * sqrt(expected), expected, error))

    hunts = [
        {key: result[key] for key in ("strength", "z_quoted", "claim")}
        | dict(zip(("true", "measured", "error"), (tight["n_signal"], *_measured(tight)), strict=True))
        for result in results
        for tight in result["cuts"]
        if tight["efficiency"] == DRAWN
    ]
    return {
        "rows": rows,
        "hunts": hunts,
        "z_quoted": medians,
        "z_bump_hunt": [[strength, z_bump_hunt(strength)] for strength in (0.01, 1, 2, 3, 4)],
        "reach": _crossing(medians),
        "reach_bump_hunt": brentq(lambda strength: z_bump_hunt(strength) - DISCOVERY, 0.1, 1000),
    }


def _measured(cut: Mapping[str, Any]) -> tuple[float, float]:
    """Signal events after a cut, and their error."""
    return cut["observed"] - cut["expected"], hypot(sqrt(cut["observed"]), cut["expected_error"])


def _crossing(medians: Sequence[tuple[float, float]]) -> float | None:
    """The S / sqrt(B) at which the median z passes five, between neighbours on a line; None where it does not."""
    for (left, low), (right, high) in pairwise(medians):
        if low <= DISCOVERY < high:
            return left + (right - left) * (DISCOVERY - low) / (high - low)
    return None


def draw(summaries: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Signal after the 1 % cut, measured against true, and the quoted significance against the strength."""
    from resonaut.plots.style import MUTED, figure, report_style

    with report_style():
        canvas = figure(10.4, 4.6)
        yields, reach = canvas.add_axes((0.07, 0.13, 0.41, 0.83)), canvas.add_axes((0.56, 0.13, 0.41, 0.83))
        for k, summary in enumerate(summaries):
            hunts, name, colour = summary["hunts"], summary["features"], f"C{k}"
            true, measured, error = (np.array([hunt[key] for hunt in hunts]) for key in ("true", "measured", "error"))
            yields.errorbar(true, measured, error, fmt="o", markersize=4, color=colour, alpha=0.7, label=name)
            points = np.array([(hunt["strength"], hunt["z_quoted"]) for hunt in hunts])
            reach.plot(*points.T, "o", markersize=4, alpha=0.5, color=colour)
            reach.plot(*np.transpose(summary["z_quoted"]), color=colour, label=f"{name}, median")
        yields.axline((0, 0), slope=1, color=MUTED, linestyle="--")
        yields.set_xlabel(f"true signal events after the {100 * DRAWN:g} % cut")
        yields.set_ylabel("measured: observed less expected")
        yields.legend(loc="upper left")
        reach.plot(*np.transpose(summaries[0]["z_bump_hunt"]), color=MUTED, label="bump hunt without a cut, expected")
        reach.axhline(DISCOVERY, color=MUTED, linestyle="--")
        reach.set_xlim(-0.1, max(hunt["strength"] for summary in summaries for hunt in summary["hunts"]) + 0.1)
        reach.set_xlabel("S/√B in the signal region")
        reach.set_ylabel("quoted significance")
        reach.legend(loc="upper left")
        canvas.savefig(path)


def show(summary: Mapping[str, Any], features: str) -> None:
    table = Table(title=f"injected and measured signal events in the region, {features}", title_justify="left")
    for name in ("S/sqrt(B)", "cut", "true", "measured", "pull", "width", "pull of the peak", "median z", "withheld"):
        table.add_column(name, justify="right")
    for row in summary["rows"]:
        last = row["efficiency"] == summary["rows"][-1]["efficiency"]
        table.add_row(
            f"{row['strength']:g}",
            "none" if row["efficiency"] == 1 else f"{100 * row['efficiency']:g} %",
            f"{row['true']:.1f}",
            f"{row['measured']:.1f} ± {row['error']:.1f}",
            f"{row['pull']:+.2f}",
            "-" if row["pull_width"] is None else f"{row['pull_width']:.2f}",
            "-" if row["fitted_pull"] is None else f"{row['fitted_pull']:+.2f}",
            f"{row['z_median']:.1f}",
            f"{row['withheld']} of {row['n']}",
            end_section=last,
        )
    Console(width=130).print(table)
    print("median quoted z:", ", ".join(f"{z:.1f} at {strength:.2f}" for strength, z in summary["z_quoted"]))
    pulls = np.array([(one["measured"] - one["true"]) / one["error"] for one in summary["hunts"]])
    for one in summary["hunts"]:
        print(f"  S/sqrt(B) {one['strength']:.2f}: z {one['z_quoted']:.1f}, claim {one['claim']}")
    width = f", width {pulls.std(ddof=1):.2f}" if len(pulls) > 1 else ""
    print(f"pull of all {len(pulls)} at the {100 * DRAWN:g} % cut: {pulls.mean():+.2f}{width}")
    reach = summary["reach"]
    print(f"five sigma from S/sqrt(B) = {'beyond these' if reach is None else f'{reach:.2f}'} on;", end=" ")
    print(f"the bump hunt without a cut: {summary['reach_bump_hunt']:.1f}")


if __name__ == "__main__":
    main()
