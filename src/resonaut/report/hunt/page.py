"""A hunt's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.hunt.contents import RunContents
from resonaut.report.hunt.figures import SHOWN_FEATURES
from resonaut.report.hunt.wording import headline, quoted_cut, trials
from resonaut.report.pictures import Image
from resonaut.report.rendering import render_template

__all__ = ["render"]


def render(run: RunContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section; a section without figures may be left out of the page.
    """
    references = cited_by_run(run.settings, run.provenance)
    return render_template(
        "hunt/page.html.j2",
        run=run,
        result=run.result,
        headline=headline(run.result),
        quoted=quoted_cut(run.result),
        trials=trials(run.result),
        figures=figures,
        shown_features=SHOWN_FEATURES,
        references=references,
        bibtex=as_bibtex(references),
    )
