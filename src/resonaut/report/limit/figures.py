"""Draws a limit's figures from the tables of its run."""

from __future__ import annotations

from collections.abc import Iterator

from resonaut.plots import limits, spectrum
from resonaut.plots.style import above_and_below, figure
from resonaut.plots.table import select
from resonaut.report.limit.contents import LimitContents
from resonaut.report.numbers import cut_name
from resonaut.report.pictures import Drawing, Image, render_figures

__all__ = ["draw_figures"]


def draw_figures(run: LimitContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    return render_figures(run.path, {"limit": _limit(run), "region": _region(run), "signal": _signal(run)})


def _limit(run: LimitContents) -> Iterator[Drawing]:
    """The limit against what was injected, and the CLs curve behind it."""
    cut, uncut = run.result.cut, run.grid(1.0)
    grid = run.grid(cut)
    with_grid = cut < 1 and len(grid["injected_pb"]) > 1
    canvas = figure(10.4 if with_grid else 5.6, 4.8)
    axes = canvas.subplots(1, 2 if with_grid else 1, squeeze=False)[0]
    canvas.subplots_adjust(left=0.085 if with_grid else 0.15, right=0.98, bottom=0.125, top=0.93, wspace=0.25)
    if with_grid:
        limits.injected_against_excluded(
            grid, axes[0], limit_pb=run.result.observed_pb, uncut=uncut if len(uncut["observed_pb"]) else None
        )
        axes[0].set_title(f"cut: {cut_name(cut)}")
    limits.cls_curve(run.tables["cls"], axes[-1])
    axes[-1].set_title("at the efficiency behind the limit" if cut < 1 else "without a cut")
    yield "limit", "Excluded against injected cross-sections, and CLs against the cross-section", canvas


def _region(run: LimitContents) -> Iterator[Drawing]:
    """The spectrum before and after the cut, and the region's bins that the limit is set on."""
    for efficiency in dict.fromkeys((1.0, run.result.cut)):
        table = select(run.tables["spectra"], efficiency=efficiency)
        if not len(table["low"]):  # too few selected events for a fit: one bin, the template's
            continue
        canvas = figure(6.4, 5.4)
        [(main, lower)] = above_and_below(canvas)
        spectrum.spectrum(table, main, region=run.result.region)
        spectrum.pulls(table, lower, region=run.result.region, mass=run.mass)
        main.set_title("before any cut" if efficiency == 1 else f"cut at {cut_name(efficiency)}")
        yield f"spectrum_{efficiency:g}".replace(".", "_"), f"Mass spectrum, {cut_name(efficiency)}", canvas
    canvas = figure(6.4, 4.8)
    ax = canvas.add_axes((0.13, 0.13, 0.84, 0.8))
    limits.signal_region(run.tables["region"], ax, mass=run.mass)
    ax.set_title(f"signal region, cut: {cut_name(run.result.cut)}")
    yield "region", "Selected events in the signal region, with the signal at its limit", canvas


def _signal(run: LimitContents) -> Iterator[Drawing]:
    canvas = figure(6.4, 4.8)
    ax = canvas.add_axes((0.13, 0.13, 0.84, 0.83))
    limits.signal_shape(run.tables["signal"], ax, region=run.result.region, mass=run.mass)
    yield "signal", "Mass of the simulated signal and its fitted shape", canvas
