"""Work on a stream of parts, in this process or over several, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from resonaut.runs.processes import spawned_pool

__all__ = ["Spread", "spread_over"]

Spread = Callable[[Callable[..., Any], Iterable[Any]], Iterable[Any]]
"""`map`: a function of each part, results in the parts' order."""


@contextmanager
def spread_over(workers: int) -> Iterator[Spread]:
    """`map` over that many processes."""
    if workers <= 1:
        yield map
        return
    with spawned_pool(workers) as pool:

        def spread(function: Callable[..., Any], parts: Iterable[Any]) -> Iterator[Any]:
            # Not pool.map: it takes all parts at once, and keeps every result until somebody asks for it.
            under_way: deque[Future[Any]] = deque()
            for part in parts:
                under_way.append(pool.submit(function, part))
                if len(under_way) > 2 * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()

        yield spread
