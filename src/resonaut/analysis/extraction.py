"""Particles, or jets with their constituents, to a table of features, file to file: behind `resonaut features`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter

import pyarrow as pa

from resonaut.analysis.spreading import Spread, spread_over
from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.events import parquet
from resonaut.events.columns import require_columns
from resonaut.events.exclusions import exclusions_of, with_exclusions
from resonaut.events.formats import ParticleFormat, detect_format, format_named
from resonaut.features.clustering import JetClustering
from resonaut.features.constituents import CONSTITUENTS
from resonaut.features.enrichment import NEEDED, add_features
from resonaut.features.extraction import Extraction, extract_features
from resonaut.features.observables import computable
from resonaut.features.sets import resolve
from resonaut.runs.folder import atomic_path

__all__ = ["ExtractionResult", "holds_constituents", "write_features"]

CHUNK = 2000
"""Events read at once: 34 MB of the padded layout, a few times that while their jets are clustered."""

Part = tuple[pa.Table, int, dict[str, int]]
"""Some events' features, how many events they were made from, and how many of those were left out, by reason."""


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
    """Write the features of every event: of particles after clustering them, of tables from the jets they hold.

    Read and written in chunks: memory does not grow with the file. What was left out is counted in the table's
    metadata, so that a hunt on the table accounts for every event of the particle-level file.

    Args:
        source: A particle-level file, or a Parquet table with the jets' constituents: it keeps all its columns and
            gets those of the features that it lacks.
        out: Parquet table to write.
        features: A feature set's name, or columns.
        clustering: Jets and their selection; by default those of the LHC Olympics. Not for tables, which have both.
        constituents: Keep the jets' constituents; tables keep them in any case.
        format: The file's format, where looking at it should not decide.
        workers: Processes that share the chunks; the table does not depend on their number.
        progress: Show a progress bar on standard error.

    Raises:
        FormatError: the file is not there, damaged, or holds neither particles nor constituents.
        EventsError: no event passes the selection.
        ConfigError: features that cannot be made, or that the table has; a table that would be written over itself.
    """
    from rich.console import Console
    from rich.progress import Progress

    start = perf_counter()
    source, out = Path(source), Path(out)
    name = format or detect_format(source)
    known = format_named(name)
    notes = pa.table({})
    if isinstance(known, ParticleFormat):
        computable(features)  # so that a wrong name is refused before anything is clustered
        n_events = known.count(source)
        make = partial(_from_particles, source, name, n_events, features, clustering, constituents)
    elif holds_constituents(source, name):
        n_events = parquet.count_rows(source)
        notes = parquet.read_table(source, [])
        make = partial(_from_constituents, source, _lacking(source, out, features, clustering))
    else:
        raise FormatError(
            f"{source} is of format {name} and holds no particles; give a particle-level file, or a table that was "
            "made with --constituents"
        )
    n_selected, exclusions = 0, Counter[str]()
    with (
        atomic_path(out) as temporary,
        spread_over(min(workers, -(-n_events // CHUNK))) as spread,
        Progress(console=Console(stderr=True), disable=not progress) as bar,
    ):
        task = bar.add_task(f"features of {source.name}", total=n_events)
        writer = parquet.ParquetWriter(temporary)
        for table, n_read, left_out in make(spread):
            writer.write(table)
            n_selected += table.num_rows
            exclusions.update(left_out)
            bar.advance(task, n_read)
        if not n_selected:
            reasons = "; ".join(f"{reason}: {n}" for reason, n in exclusions.items())
            raise EventsError(f"no event of {source} passes the selection ({reasons}); check units and selection")
        notes = with_exclusions(notes, Counter(exclusions_of(notes)) + exclusions)
        writer.note(notes.schema.metadata)
        writer.close()
    return ExtractionResult(out, n_events, n_selected, dict(exclusions), perf_counter() - start)


def holds_constituents(source: Path, format: str) -> bool:
    """Whether a file is a table from whose jets features can be made."""
    return format == "parquet" and set(CONSTITUENTS) <= set(parquet.column_names(source))


def _lacking(
    source: Path, out: Path, features: str | Sequence[str], clustering: JetClustering | None
) -> tuple[str, ...]:
    """Which of the features a table has not."""
    if out.exists() and out.samefile(source):
        raise ConfigError(f"{out} would be written over itself; choose another --out")
    if clustering not in (None, JetClustering()):
        raise ConfigError(
            f"{source} holds jets that are clustered and selected; leave out radius, leading_pt and eta_max"
        )
    columns = parquet.column_names(source)
    require_columns(NEEDED, columns, source)
    lacking = [name for name in resolve(features) if name not in columns]
    if not lacking:
        raise ConfigError(f"{source} has all of these features; hunt on it, or name others in --features")
    return computable(lacking)


def _from_particles(
    source: Path,
    format: str,
    n_events: int,
    features: str | Sequence[str],
    clustering: JetClustering | None,
    constituents: bool,
    spread: Spread,
) -> Iterator[Part]:
    chunk = partial(_chunk, source, format, features, clustering, constituents)
    for table, extraction in spread(chunk, range(0, n_events, CHUNK)):
        yield table, extraction.n_events, extraction.exclusions


def _from_constituents(source: Path, features: Sequence[str], spread: Spread) -> Iterator[Part]:
    yield from spread(partial(_more, features), parquet.read_batches(source, CHUNK))


def _more(features: Sequence[str], table: pa.Table) -> Part:
    """Some events of a table with more features."""
    more, left_out = add_features(table, features)
    return more, table.num_rows, left_out


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
