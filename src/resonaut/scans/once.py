"""What the cells of a scan read, read once by each process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

__all__ = ["Once"]

R = TypeVar("R")


class Once(Generic[R]):
    """A function of which each process keeps the last results: what one cell has read, the next one need not.

    Results stay where they were made: sent to another process, the function arrives without them. They last as long as
    this object, a scan say, so that the next scan reads again what may have changed on disk.

    Args:
        function: What is called; picklable, if it is to be sent.
        most: Results that are kept; the oldest goes first.
    """

    def __init__(self, function: Callable[..., R], most: int = 1) -> None:
        self.function, self.most = function, most
        self._results: dict[tuple[Hashable, ...], R] = {}

    def __call__(self, *arguments: Hashable, **how: Any) -> R:
        """The function's result for these arguments; by name goes what does not change it, such as `progress`."""
        if arguments not in self._results:
            result = self.function(*arguments, **how)
            while len(self._results) >= self.most:
                del self._results[next(iter(self._results))]
            self._results[arguments] = result
        return self._results[arguments]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_results": {}}
