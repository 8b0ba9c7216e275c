"""The figures of the full phase space, as the paper has them, of what `full_phase_space_search.py` found.

    python validation/full_phase_space_figures.py EVENTS RUN [RUN...] --out docs/figures

EVENTS are the events of the study; of each RUN `cells.jsonl` is read, and of one of them `generated.npz`. Writes
full-phase-space-spectra.png (known and generated background of the region, particles and jets, with their ratios),
-sic.png (SIC against background efficiency at the most signal, medians and ranges over the seeds) and -injections.png
(maximum SIC and AUC against the signal in the region).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from full_phase_space_search import RATES

from resonaut.analysis.particles import with_particles
from resonaut.errors import ResonautError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.point_cloud import PointCloud
from resonaut.events.reading import BASELINE, read_events
from resonaut.features.cloud_frame import into_frame, jets_of
from resonaut.plots.histograms import band, points, ratio
from resonaut.plots.style import figure, report_style
from resonaut.searches.regions import Region

matplotlib.use("Agg")

LINES = {
    "idealised": ("true background, all particles", "black", "-"),
    "full": ("FullCATHODE, all particles", "#0072b2", "-"),
    "idealised-tuned": ("true background, from the backbone", "#cc79a7", "--"),
    "full-tuned": ("FullCATHODE, from the backbone", "#d55e00", "--"),
    "idealised-embedded": ("true background, trees on the embedding", "#56b4e9", "-."),
    "full-embedded": ("FullCATHODE, trees on the embedding", "#009e73", "-."),
    "cathode-embedded": ("CATHODE of the embedding's table", "#f0e442", "-."),
    "trees": ("true background, four features", "0.5", ":"),
    "cathode": ("CATHODE, four features", "#e69f00", ":"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cells = [
        json.loads(line)
        for run in options.runs
        if (run / "cells.jsonl").exists()
        for line in (run / "cells.jsonl").read_text().splitlines()
    ]
    try:
        with report_style():
            for run in options.runs:
                if (run / "generated.npz").exists():
                    spectra(options.events, run / "generated.npz", options.out / "full-phase-space-spectra.png")
            if cells:
                sic(cells, options.out / "full-phase-space-sic.png")
                injections(cells, options.out / "full-phase-space-injections.png")
    except ResonautError as error:
        raise SystemExit(f"error: {error}") from None


def spectra(events: Path, generated: Path, out: Path) -> None:
    """Background of the region, real against generated."""
    table = with_particles(read_events(events, features=BASELINE), events)
    assert table.labels is not None
    real = table[Region().in_signal(table.mass) & (table.labels == 0)].require_particles()
    with np.load(generated) as file:
        fake = DijetClouds(
            *(
                PointCloud.of_counts(file[f"{name}_points"].astype(np.float64), file[f"{name}_counts"])
                for name in ("first", "second")
            )
        )
    columns: dict[str, Callable[[PointCloud], np.ndarray]] = {
        "particle pT / jet pT": lambda cloud: np.exp(into_frame(cloud, jets_of(cloud)).points[:, 0]),
        "particle Δη": lambda cloud: into_frame(cloud, jets_of(cloud)).points[:, 1],
        "particles in a jet": lambda cloud: cloud.counts,
        "jet mass [GeV]": lambda cloud: jets_of(cloud).mass,
    }
    scales = {"particle pT / jet pT": np.geomspace(1e-4, 1, 41), "particles in a jet": np.arange(1.5, 200, 5)}
    whole = figure(12.0, 4.2)
    for place, (name, column) in enumerate(columns.items()):
        values = [np.concatenate([column(jet) for jet in sample.jets]) for sample in (real, fake)]
        edges = scales.get(name, np.linspace(*np.quantile(values[0], [0.0005, 0.9995]), 41))
        counts = [np.histogram(value, edges)[0] for value in values]
        expected = counts[1] * len(real) / len(fake)
        error = np.sqrt(counts[1]) * len(real) / len(fake)
        above = whole.add_axes((0.055 + 0.24 * place, 0.38, 0.19, 0.55))
        below = whole.add_axes((0.055 + 0.24 * place, 0.13, 0.19, 0.23), sharex=above)
        points(above, edges, counts[0], label="simulated")
        band(above, edges, expected, error, label="generated")
        ratio(below, edges, counts[0], expected, error)
        above.set_yscale("log")
        above.tick_params(labelbottom=False)
        below.set(xlabel=name, ylabel="")
        if "pT" in name:
            above.set_xscale("log")
        if not place:
            above.set_ylabel("entries")
            below.set_ylabel("ratio")
            above.legend(frameon=False)
    whole.savefig(out, dpi=110)


def sic(cells: list[dict[str, Any]], out: Path) -> None:
    """Significance improvement against background efficiency, at the most signal."""
    most = max(cell["injected"] for cell in cells)
    whole = figure(6.4, 4.6)
    ax = whole.subplots()
    for method, (label, colour, line) in LINES.items():
        curves = [cell["tpr"] for cell in cells if (cell["method"], cell["injected"]) == (method, most)]
        if curves:
            values = np.array(curves) / np.sqrt(RATES)
            ax.plot(RATES, np.median(values, axis=0), line, color=colour, label=label)
            ax.fill_between(RATES, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.15, linewidth=0)
    ax.plot(RATES, np.sqrt(RATES), color="0.8", linewidth=0.8)
    ax.set(xscale="log", xlabel="background efficiency", ylabel="significance improvement", ylim=(0, None))
    ax.set_title(f"{most:,} signal events in the region", loc="left", fontsize=9)
    ax.legend(frameon=False, fontsize=8)
    whole.savefig(out, dpi=110)


def injections(cells: list[dict[str, Any]], out: Path) -> None:
    """Maximum SIC and AUC against the signal in the region: median, and all seeds."""
    whole = figure(9.6, 4.2)
    axes = whole.subplots(1, 2)
    for ax, quantity, label in zip(axes, ("max_sic", "auc"), ("maximum SIC", "AUC"), strict=True):
        for method, (name, colour, line) in LINES.items():
            of_method = [cell for cell in cells if cell["method"] == method]
            injected = sorted({cell["injected"] for cell in of_method})
            if not injected:
                continue
            values = [[cell[quantity] for cell in of_method if cell["injected"] == n] for n in injected]
            middle = np.array([np.median(value) for value in values])
            low, high = (np.array([function(value) for value in values]) for function in (min, max))
            ax.errorbar(injected, middle, [middle - low, high - middle], fmt="o" + line, color=colour, label=name)
        ax.set(xlabel="signal events in the region", ylabel=label)
    axes[0].set_ylim(0, None)
    axes[1].axhline(0.5, color="0.8", linewidth=0.8)
    axes[0].set_ylim(0, 1.75 * axes[0].get_ylim()[1])
    axes[0].legend(frameon=False, fontsize=8, ncols=1, loc="upper left")
    whole.savefig(out, dpi=110)


if __name__ == "__main__":
    main()
