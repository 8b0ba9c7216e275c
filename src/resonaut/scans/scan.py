"""Many independent computations, of which every finished one is kept.

    results = scan(train, grid(method=["cathode", "cwola"], seed=range(10)), store=Store(folder), executor=Processes(4))

Results are stored by the process that scans, as they come: whatever stops it, the same call goes on with the cells that
are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from resonaut.scans.executors import Executor, Serial
from resonaut.scans.store import Store

__all__ = ["scan"]

Cell = Mapping[str, Any]


def scan(
    function: Callable[[Cell], Mapping[str, Any]],
    cells: Sequence[Cell],
    *,
    store: Store | None = None,
    executor: Executor | None = None,
    progress: str = "",
) -> list[dict[str, Any]]:
    """Compute every cell that is not in the store.

    Args:
        function: From a cell's settings to its result, both plain enough for JSON.
        cells: Their settings; those that occur twice are computed once.
        store: Where results are kept and found again; None keeps them in memory only.
        executor: Where they are computed; by default in this process.
        progress: What the bar on standard error says; empty for none.

    Returns:
        The results, in the order of the cells.
    """
    found = [None if store is None else store.get(cell) for cell in cells]
    missing: list[Cell] = []
    for cell, old in zip(cells, found, strict=True):
        if old is None and cell not in missing:
            missing.append(cell)
    made: list[dict[str, Any]] = [{} for _ in missing]
    with _bar(progress, total=len(cells), done=len(cells) - len(missing)) as advance:
        if missing:
            for place, new in (executor or Serial()).run(function, missing):
                if store is not None:
                    store.put(missing[place], new)
                made[place] = dict(new)
                advance()
    return [made[missing.index(cell)] if old is None else old for cell, old in zip(cells, found, strict=True)]


@contextmanager
def _bar(what: str, *, total: int, done: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=Console(stderr=True), disable=not what) as progress:
        task = progress.add_task(what, total=total, completed=done)
        yield lambda: progress.advance(task)
