"""The report of a run: one HTML file that holds its own figures, made from the run folder alone.

It can be mailed, printed, read on a phone and opened in ten years: no script, nothing loaded from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from resonaut.report import numbers
from resonaut.report.citations import bibtex, cited
from resonaut.report.contents import RunContents
from resonaut.report.figures import SHOWN_FEATURES, Image, draw_figures
from resonaut.report.wording import headline, quoted_cut, trials
from resonaut.runs.folder import atomic_path

__all__ = ["render", "write_report"]


def write_report(run: Path) -> Path:
    """Write report.html and figures/*.png into the folder of a finished hunt, whatever was there before.

    Returns:
        Where the page is.

    Raises:
        RunError: the folder is not a finished hunt's, lacks a file, or cannot be written.
    """
    contents = RunContents.read(Path(run))
    page = render(contents, draw_figures(contents))
    path = contents.path / "report.html"
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def render(run: RunContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        run: What it tells.
        figures: By section; a section without figures may be left out of the page.
    """
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            run=run,
            result=run.result,
            headline=headline(run.result),
            quoted=quoted_cut(run.result),
            trials=trials(run.result),
            figures=figures,
            shown_features=SHOWN_FEATURES,
            references=cited(run.settings),
            bibtex=bibtex(run.path),
        )
    )


def _environment() -> Environment:
    """Templates with the number formats as filters; everything a user named is escaped."""
    environment = Environment(
        loader=PackageLoader("resonaut.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats: dict[str, Any] = {name: getattr(numbers, name) for name in numbers.__all__ if name != "value_error"}
    environment.filters |= formats
    environment.globals["value_error"] = numbers.value_error
    return environment
