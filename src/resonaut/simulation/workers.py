"""Blocks made by several processes, until enough events are selected.

How many blocks that takes is decided by the blocks in their order, never by which finished first, so that one worker
and sixteen give the same events.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import count, islice

from resonaut.errors import SimulationError
from resonaut.features.native_output import native_output_to_stderr
from resonaut.runs.processes import spawned_pool
from resonaut.simulation.chain import Chain
from resonaut.simulation.shards import BlockCounts, Shards

__all__ = ["Make", "block_maker", "make_blocks"]

MAX_EMPTY_BLOCKS = 20

Make = Callable[[str, int], "Future[BlockCounts]"]
"""Starts to make a block, given by process and number, or finds that it is there."""


def make_blocks(
    process: str,
    n_events: int,
    *,
    make: Make,
    ahead: int,
    on_block: Callable[[BlockCounts], None],
    n_blocks: int | None = None,
) -> list[BlockCounts]:
    """Make blocks 0, 1, 2, ... until they hold `n_events` or there are no more; their counts, in order.

    Args:
        process: Whose blocks.
        n_events: Selected events wanted.
        make: From `block_maker`.
        ahead: Blocks to have in the making, so that no worker waits for another.
        on_block: Called with the counts of each block that is done, in order.
        n_blocks: How many blocks there can be.
    """
    done: list[BlockCounts] = []
    making: deque[Future[BlockCounts]] = deque()
    numbers = iter(count() if n_blocks is None else range(n_blocks))
    while (selected := sum(counts.n_selected for counts in done)) < n_events:
        wanted = min(ahead, _still_needed(n_events - selected, selected, len(done)))
        making.extend(make(process, number) for number in islice(numbers, max(0, wanted - len(making))))
        if not making:
            break
        done.append(making.popleft().result())
        on_block(done[-1])
        _refuse_if_nothing_passes(process, done, min(MAX_EMPTY_BLOCKS, n_blocks or MAX_EMPTY_BLOCKS))
    return done


def _still_needed(missing: int, selected: int, n_done: int) -> int:
    """Blocks that remain to be made, judged by those that are done: the last ones are not to be made in vain."""
    return math.ceil(missing * n_done / selected) if selected else missing


def _refuse_if_nothing_passes(process: str, done: list[BlockCounts], patience: int) -> None:
    if len(done) >= patience and not any(counts.n_selected for counts in done):
        n = sum(counts.n_generated for counts in done)
        raise SimulationError(
            f"none of {n} generated {process} events passes the selection; "
            "lower leading_pt, or move the mass range to where the process is"
        )


@contextmanager
def block_maker(chains: Mapping[str, Chain], shards: Shards, workers: int) -> Iterator[Make]:
    """What makes blocks of these chains in that many processes; one worker is this process itself."""
    if workers == 1:
        yield lambda process, number: _finished(_make_block(chains[process], shards, number))
        return
    with spawned_pool(workers, _start_worker, chains, shards) as pool:

        def make(process: str, number: int) -> Future[BlockCounts]:
            there = shards.counts(process, number)
            return _finished(there) if there is not None else pool.submit(_make_in_worker, process, number)

        yield make


def _make_block(chain: Chain, shards: Shards, number: int) -> BlockCounts:
    there = shards.counts(chain.process.name, number)
    if there is not None:
        return there
    with native_output_to_stderr():
        block = chain.run(number)
    return shards.write(chain.process.name, number, block)


def _finished(counts: BlockCounts) -> Future[BlockCounts]:
    future: Future[BlockCounts] = Future()
    future.set_result(counts)
    return future


_of_worker: tuple[Mapping[str, Chain], Shards] | None = None  # set once in each worker process


def _start_worker(chains: Mapping[str, Chain], shards: Shards) -> None:
    global _of_worker
    _of_worker = (chains, shards)


def _make_in_worker(process: str, number: int) -> BlockCounts:
    assert _of_worker is not None
    chains, shards = _of_worker
    return _make_block(chains[process], shards, number)
