"""Draws a comparison's figures from the tables of its run."""

from __future__ import annotations

from collections.abc import Iterator

from resonaut.analysis.quality.models import REAL
from resonaut.analysis.quality.result import MEASURES
from resonaut.plots.densities import generated, generated_ratio
from resonaut.plots.distances import distances
from resonaut.plots.style import above_and_below, figure, panels
from resonaut.plots.table import Table, select, values
from resonaut.plots.training import loss_curves
from resonaut.report.pictures import Drawing, Image, render_figures, slug
from resonaut.report.quality.contents import QualityContents
from resonaut.report.quality.wording import MEASURE_NAMES, REGIONS

__all__ = ["SHOWN_FEATURES", "draw_figures"]

SHOWN_FEATURES = 12
"""At most so many features are drawn, those first in which the models are farthest from the real events."""

_COLUMNS = 2


def draw_figures(run: QualityContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    sections = {f"distances_{where}": _distances(run, where) for where in REGIONS}
    sections["features"] = _features(run)
    sections["training"] = _training(run)
    return render_figures(run.path, sections)


def _distances(run: QualityContents, where: str) -> Iterator[Drawing]:
    """Every distance, a panel each, the names of the models beside the first of a row."""
    table = _of_all_features(run.tables["distances"])
    rows = -(-len(MEASURES) // _COLUMNS)
    panel, between = 0.26 * len(run.models) + 0.2, 0.65  # inches
    height = rows * (panel + between) + 0.1
    canvas = figure(9.6, height)
    axes = canvas.subplots(rows, _COLUMNS, squeeze=False)
    canvas.subplots_adjust(
        left=1.45 / 9.6,
        right=1 - 0.2 / 9.6,
        bottom=0.4 / height,
        top=1 - 0.35 / height,
        hspace=between / panel,
        wspace=0.08,
    )
    for ax, measure in zip(axes.ravel(), MEASURES, strict=True):
        distances(select(table, where=where, distance=measure), ax, models=run.models, floor=REAL)
        ax.set_title(MEASURE_NAMES[measure])
    for ax in axes[:, 1:].ravel():
        ax.tick_params(labelleft=False)
    yield f"distances_{where}", f"Distances of the models from real events, {REGIONS[where]}", canvas


def _features(run: QualityContents) -> Iterator[Drawing]:
    """Each feature in the sidebands and, interpolated, in the signal region."""
    table = run.tables["features"]
    for i, name in enumerate(_shown(run)):
        canvas = figure(4.8 * len(REGIONS), 4.8)
        for (main, lower), (where, title) in zip(above_and_below(canvas, columns=2), REGIONS.items(), strict=True):
            rows = select(table, where=where, feature=name)
            generated(rows, main, legend=where == "sideband")
            generated_ratio(rows, lower)
            main.set_title(title)
        yield f"feature_{i + 1:02d}_{slug(name)}", f"{name}: real events and every model's", canvas


def _training(run: QualityContents) -> Iterator[Drawing]:
    """The losses of the models that have any."""
    table = run.tables["training"]
    models = [model for model in run.models if model in values(table, "model")]
    if not models:
        return
    canvas, axes = panels(len(models), columns=3)
    for ax, model in zip(axes, models, strict=True):
        loss_curves(select(table, model=model), ax, legend=ax is axes[0])
        ax.set_title(model)
    yield "training", "Loss of every training, by epoch", canvas


def _shown(run: QualityContents) -> list[str]:
    """All features in the order of the data, or, where there are many, the worst."""
    names = list(run.result.features)
    if len(names) <= SHOWN_FEATURES:
        return names
    found = select(run.tables["distances"], distance="kolmogorov_smirnov")
    worst = {name: max(select(found, feature=name)["value"]) for name in names}
    return sorted(names, key=lambda name: -worst[name])[:SHOWN_FEATURES]


def _of_all_features(table: Table) -> Table:
    """The rows that are of no single feature."""
    rows = [feature is None for feature in table["feature"].tolist()]
    return {name: column[rows] for name, column in table.items()}
