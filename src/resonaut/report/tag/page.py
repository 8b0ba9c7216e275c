"""A tagging's page: its first sentence, and what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resonaut.analysis.tag.result import TagResult
from resonaut.report.finished_run import render_run
from resonaut.report.numbers import fixed
from resonaut.report.pictures import Image
from resonaut.report.tag.contents import TagContents

__all__ = ["headline", "render"]


def render(run: TagContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section.
    """
    return render_run("tag/page.html.j2", run, figures, result=run.result, headline=headline(run.result))


def headline(result: TagResult) -> str:
    """How strange which jets are, and whether the model is to be trusted."""
    found = ", ".join(f"{kind} with an AUC of {fixed(auc, 3)}" for kind, auc in result.auc.items())
    sentence = f"{result.model}, which has seen {result.n_train:,} jets of {result.background}, finds {found}"
    if result.emd is None or result.emd_floor is None:
        return f"{sentence}."
    return (
        f"{sentence}. What it takes for {result.background} is {fixed(result.emd, 2)} away from the real ones, which "
        f"are {fixed(result.emd_floor, 2)} from each other."
    )
