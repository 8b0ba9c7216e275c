"""A benchmark's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.benchmark.contents import BenchmarkContents
from resonaut.report.benchmark.wording import headline
from resonaut.report.finished_run import render_run
from resonaut.report.pictures import Image

__all__ = ["render"]


def render(run: BenchmarkContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    return render_run(
        "benchmark/page.html.j2",
        run,
        figures,
        settings=run.settings["run"],
        result=run.result,
        headline=headline(run.result, run.needs),
        first=run.result.cells[0],
    )
