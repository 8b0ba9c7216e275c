"""What every verb that makes a run folder does before and after its pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resonaut.cli.options import Common, console

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["finish", "run_folder"]


def run_folder(common: Common, verb: str, events: str) -> Path:
    """`--out`, or a folder named after the verb and the events; a run that is complete there is announced."""
    out = common.out or Path("runs") / f"{verb}-{'demo' if events == 'demo' else Path(events).stem}"
    if (out / "result.json").exists():
        console().print(f"{out} is complete; showing its result.", highlight=False, soft_wrap=True)
    return out


def finish(out: Path, table: Table, *more: str | Table) -> None:
    """Write the report; print the table, what else there is to say or show, and where the report is."""
    from resonaut.report.page import write_report

    report = write_report(out)
    printer = console()
    printer.print(table)
    for one in more:
        printer.print(one, highlight=False)
    printer.print(f"Report: {report}", highlight=False, soft_wrap=True)
