"""Blocks of one chain, made by several processes until enough events are selected.

How many blocks that takes is decided by the blocks in their order alone, never by which finished first, so that one worker
and sixteen give the same events.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import count

from resonaut.errors import SimulationError
from resonaut.simulation.chain import Chain
from resonaut.simulation.shards import BlockCounts, Shards

__all__ = ["make_blocks"]

MAX_EMPTY_BLOCKS = 20

Make = Callable[[int], "Future[BlockCounts]"]


def make_blocks(
    chain: Chain, n_events: int, *, shards: Shards, workers: int, on_block: Callable[[BlockCounts], None]
) -> list[BlockCounts]:
    """Make blocks 0, 1, 2, ... until they hold `n_events`; their counts, in order.

    Args:
        chain: What makes a block.
        n_events: Selected events wanted.
        shards: Where blocks go; those that are there are not made again.
        workers: Processes to use; 1 works in this one.
        on_block: Called with the counts of each block that is done, in order.
    """
    done: list[BlockCounts] = []
    finished: dict[int, BlockCounts] = {}
    running: dict[Future[BlockCounts], int] = {}
    upcoming = count()
    missing = n_events
    with _maker(chain, shards, workers) as make:
        while missing > 0:
            while len(running) < 2 * workers and len(finished) < 100 * workers:
                number = next(upcoming)
                counts = shards.counts(chain.process, number)
                if counts is not None:
                    finished[number] = counts
                    if number == len(done):
                        break
                else:
                    running[make(number)] = number
            if len(done) not in finished:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    finished[running.pop(future)] = future.result()
            while missing > 0 and len(done) in finished:
                counts = finished.pop(len(done))
                done.append(counts)
                missing -= counts.n_selected
                on_block(counts)
            _refuse_if_nothing_passes(chain, done)
    return done


def _refuse_if_nothing_passes(chain: Chain, done: list[BlockCounts]) -> None:
    if len(done) >= MAX_EMPTY_BLOCKS and not any(counts.n_selected for counts in done):
        n = sum(counts.n_generated for counts in done)
        raise SimulationError(
            f"none of {n} generated {chain.process} events passes the selection; "
            "lower leading_pt, or widen the mass range to where the process is"
        )


@contextmanager
def _maker(chain: Chain, shards: Shards, workers: int) -> Iterator[Make]:
    """Something that makes block `n` and gives a future."""
    if workers == 1:
        yield lambda number: _at_once(chain, shards, number)
        return
    # Never fork: the threads of numba, OpenMP and Arrow do not survive it, and the children hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(chain, shards))
    try:
        yield lambda number: pool.submit(_make_block, number)
    except BrokenProcessPool:
        raise SimulationError(
            f"a worker process of {chain.process} died (out of memory?); run the same command again with fewer workers, "
            "it goes on where it stopped"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _at_once(chain: Chain, shards: Shards, number: int) -> Future[BlockCounts]:
    future: Future[BlockCounts] = Future()
    future.set_result(shards.write(chain.process, number, chain.run(number)))
    return future


_worker: tuple[Chain, Shards] | None = None  # of a worker process, which serves one chain


def _start_worker(chain: Chain, shards: Shards) -> None:
    global _worker
    _worker = (chain, shards)


def _make_block(number: int) -> BlockCounts:
    assert _worker is not None
    chain, shards = _worker
    return shards.write(chain.process, number, chain.run(number))
