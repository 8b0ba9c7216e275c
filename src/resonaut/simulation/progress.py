"""The progress bar of a production: selected events, events a second, time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from resonaut.simulation.shards import BlockCounts

__all__ = ["production_progress"]

OnBlock = Callable[[BlockCounts], None]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.0f} events/s" if task.speed else "")


@contextmanager
def production_progress(wanted: Mapping[str, int], *, visible: bool) -> Iterator[Callable[[str], OnBlock]]:
    """One bar a process; gives a function that makes the callback of each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not visible) as progress:
        tasks = {name: progress.add_task(name, total=n, start=False) for name, n in wanted.items()}

        def advance(process: str) -> OnBlock:
            if process not in tasks:  # made without a word
                return lambda counts: None
            progress.start_task(tasks[process])
            return lambda counts: add(process, counts.n_selected)

        def add(process: str, n_selected: int) -> None:
            # The last block holds more than is wanted.
            done = progress.tasks[tasks[process]].completed
            progress.update(tasks[process], completed=min(done + n_selected, wanted[process]))

        yield advance
