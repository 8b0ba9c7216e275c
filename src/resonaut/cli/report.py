"""`resonaut report` and `resonaut cite`: what a finished run can say again."""

from __future__ import annotations

from pathlib import Path

from resonaut.cli.options import console

__all__ = ["cite", "report"]


def report(run: Path, /) -> None:
    """Write the report.html and figures of a finished run or production again.

    Parameters
    ----------
    run
        The folder of a finished run; of a production its file, or the FILE.run beside it.
    """
    from resonaut.report.page import write_report

    console().print(f"Report: {write_report(run)}", highlight=False, soft_wrap=True)


def cite(run: Path, /) -> None:
    """Print BibTeX of the methods, programs and data that a run or a production used.

    Parameters
    ----------
    run
        The folder of a finished run; of a production its file, or the FILE.run beside it.
    """
    from resonaut.report.citations import bibtex

    print(bibtex(run))
