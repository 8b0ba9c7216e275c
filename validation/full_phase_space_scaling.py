"""How far generated events can be told from real ones, against what the generator was given.

    python validation/full_phase_space_scaling.py RUN... --out scaling.png [--model subjets]

Each RUN is one of `full_phase_space.py`, of other `--events`, `--minutes` or `--size`. The figure has the C2ST AUC of
the sidebands, by trees on ten substructure observables and by the transformer of all particles, against the time of
training of the particles; points of as many events and weights are joined. A table of the same is printed.
"""

from __future__ import annotations

import argparse
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from rich.console import Console
from rich.table import Table

from resonaut.plots.style import CYCLE, figure, report_style

matplotlib.use("Agg")

MEASURES = {"substructure": "trees, substructure", "cloud": "transformer, all particles"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="subjets")
    options = parser.parse_args()
    points = sorted((point(run, options.model) for run in options.runs), key=lambda p: (about(p), p["seconds"]))
    show(points)
    with report_style():
        draw(points, options.out)


def point(run: Path, model: str) -> dict[str, Any]:
    """What one run was given, and what came of it."""
    found = json.loads((run / "result.json").read_text())
    if f"{model}.sideband" not in found:
        raise SystemExit(f"error: {run} has no finished `{model}`; give it the same command again, which goes on")
    training, auc = found[model], found[f"{model}.sideband"]
    return {
        "size": (found["events"]["train"], training["weights"]),
        "seconds": training["train_seconds"],
        **{name: (auc[name]["auc"], auc[name]["error"]) for name in MEASURES},
    }


def about(point: dict[str, Any]) -> tuple[float, int]:
    """Its size, events to two digits: how many are kept aside differs."""
    events, weights = point["size"]
    return float(f"{events:.2g}"), weights


def show(points: list[dict[str, Any]]) -> None:
    table = Table()
    for name in ("sideband events", "weights", "seconds", *MEASURES.values()):
        table.add_column(name, justify="right")
    for p in points:
        events, weights = p["size"]
        aucs = (f"{p[name][0]:.3f} ± {p[name][1]:.3f}" for name in MEASURES)
        table.add_row(f"{events:,}", f"{weights:,}", f"{p['seconds']:.0f}", *aucs)
    Console(width=120).print(table)


def draw(points: list[dict[str, Any]], out: Path) -> None:
    whole = figure(9.0, 4.0)
    axes = whole.subplots(1, 2, sharey=True)
    sizes = {size: list(same) for size, same in groupby(points, key=about)}
    for ax, (name, title) in zip(axes, MEASURES.items(), strict=True):
        for colour, ((events, weights), same) in zip(CYCLE, sizes.items(), strict=False):
            value, error = zip(*(p[name] for p in same), strict=True)
            label = f"{events:,.0f} events, {weights / 1000:.0f}k weights"
            ax.errorbar([p["seconds"] / 60 for p in same], value, error, fmt="o-", color=colour, label=label)
        ax.axhline(0.5, color="0.8", linewidth=0.8)
        low, high = (end(p["seconds"] for p in points) / 60 for end in (min, max))
        ax.set(xscale="log", xlim=(low / 3, 3 * high), xlabel="minutes of training", title=title)
    axes[0].set_ylabel("C2ST AUC, sidebands")
    axes[0].legend(frameon=False, fontsize=9, loc="upper right")
    whole.savefig(out, dpi=110)


if __name__ == "__main__":
    main()
