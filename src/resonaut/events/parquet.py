"""Tables of events in Parquet: the project's own format.

Files are written whole or not at all, with a checksum a page, so that a damaged one is noticed and not analysed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from resonaut.errors import FormatError
from resonaut.events.columns import require_columns
from resonaut.events.files import damage_reported, first_bytes
from resonaut.runs.folder import atomic_path

__all__ = [
    "PARQUET_MAGIC",
    "ParquetWriter",
    "column_names",
    "count_rows",
    "read_batches",
    "read_schema",
    "read_table",
    "write_table",
]

PARQUET_MAGIC = b"PAR1"


def column_names(path: Path | str) -> tuple[str, ...]:
    """The columns of a table, without reading them."""
    return tuple(read_schema(path).names)


def read_schema(path: Path | str) -> pa.Schema:
    """Names and types of the columns, and the table's notes, without reading a row."""
    with damage_reported(path, "Parquet"), _open(path) as file:
        return file.schema_arrow


def read_table(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """A table, or some of its columns.

    Raises:
        FormatError: the file is missing, not Parquet, truncated or corrupted.
        EventsError: a column that it does not have.
    """
    with damage_reported(path, "Parquet"), _open(path) as file:
        if columns is not None:
            require_columns(columns, file.schema_arrow.names, path)
        return file.read(columns=None if columns is None else list(columns))


def count_rows(path: Path | str) -> int:
    """How many events a table has, without reading them."""
    with damage_reported(path, "Parquet"), _open(path) as file:
        return int(file.metadata.num_rows)


def read_batches(path: Path | str, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """A table, or some of its columns, in parts of at most so many rows, without its metadata: they are of the whole.

    Raises:
        FormatError: the file is missing, not Parquet, truncated or corrupted.
        EventsError: a column that it does not have.
    """
    with damage_reported(path, "Parquet"), _open(path) as file:
        if columns is not None:
            require_columns(columns, file.schema_arrow.names, path)
        for batch in file.iter_batches(batch_size=rows, columns=None if columns is None else list(columns)):
            yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


def write_table(table: pa.Table, path: Path | str) -> None:
    """Write a table, whole or not at all.

    Raises:
        RunError: the place cannot be written.
    """
    with atomic_path(Path(path)) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


class ParquetWriter:
    """A table written a piece at a time, a row group each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append a row group."""
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", write_page_checksum=True)
        self._writer.write_table(table)

    def note(self, metadata: Mapping[bytes, bytes]) -> None:
        """Add to the notes of the file, after its first table."""
        assert self._writer is not None, "a file without tables has no place for notes"
        self._writer.add_key_value_metadata(metadata)

    def close(self) -> Mapping[str, int]:
        """Finish the file: it takes every column."""
        if self._writer is not None:
            self._writer.close()
        return {}


def _open(path: Path | str) -> pq.ParquetFile:
    # Not pq.read_table: it takes columns from folder names such as `label=1/`.
    if not first_bytes(path).startswith(PARQUET_MAGIC):
        raise FormatError(f"{path} is not a Parquet file; name its --format, or give another file")
    # Without pre_buffer=False the whole file is in memory by the time its last batch is read.
    return pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)
