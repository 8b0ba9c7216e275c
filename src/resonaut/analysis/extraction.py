"""Particles to a table of features, file to file: the function behind `resonaut features`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resonaut.errors import EventsError, FormatError
from resonaut.events.exclusions import with_exclusions
from resonaut.events.formats import ParticleFormat, detect_format, format_named
from resonaut.features.clustering import JetClustering
from resonaut.features.extraction import Extraction, extract_features
from resonaut.runs.folder import atomic_path

__all__ = ["ExtractionResult", "write_features"]

CHUNK = 2000
"""Events read at once: 34 MB of the padded layout, a few times that while their jets are clustered."""


@dataclass(frozen=True)
class ExtractionResult:
    """What became of the events of a file.

    Args:
        path: The Parquet table written.
        n_events: Events read.
        n_selected: Events in the table.
        exclusions: Events left out, by reason.
        seconds: Wall time.
    """

    path: Path
    n_events: int
    n_selected: int
    exclusions: dict[str, int]
    seconds: float


def write_features(
    source: str | Path,
    out: str | Path,
    *,
    features: str | Sequence[str] = "baseline",
    clustering: JetClustering | None = None,
    constituents: bool = False,
    format: str | None = None,
    workers: int = 1,
    progress: bool = False,
) -> ExtractionResult:
    """Cluster the particles of every event into jets, and write their features.

    Read and written in chunks: memory does not grow with the file. What was left out is counted in the table's
    metadata, so that a hunt on the table accounts for every event of the particle-level file.

    Args:
        source: A particle-level file.
        out: Parquet table to write.
        features: A feature set's name, or columns.
        clustering: Jets and their selection; by default those of the LHC Olympics.
        constituents: Keep the jets' constituents.
        format: The file's format, where looking at it should not decide.
        workers: Processes that share the chunks; the table does not depend on their number.
        progress: Show a progress bar on standard error.

    Raises:
        FormatError: the file is not there, damaged, or holds no particles.
        EventsError: no event passes the selection.
    """
    from rich.console import Console
    from rich.progress import track

    start = perf_counter()
    source, out = Path(source), Path(out)
    name = format or detect_format(source)
    known = format_named(name)
    if not isinstance(known, ParticleFormat):
        raise FormatError(f"{source} is of format {name}, which holds no particles; give a particle-level file")
    chunk = partial(_chunk, source, name, features, clustering, constituents)
    starts = range(0, known.count(source), CHUNK)
    n_events, n_selected, exclusions = 0, 0, Counter[str]()
    with atomic_path(out) as temporary, _mapper(min(workers, len(starts))) as spread:
        writer: pq.ParquetWriter | None = None
        for table, extraction in track(
            spread(chunk, starts),
            total=len(starts),
            description=f"features of {source.name}",
            console=Console(stderr=True),
            disable=not progress,
        ):
            writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd", write_page_checksum=True)
            writer.write_table(table)
            n_events, n_selected = n_events + extraction.n_events, n_selected + extraction.n_selected
            exclusions += extraction.exclusions
        if writer is None or not n_selected:
            reasons = "; ".join(f"{reason}: {n}" for reason, n in exclusions.items())
            raise EventsError(f"no event of {source} passes the selection ({reasons}); check units and selection")
        writer.add_key_value_metadata(with_exclusions(table.slice(0, 0), exclusions).schema.metadata)
        writer.close()
    return ExtractionResult(out, n_events, n_selected, dict(exclusions), perf_counter() - start)


def _chunk(
    source: Path,
    format: str,
    features: str | Sequence[str],
    clustering: JetClustering | None,
    constituents: bool,
    start: int,
) -> tuple[pa.Table, Extraction]:
    """The features of events `start` to `start + CHUNK`, and what became of those events."""
    known = format_named(format)
    assert isinstance(known, ParticleFormat)
    batches = known.read(source, chunk=CHUNK, start=start, stop=start + CHUNK)
    extraction = extract_features(batches, clustering=clustering, features=features, constituents=constituents)
    table = pa.concat_tables(extraction)
    return table, replace(extraction, _tables=iter(()))  # a generator cannot travel between processes


@contextmanager
def _mapper(workers: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """`map`, in this process or over several. Spawned: threads of libraries do not survive a fork."""
    if workers <= 1:
        yield map
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool.map
