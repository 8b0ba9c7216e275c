"""`resonaut report` and `resonaut cite`: what a finished run can say again."""

from __future__ import annotations

from pathlib import Path

from resonaut.cli.options import console

__all__ = ["cite", "report"]


def report(run: Path, /) -> None:
    """Write a finished run's report.html and figures again.

    Parameters
    ----------
    run
        The folder of a finished run.
    """
    from resonaut.report.page import write_report

    console().print(f"Report: {write_report(run)}", highlight=False, soft_wrap=True)


def cite(run: Path, /) -> None:
    """Print BibTeX of the methods, programs and data that a run used.

    Parameters
    ----------
    run
        The folder of a finished run.
    """
    from resonaut.report.citations import bibtex

    print(bibtex(run))
