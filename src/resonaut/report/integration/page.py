"""An integration's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.report.finished_run import render_run
from resonaut.report.integration.contents import IntegrationContents
from resonaut.report.numbers import percent, value_error
from resonaut.report.pictures import Image

__all__ = ["headline", "render"]


def headline(run: IntegrationContents) -> str:
    """The cross-section, and how often a point becomes an event."""
    result = run.result
    how = "a flow on a VEGAS grid" if result.refined else "a VEGAS grid"
    return (
        f"The cross-section is {value_error(result.cross_section_pb, result.error_pb)} pb. Sampled by {how}, "
        f"{percent(result.unweighting_efficiency)} of the points become events of weight one."
    )


def render(run: IntegrationContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    return render_run("integration/page.html.j2", run, figures, result=run.result, headline=headline(run))
