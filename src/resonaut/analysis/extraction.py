"""Particles to a table of features, file to file: the function behind `resonaut features`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pyarrow.parquet as pq

from resonaut.errors import EventsError, FormatError
from resonaut.events.exclusions import with_exclusions
from resonaut.events.formats import ParticleFormat, detect_format, format_named
from resonaut.features.clustering import JetClustering
from resonaut.features.extraction import extract_features
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
    batches = known.read(source, chunk=CHUNK)
    extraction = extract_features(batches, clustering=clustering, features=features, constituents=constituents)
    n_batches = -(-known.count(source) // CHUNK)
    bar = track(
        extraction,
        total=n_batches,
        description=f"features of {source.name}",
        console=Console(stderr=True),
        disable=not progress,
    )
    with atomic_path(out) as temporary:
        writer: pq.ParquetWriter | None = None
        for table in bar:
            writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd", write_page_checksum=True)
            writer.write_table(table)
        if writer is None or not extraction.n_selected:
            reasons = "; ".join(f"{reason}: {n}" for reason, n in extraction.exclusions.items())
            raise EventsError(f"no event of {source} passes the selection ({reasons}); check units and selection")
        writer.add_key_value_metadata(with_exclusions(table.slice(0, 0), extraction.exclusions).schema.metadata)
        writer.close()
    return ExtractionResult(
        out, extraction.n_events, extraction.n_selected, dict(extraction.exclusions), perf_counter() - start
    )
