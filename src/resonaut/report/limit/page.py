"""A limit's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.finished_run import render_run
from resonaut.report.limit.contents import LimitContents
from resonaut.report.limit.wording import headline
from resonaut.report.pictures import Image

__all__ = ["render"]


def render(run: LimitContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    return render_run(
        "limit/page.html.j2",
        run,
        figures,
        result=run.result,
        headline=headline(run.result),
    )
