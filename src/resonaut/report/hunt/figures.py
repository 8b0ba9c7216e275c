"""Draws a hunt's figures from the tables of its run: few and batched, because each costs a fraction of a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from resonaut.plots import curves, folds, scan, scores, sculpting, spectrum
from resonaut.plots.features import feature, feature_deviation, feature_ratio
from resonaut.plots.style import above_and_below, figure
from resonaut.plots.table import Table, merge_bins, select, values
from resonaut.report.hunt.contents import RunContents
from resonaut.report.numbers import cut_name
from resonaut.report.pictures import Drawing, Image, render_figures, slug

R = TypeVar("R")

__all__ = ["SHOWN_FEATURES", "draw_figures"]

SHOWN_FEATURES = 12
"""At most so many features are drawn, the worst first; the page's table has all."""


def draw_figures(run: RunContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    sections = {
        "scan": _scan(run),
        "spectrum": _spectra(run),
        "features": _features(run),
        "sculpting": _sculpting(run),
        "excess": _excess(run),
        "scores": _scores(run),
        "folds": _folds(run),
        "curves": _curves(run),
    }
    return render_figures(run.path, sections)


def _scan(run: RunContents) -> Iterator[Drawing]:
    """Local p against mass, and the toys of the whole scan."""
    if run.result.scan is None:
        return
    canvas = figure(9.6, 4.8)
    scan.local_p(run.tables["scan"], canvas.add_axes((0.09, 0.13, 0.86, 0.78)), mass=run.mass)
    yield "scan", "Local p-value in each window of the scan, against mass", canvas
    significance = run.result.scan.significance
    if significance is not None:
        canvas = figure(6.4, 4.2)
        axes = canvas.add_axes((0.12, 0.15, 0.85, 0.75))
        scan.toy_maxima(run.tables["scan_toys"], axes, observed=significance.z_local)
        yield "scan_toys", "Largest significance of each toy of the scan", canvas


def _spectra(run: RunContents) -> Iterator[Drawing]:
    """The mass spectrum before the cuts and after each."""
    fits = {row.efficiency: row for row in run.result.fits}
    for efficiency in values(run.tables["spectra"], "efficiency"):
        table = select(run.tables["spectra"], efficiency=efficiency)
        canvas = figure(6.4, 5.4)
        [(main, lower)] = above_and_below(canvas)
        spectrum.spectrum(table, main, region=run.result.region, fit=_row(fits, efficiency))
        spectrum.pulls(table, lower, region=run.result.region, mass=run.mass)
        main.set_title(_cut_title(efficiency))
        yield f"spectrum_{slug(efficiency)}", f"Mass spectrum, {cut_name(efficiency)}", canvas


def _features(run: RunContents) -> Iterator[Drawing]:
    """Each feature in the sidebands and, interpolated, in the signal region."""
    p = {(row.where, row.feature): row.p for row in run.result.feature_closure}
    where_told = values(run.tables["features"], "where")
    places = [where for where in ("sidebands", "signal_region") if where in where_told]
    # Judged in the sidebands where possible: in the signal region a small p may be the signal.
    worst = sorted(values(run.tables["features"], "feature"), key=lambda name: p[places[0], name])
    for i, name in enumerate(_shown(run, worst)):
        canvas = figure(4.8 * len(places), 4.6)
        for (main, lower), where in zip(above_and_below(canvas, columns=len(places)), places, strict=True):
            table = select(run.tables["features"], where=where, feature=name)
            feature(table, main)
            feature_ratio(table, lower)
            main.set_title(f"{where.replace('_', ' ')}, closure p = {p[where, name]:.2g}")
        yield f"feature_{i + 1:02d}_{slug(name)}", f"{name}: data and background template", canvas


def _sculpting(run: RunContents) -> Iterator[Drawing]:
    """The fraction that passes each cut, against mass; the cuts beneath each other."""
    if "sculpting" not in run.tables:
        return
    numbers = {row.efficiency: row for row in run.result.mass_sculpting}
    efficiencies = values(run.tables["sculpting"], "efficiency")
    canvas = figure(6.8, 0.9 + 2.6 * len(efficiencies))
    axes = canvas.subplots(len(efficiencies), 1, squeeze=False, sharex=True)[:, 0]
    canvas.subplots_adjust(
        left=0.13, right=0.97, hspace=0.16, top=1 - 0.35 / canvas.get_figheight(), bottom=0.55 / canvas.get_figheight()
    )
    for ax, efficiency in zip(axes, efficiencies, strict=True):
        table = select(run.tables["sculpting"], efficiency=efficiency)
        sculpting.sculpting(
            table, ax, efficiency=efficiency, region=run.result.region, mass=run.mass, legend=ax is axes[0]
        )
        row = _row(numbers, efficiency)
        quality = "" if row is None else f": $\\chi^2$ / dof = {row.chi2:.1f} / {row.n_dof}, p = {row.p_value:.2g}"
        ax.set_title(_cut_title(efficiency) + quality)
        ax.label_outer()
    yield "sculpting", "Fraction of events that pass each cut, against mass", canvas


def _excess(run: RunContents) -> Iterator[Drawing]:
    """Features of the selected events over the template, a figure a cut."""
    selected = select(run.tables["features"], where="selected")
    for efficiency in values(selected, "efficiency"):
        chosen = select(selected, efficiency=efficiency)
        names = _shown(run, sorted(values(chosen, "feature"), key=lambda name: -_excess_of(chosen, name)))
        rows = -(-len(names) // 2)
        canvas = figure(9.6, 0.6 + 3.5 * rows)
        pairs = above_and_below(canvas, columns=2, rows=rows, gap=0.22)
        for i, (main, lower) in enumerate(pairs):
            if i >= len(names):
                main.remove()
                lower.remove()
                continue
            table = _readable(select(chosen, feature=names[i]))
            feature(table, main, legend=i == 0)
            feature_deviation(table, lower)
        pairs[0][0].set_title(_cut_title(efficiency))
        yield (
            f"selected_{slug(efficiency)}",
            f"Features of the events that pass the {cut_name(efficiency)} cut",
            canvas,
        )


def _scores(run: RunContents) -> Iterator[Drawing]:
    canvas = figure(6.4, 5.0)
    [(main, lower)] = above_and_below(canvas)
    scores.score_distribution(run.tables["score_distribution"], main, folds=run.tables["folds"])
    scores.score_ratio(run.tables["score_distribution"], lower)
    main.set_title("signal region")
    yield "scores", "Score of data and of the background template in the signal region", canvas


def _folds(run: RunContents) -> Iterator[Drawing]:
    canvas = figure(6.4, 4.2)
    folds.fold_significances(run.tables["folds"], canvas.add_axes((0.13, 0.14, 0.84, 0.82)))
    yield "folds", "Local significance of each fold alone, by cut", canvas


def _curves(run: RunContents) -> Iterator[Drawing]:
    """ROC and SIC, where labels are known."""
    if "curves" not in run.tables:
        return
    uncut = next((row for row in run.result.cuts if row.efficiency == 1), None)
    canvas = figure(9.6, 4.4)
    left, right = canvas.subplots(1, 2)
    canvas.subplots_adjust(left=0.09, right=0.98, bottom=0.14, top=0.96, wspace=0.25)
    curves.roc(run.tables["curves"], left, n_background=None if uncut is None else uncut.n_background)
    curves.sic(run.tables["curves"], right)
    yield "curves", "ROC and SIC curves in the signal region", canvas


def _shown(run: RunContents, worst_first: list[str]) -> list[str]:
    """The features to draw: all in the order of the data, or, where there are many, the worst."""
    if len(worst_first) > SHOWN_FEATURES:
        return worst_first[:SHOWN_FEATURES]
    return [name for name in values(run.tables["features"], "feature") if name in worst_first]


def _excess_of(table: Table, name: str) -> float:
    """Squared deviations of one feature's data from the template, summed over bins."""
    rows = select(table, feature=name)
    variance = np.maximum(rows["template"], 1.0) + rows["template_error"] ** 2
    return float(((rows["data"] - rows["template"]) ** 2 / variance).sum())


def _readable(table: Table) -> Table:
    """The histogram with bins wide enough to hold about five events each, where a tight cut has left few."""
    n_bins = len(table["low"])
    for factor in (1, 2, 4):
        if n_bins % factor == 0 and table["data"].sum() >= 5 * n_bins / factor:
            return merge_bins(table, factor)
    return merge_bins(table, 4) if n_bins % 4 == 0 else table


def _row(rows: dict[float, R], efficiency: float) -> R | None:
    """The row of a cut; the table's efficiency may have come through another precision."""
    return next((row for key, row in rows.items() if np.isclose(key, efficiency)), None)


def _cut_title(efficiency: float) -> str:
    """What stands over a figure of one cut."""
    return "before any cut" if efficiency == 1 else f"cut at {100 * efficiency:g} % background efficiency"
