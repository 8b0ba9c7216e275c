"""A limit's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.limit.contents import LimitContents
from resonaut.report.limit.wording import headline
from resonaut.report.pictures import Image
from resonaut.report.rendering import render_template

__all__ = ["render"]


def render(run: LimitContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    references = cited_by_run(run.settings, run.provenance)
    return render_template(
        "limit/page.html.j2",
        run=run,
        result=run.result,
        headline=headline(run.result),
        figures=figures,
        references=references,
        bibtex=as_bibtex(references),
    )
