"""The report of a run or a production: one HTML file that holds its own figures, made from what lies on disk alone.

It can be mailed, printed, read on a phone and opened in ten years: no script, nothing loaded from anywhere.
"""

from __future__ import annotations

from pathlib import Path

from resonaut.errors import RunError
from resonaut.runs.folder import RunFolder, atomic_path
from resonaut.simulation.finished import FinishedProduction

__all__ = ["write_report"]


def write_report(run: Path) -> Path:
    """Write report.html and figures/*.png into the folder of a finished run, whatever was there before.

    Args:
        run: A run's folder, a production's file, or the `FILE.run` beside it.

    Returns:
        Where the page is.

    Raises:
        ResonautError: there is no finished run, it lacks a file, or the page cannot be written.
    """
    made = FinishedProduction.at(Path(run))
    folder, page = _run(Path(run)) if made is None else _production(made)
    path = folder / "report.html"
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _run(run: Path) -> tuple[Path, str]:
    verb = RunFolder.existing(run).settings().get("run", {}).get("verb")
    kinds = {
        "hunt": _hunt,
        "benchmark": _benchmark,
        "limit": _limit,
        "quality": _quality,
        "tag": _tag,
        "integrate": _integration,
    }
    if verb not in kinds:
        raise RunError(f"{run} holds a run of '{verb}'; a report is made of a run of {' or '.join(kinds)}")
    return kinds[verb](run)


# Each kind imports its own: a production's page does not wait for the statistics, a hunt's not for the jets.


def _benchmark(run: Path) -> tuple[Path, str]:
    from resonaut.report.benchmark.contents import BenchmarkContents
    from resonaut.report.benchmark.figures import draw_figures
    from resonaut.report.benchmark.page import render

    contents = BenchmarkContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _limit(run: Path) -> tuple[Path, str]:
    from resonaut.report.limit.contents import LimitContents
    from resonaut.report.limit.figures import draw_figures
    from resonaut.report.limit.page import render

    contents = LimitContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _hunt(run: Path) -> tuple[Path, str]:
    from resonaut.report.hunt.contents import RunContents
    from resonaut.report.hunt.figures import draw_figures
    from resonaut.report.hunt.page import render

    contents = RunContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _integration(run: Path) -> tuple[Path, str]:
    from resonaut.report.integration.contents import IntegrationContents
    from resonaut.report.integration.figures import draw_figures
    from resonaut.report.integration.page import render

    contents = IntegrationContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _quality(run: Path) -> tuple[Path, str]:
    from resonaut.report.quality.contents import QualityContents
    from resonaut.report.quality.figures import draw_figures
    from resonaut.report.quality.page import render

    contents = QualityContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _tag(run: Path) -> tuple[Path, str]:
    from resonaut.report.tag.contents import TagContents
    from resonaut.report.tag.figures import draw_figures
    from resonaut.report.tag.page import render

    contents = TagContents.read(run)
    return contents.path, render(contents, draw_figures(contents))


def _production(made: FinishedProduction) -> tuple[Path, str]:
    from resonaut.report.production.contents import ProductionContents
    from resonaut.report.production.figures import draw_figures
    from resonaut.report.production.page import render

    contents = ProductionContents.read(made)
    return made.folder, render(contents, draw_figures(contents))
