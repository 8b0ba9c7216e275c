"""A hunt's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.finished_run import render_run
from resonaut.report.hunt.contents import RunContents
from resonaut.report.hunt.figures import SHOWN_FEATURES
from resonaut.report.hunt.wording import headline, quoted_cut, trials
from resonaut.report.pictures import Image

__all__ = ["render"]


def render(run: RunContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section; a section without figures may be left out of the page.
    """
    return render_run(
        "hunt/page.html.j2",
        run,
        figures,
        result=run.result,
        headline=headline(run.result),
        quoted=quoted_cut(run.result),
        trials=trials(run.result),
        shown_features=SHOWN_FEATURES,
    )
