"""A benchmark's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.benchmark.contents import BenchmarkContents
from resonaut.report.benchmark.wording import headline
from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.pictures import Image
from resonaut.report.rendering import render_template

__all__ = ["render"]


def render(run: BenchmarkContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    references = cited_by_run(run.settings, run.provenance)
    return render_template(
        "benchmark/page.html.j2",
        run=run,
        settings=run.settings["run"],
        result=run.result,
        headline=headline(run.result, run.needs),
        first=run.result.cells[0],
        figures=figures,
        references=references,
        bibtex=as_bibtex(references),
    )
