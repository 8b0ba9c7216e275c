"""Where the cells of a scan are computed: here, in processes of this machine, or on a Dask cluster.

An executor applies a function to many items and gives back each result as soon as it is there, with the place of its
item. Function and results must be picklable for all but `Serial`; the function is sent once to each worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from resonaut.errors import ConfigError
from resonaut.runs.processes import limit_threads, spawned_pool

__all__ = ["Dask", "Executor", "Processes", "Serial", "on_this_machine"]

T = TypeVar("T")
R = TypeVar("R")


@runtime_checkable
class Executor(Protocol):
    """Applies a function to items, wherever that is."""

    def run(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Results in the order in which they come, each with the place of its item."""
        ...


@dataclass(frozen=True)
class Serial:
    """One after the other, in this process."""

    def run(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Results in the items' order."""
        for place, item in enumerate(items):
            yield place, function(item)


@dataclass(frozen=True)
class Processes:
    """In so many processes of this machine, one thread each: independent trainings scale better than threads do."""

    workers: int

    def run(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Results as they come."""
        with spawned_pool(min(self.workers, len(items)) or 1, _start_worker, function) as pool:
            places = {pool.submit(_apply, item): place for place, item in enumerate(items)}
            for future in as_completed(places):
                yield places[future], future.result()


def on_this_machine(workers: int) -> Executor:
    """Where a scan runs unless told otherwise: in this process, or in several of one thread each."""
    return Serial() if workers == 1 else Processes(workers)


@dataclass(frozen=True)
class Dask:
    """On the workers of a Dask cluster (extra `cluster`), which read the same files as this process.

    Args:
        address: Of the scheduler, such as tcp://login1:8786.
        timeout: Seconds to wait for it.
    """

    address: str
    timeout: float = 10.0

    def run(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Results as they come.

        Raises:
            ConfigError: Dask is not installed, or no scheduler answers.
        """
        try:
            from distributed import Client
            from distributed import as_completed as as_finished
        except ModuleNotFoundError:
            raise ConfigError("dask is not installed; add the extra: pip install 'resonaut[cluster]'") from None
        try:
            client = Client(self.address, timeout=self.timeout)
        except (OSError, ValueError) as error:
            raise ConfigError(f"no Dask scheduler answers at {self.address} ({error}); check the address") from None
        with client:
            # Kept from Dask's own cache: whoever wants a cell again finds it in the scan's store.
            [sent] = client.scatter([function], broadcast=True, hash=False)
            futures = [client.submit(_call, sent, item, pure=False) for item in items]
            places = {future.key: place for place, future in enumerate(futures)}
            for future, result in as_finished(futures, with_results=True):
                yield places[future.key], result


_function: Callable[[Any], Any] | None = None  # set once in each worker process


def _start_worker(function: Callable[[Any], Any]) -> None:
    global _function
    _function = function
    limit_threads(1)


def _apply(item: Any) -> Any:
    assert _function is not None
    return _function(item)


def _call(function: Callable[[T], R], item: T) -> R:
    return function(item)
