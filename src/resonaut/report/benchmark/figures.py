"""Draws a benchmark's figures: ROC and SIC for each feature set and injection, then the injection scans."""

from __future__ import annotations

from collections.abc import Iterator

from resonaut.plots.benchmark import injection_scan, rejection_bands, sic_bands, significance_scan
from resonaut.plots.style import figure
from resonaut.report.benchmark.contents import BenchmarkContents
from resonaut.report.pictures import Drawing, Image, render_figures, slug

__all__ = ["draw_figures"]


def draw_figures(run: BenchmarkContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    return render_figures(run.path, {"scans": _scans(run), "curves": _curves(run)})


def _scans(run: BenchmarkContents) -> Iterator[Drawing]:
    """Maximum SIC and significance after the best cut, against the injected events."""
    for name in run.feature_sets:
        canvas = figure(9.6, 4.7)
        left, right = canvas.subplots(1, 2)
        canvas.subplots_adjust(left=0.075, right=0.985, bottom=0.125, top=0.83, wspace=0.2)
        injection_scan(run.scan(name), left)
        significance_scan(run.scan(name), right)
        canvas.text(0.01, 0.97, f"features: {name}", va="top")
        yield f"scan_{slug(name)}", f"Maximum SIC and significance against the injected signal, features {name}", canvas


def _curves(run: BenchmarkContents) -> Iterator[Drawing]:
    """Rejection and SIC against the signal efficiency."""
    for name in run.feature_sets:
        for injected in run.injections:
            bands = run.bands(name, injected)
            canvas = figure(9.6, 4.6)
            left, right = canvas.subplots(1, 2)
            canvas.subplots_adjust(left=0.09, right=0.985, bottom=0.13, top=0.92, wspace=0.22)
            rejection_bands(bands, left)
            sic_bands(bands, right)
            left.set_title(f"{injected:,} injected, features: {name}")
            yield (
                f"curves_{slug(name)}_{injected}",
                f"ROC and SIC with {injected:,} injected events, features {name}",
                canvas,
            )
