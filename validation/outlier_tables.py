"""What `outliers.py show` prints and draws of the finished cells of a study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from resonaut.plots.outlier_training import energy_difference, samples_distance
from resonaut.plots.style import CYCLE, MUTED, panels, report_style

MODELS = ("ae", "nae", "wnae", "ngae")


def show(out: Path) -> None:
    """All tables, and figure `collapse_BACKGROUND.png` beside the cells."""
    cells = [json.loads(path.read_text()) for path in sorted((out / "cells").glob("*.json"))]
    console = Console(width=140)
    for background in dict.fromkeys(cell["settings"]["background"] for cell in cells):
        here = [cell for cell in cells if cell["settings"]["background"] == background]
        console.print(unsupervised(background, here))
        console.print(supervised(background, here))
        collapse(here, out / f"collapse_{background}.png")


def unsupervised(background: str, cells: list[dict[str, Any]]) -> Table:
    """AUC of every class, how the samples compare with the data, and the cost."""
    names = [name for name in MODELS if of(cells, name)]
    table = Table(
        "trained on " + background, *names, title="mean ± standard deviation over seeds (smallest to largest)"
    )
    some = of(cells, names[0])[0]
    for signal in some["auc"]:
        table.add_row(f"AUC {signal}", *(spread([r["auc"][signal] for r in of(cells, name)], 3) for name in names))
    for key in ("emd", "emd_floor", "energy_ratio", "best_epoch", "seconds"):
        table.add_row(key, *(spread([r[key] for r in of(cells, name)], 2) for name in names))
    for what, key in (("valid_trees", "thresholded"), ("valid_trees", "binary"), ("valid_trees_of_jets", "binary")):
        trees = {name: [r[what][key] for r in of(cells, name) if r.get(what)] for name in names}
        if any(trees.values()):
            table.add_row(f"{what}, {key}", *(spread(trees[name], 3) if trees[name] else "" for name in names))
    table.add_row("seeds", *(str(len(of(cells, name))) for name in names))
    table.add_row("jets in training", *(f"{of(cells, name)[0]['n_train']:,}" for name in names))
    return table


def supervised(background: str, cells: list[dict[str, Any]]) -> Table:
    """Trees trained on one class and read on another."""
    found = of(cells, "trees")
    table = Table(f"trees against {background}, trained on", title="AUC of")
    for signal in found[0]["auc"] if found else ():
        table.add_column(signal)
    for trained_on in found[0]["auc"] if found else ():
        values = [spread([r["auc"][trained_on][read] for r in found], 3) for read in found[0]["auc"]]
        table.add_row(trained_on, *values)
    return table


def collapse(cells: list[dict[str, Any]], path: Path) -> None:
    """E-/E+, distance and AUC of every class against the epoch, NAE beside WNAE, first seed."""
    shown = [(name, of(cells, name)[0]) for name in ("nae", "wnae") if of(cells, name)]
    if not shown:
        return
    with report_style():
        canvas, axes = panels(3 * len(shown), columns=3, width=12)
        for row, (name, result) in enumerate(shown):
            measures = {key: np.array(values) for key, values in result["measures"].items()}
            measures["epoch"] = 1 + np.arange(len(measures["distance"]))
            ratio, distance, ranking = axes[3 * row : 3 * row + 3]
            energy_difference(measures, ratio)
            samples_distance(measures, distance, floor=result["emd_floor_of_epochs"], best=result["best_epoch"] + 1)
            for colour, signal in zip(CYCLE, result["auc"], strict=False):
                values = [epoch[signal] for epoch in result["auc_by_epoch"]]
                ranking.plot(measures["epoch"], values, color=colour, label=signal)
            ranking.axvline(result["best_epoch"] + 1, color=MUTED, linewidth=1, linestyle=":")
            ranking.set_ylabel("AUC")
            ranking.set_xlabel("epoch")
            ranking.legend(loc="upper right")
            ratio.set_title(name)
        canvas.savefig(path)


def of(cells: list[dict[str, Any]], model: str) -> list[dict[str, Any]]:
    """The results of a model, by seed."""
    own = [cell for cell in cells if cell["settings"]["model"] == model]
    return [cell["result"] for cell in sorted(own, key=lambda cell: cell["settings"]["seed"])]


def spread(values: list[float], digits: int) -> str:
    """Mean, standard deviation and range."""
    error = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return f"{np.mean(values):.{digits}f} ± {error:.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"
