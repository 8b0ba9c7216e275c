"""What every verb that makes a run folder does before and after its pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resonaut.cli.options import Common, console, n_cores

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["finish", "run_folder", "use_processes", "use_threads"]


def run_folder(common: Common, verb: str, events: str) -> Path:
    """`--out`, or a folder named after the verb and the events; a run that is complete there is announced."""
    out = common.out or Path("runs") / f"{verb}-{'demo' if events == 'demo' else Path(events).stem}"
    if (out / "result.json").exists():
        console().print(f"{out} is complete; showing its result.", highlight=False, soft_wrap=True)
    return out


def use_processes(common: Common) -> int:
    """Processes of a verb whose trainings are many and independent: all cores, or --workers, one thread each."""
    from resonaut.runs.processes import limit_threads

    workers = common.workers or n_cores()
    if workers == 1:  # this process; those of several limit themselves
        limit_threads(1)
    return workers


def use_threads(common: Common) -> int:
    """Cores of a verb that trains in this process: all, or no more than --workers."""
    from resonaut.runs.processes import limit_threads

    if common.workers is not None:
        limit_threads(common.workers)
    return common.workers or n_cores()


def finish(out: Path, table: Table, *more: str | Table) -> None:
    """Write the report; print the table, what else there is to say or show, and where the report is."""
    from resonaut.report.page import write_report

    report = write_report(out)
    printer = console()
    printer.print(table)
    for one in more:
        printer.print(one, highlight=False)
    printer.print(f"Report: {report}", highlight=False, soft_wrap=True)
