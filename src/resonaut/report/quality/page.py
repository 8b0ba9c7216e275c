"""A comparison's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.analysis.quality.result import MEASURES
from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.pictures import Image
from resonaut.report.quality.contents import QualityContents
from resonaut.report.quality.figures import SHOWN_FEATURES
from resonaut.report.quality.wording import MEASURE_NAMES, REGIONS, best, headline, shown
from resonaut.report.rendering import render_template

__all__ = ["render"]


def render(run: QualityContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section; a section without figures is left out of the page.
    """
    references = cited_by_run(run.settings, run.provenance)
    return render_template(
        "quality/page.html.j2",
        run=run,
        result=run.result,
        headline=headline(run.result),
        regions=REGIONS,
        measures={measure: MEASURE_NAMES[measure] for measure in MEASURES},
        best={(where, measure): best(run.result, where, measure) for where in REGIONS for measure in MEASURES},
        shown=shown,
        figures=figures,
        shown_features=SHOWN_FEATURES,
        references=references,
        bibtex=as_bibtex(references),
    )
