"""A comparison's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.analysis.quality.result import MEASURES
from resonaut.report.finished_run import render_run
from resonaut.report.pictures import Image
from resonaut.report.quality.contents import QualityContents
from resonaut.report.quality.figures import SHOWN_FEATURES
from resonaut.report.quality.wording import MEASURE_NAMES, REGIONS, best, headline, shown

__all__ = ["render"]


def render(run: QualityContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section; a section without figures is left out of the page.
    """
    return render_run(
        "quality/page.html.j2",
        run,
        figures,
        result=run.result,
        headline=headline(run.result),
        regions=REGIONS,
        measures={measure: MEASURE_NAMES[measure] for measure in MEASURES},
        best={(where, measure): best(run.result, where, measure) for where in REGIONS for measure in MEASURES},
        shown=shown,
        shown_features=SHOWN_FEATURES,
    )
