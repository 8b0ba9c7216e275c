"""What a backbone makes of an event's particles, as columns of a table: features for methods that want some.

A transformer that has learnt to tell many simulated resonances from background decides by a few numbers, which know of
masses and prongs without having seen the signal that is looked for. `embedding_1`, `embedding_2`, ... are these.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import perf_counter

import pyarrow as pa

from resonaut.analysis.extraction import ExtractionResult, holds_constituents
from resonaut.errors import ConfigError, FormatError
from resonaut.events import parquet
from resonaut.events.exclusions import exclusions_of, with_exclusions
from resonaut.events.formats import detect_format
from resonaut.features.constituents import read_clouds
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.saving import load
from resonaut.runs.folder import atomic_path

__all__ = ["write_embedding"]

ROWS = 20_000
"""Events read at once."""


def write_embedding(
    source: str | Path, out: str | Path, *, backbone: str | Path, progress: bool = False
) -> ExtractionResult:
    """Write a table again, with the numbers by which a `cloud-transformer` decides of each event.

    Args:
        source: A table with the jets' constituents; it keeps its columns.
        out: Parquet table to write.
        backbone: What `resonaut.models.saving.save` wrote of the transformer.
        progress: Show a progress bar on standard error.

    Raises:
        FormatError: the table has no constituents, or the backbone is none.
        ConfigError: the table would be written over itself, or has such columns.
    """
    from rich.console import Console
    from rich.progress import Progress

    start = perf_counter()
    source, out = Path(source), Path(out)
    if not holds_constituents(source, detect_format(source)):
        raise FormatError(f"{source} has no constituents to embed; give a table that was made with --constituents")
    if out.exists() and out.samefile(source):
        raise ConfigError(f"{out} would be written over itself; choose another --out")
    if "embedding_1" in parquet.column_names(source):
        raise ConfigError(f"{source} has an embedding; hunt on it, or give the table that it was made of")
    transformer = load(backbone)
    if not isinstance(transformer, CloudTransformer):
        raise FormatError(f"{backbone} holds no cloud-transformer; give one that was trained and saved")
    notes = parquet.read_table(source, [])
    n_events, n_selected, exclusions = parquet.count_rows(source), 0, Counter[str]()
    with atomic_path(out) as temporary, Progress(console=Console(stderr=True), disable=not progress) as bar:
        task = bar.add_task(f"embedding of {source.name}", total=n_events)
        writer = parquet.ParquetWriter(temporary)
        for table in parquet.read_batches(source, ROWS):
            clouds, usable, left_out = read_clouds(table)
            kept = table.filter(usable)
            for i, column in enumerate(transformer.embed(clouds).T, start=1):
                kept = kept.append_column(f"embedding_{i}", pa.array(column))
            writer.write(kept)
            n_selected += kept.num_rows
            exclusions.update(left_out)
            bar.advance(task, table.num_rows)
        writer.note(with_exclusions(notes, Counter(exclusions_of(notes)) + exclusions).schema.metadata or {})
        writer.close()
    return ExtractionResult(out, n_events, n_selected, dict(exclusions), perf_counter() - start)
