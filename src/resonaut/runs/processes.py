"""Worker processes: spawned, ended with their parent, and no traceback where one dies.

One mechanism for everything that spreads work over the cores of a machine: blocks of a production, parts of a file,
cells of a scan.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any

from resonaut.errors import RunError

__all__ = ["limit_threads", "spawned_pool"]


@contextmanager
def spawned_pool(workers: int, start: Callable[..., None] | None = None, *given: Any) -> Iterator[ProcessPoolExecutor]:
    """A pool of that many processes; what has not begun when the block ends is dropped.

    Args:
        workers: How many.
        start: Called once in each, before its first work, with `given`: what would be too large to send each time.
        given: For `start`; pickled.

    Raises:
        RunError: a worker died.
    """
    # Never fork: the threads of numba, OpenMP and Arrow do not survive it, and the children hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(start, given))
    try:
        yield pool
    except BrokenProcessPool:
        raise RunError(
            "a worker process died, perhaps for want of memory; give the same command again with fewer workers, "
            "it goes on where it stopped"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(start: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if start is not None:
        start(*given)


def _end_with_parent() -> None:
    """A worker waits for its next work forever where the parent was killed: nobody is left to close the pipe."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def limit_threads(n: int) -> None:
    """So many threads for this process's arithmetic: trees use OpenMP, networks PyTorch's own."""
    os.environ["OMP_NUM_THREADS"] = str(n)  # for libraries that are still to be loaded
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(n)
    threadpool_limits(limits=n)
