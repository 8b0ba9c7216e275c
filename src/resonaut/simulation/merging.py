"""From shards to one file, in bounded memory.

A mixture is shuffled without holding it: events of one process come in no particular order, so it is enough to draw,
for every row of the result, which process it comes from, and to take the processes' events as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from resonaut.events.origin import with_origin
from resonaut.events.output import TableWriter
from resonaut.events.parquet import ParquetWriter
from resonaut.runs.folder import atomic_path
from resonaut.simulation.shards import Shards

__all__ = ["Source", "labels_in_order", "merge"]

ROW_GROUP = 16_384  # events; with constituents some 60 MB


@dataclass(frozen=True)
class Source:
    """The shards of one process, and how many of their events are wanted."""

    process: str
    label: int
    n_blocks: int
    n_events: int


def merge(
    shards: Shards,
    sources: Sequence[Source],
    output: Path,
    *,
    seed: int,
    labels: bool = True,
    origin: Mapping[str, str] | None = None,
    writer: Callable[[Path], TableWriter] = ParquetWriter,
) -> Mapping[str, int]:
    """Write the first `n_events` of each source, shuffled together, with event ids and, if wanted, labels.

    Args:
        shards: Where the events are.
        sources: Which of them.
        output: The file.
        seed: Of the shuffle.
        labels: Whether the file has a column of them.
        origin: What made the events; noted in the file where its format has a place for it.
        writer: Of the file's format.

    Returns:
        What the file's format had no place for, counted by reason.
    """
    order = _order(sources, seed)
    streams = [_Stream(_tables(shards, source)) for source in sources]
    with atomic_path(output) as temporary:
        file = writer(temporary)
        try:
            for first in range(0, len(order), ROW_GROUP):
                chosen = order[first : first + ROW_GROUP]
                rows = _interleave(streams, chosen)
                rows = rows.add_column(0, "event", pa.array(np.arange(first, first + len(chosen))))
                if labels:
                    rows = rows.append_column("label", pa.array(_labels(sources, chosen)))
                file.write(with_origin(rows, origin or {}))
        except BaseException:
            with suppress(Exception):  # what went wrong first is what the user should read
                file.close()
            raise
        return file.close()


def labels_in_order(sources: Sequence[Source], *, seed: int) -> Int[np.ndarray, " N"]:
    """The truth about every event of the file that `merge` writes, whether or not it says so."""
    return _labels(sources, _order(sources, seed))


def _order(sources: Sequence[Source], seed: int) -> Int[np.ndarray, " N"]:
    """Which source each event of the file is from."""
    n_events = [source.n_events for source in sources]
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sources)), n_events))


def _labels(sources: Sequence[Source], order: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    return np.array([source.label for source in sources], dtype=np.int8)[order]


def _interleave(streams: Sequence[_Stream], chosen: np.ndarray) -> pa.Table:
    taken = [stream.take(int((chosen == index).sum())) for index, stream in enumerate(streams)]
    # Row k of the result is the next unused row of its stream: sorting by stream is undone by the inverse permutation.
    place = np.argsort(np.argsort(chosen, kind="stable"), kind="stable")
    return pa.concat_tables([table for table in taken if table.num_rows]).combine_chunks().take(place)


def _tables(shards: Shards, source: Source) -> Iterator[pa.Table]:
    for number in range(source.n_blocks):
        yield shards.read(source.process, number)


class _Stream:
    """Events of a source, any number at a time."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables = tables
        self._rest = next(tables)

    def take(self, n: int) -> pa.Table:
        parts = [self._rest]
        while sum(part.num_rows for part in parts) < n:
            parts.append(next(self._tables))
        rows = pa.concat_tables(parts)
        self._rest = rows.slice(n)
        return rows.slice(0, n)
