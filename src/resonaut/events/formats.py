"""The formats that events come in, by name, and how to tell which one a file has.

A new format is one entry here: tables of features are read at once, particles in chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from resonaut.errors import FormatError
from resonaut.events import lhco, parquet, root
from resonaut.events.columns import listed, nearest
from resonaut.events.files import first_bytes
from resonaut.events.pandas_hdf5 import HDF5_MAGIC
from resonaut.events.particles import ParticleBatch

__all__ = ["FORMATS", "ParticleFormat", "TableFormat", "detect_format", "format_named"]


class ParticleReader(Protocol):
    """Reads rows `start` to `stop` of a file, `chunk` events at a time."""

    def __call__(
        self, path: Path, *, chunk: int = ..., start: int = ..., stop: int | None = ...
    ) -> Iterator[ParticleBatch]: ...


@dataclass(frozen=True)
class TableFormat:
    """A row an event, features in columns.

    Args:
        recognises: Whether a file, whose first bytes are given too, is of this format.
        columns: The names of a file's columns.
        read: Some of a file's columns.
    """

    recognises: Callable[[Path, bytes], bool]
    columns: Callable[[Path], tuple[str, ...]]
    read: Callable[[Path, Sequence[str] | None], pa.Table]


@dataclass(frozen=True)
class ParticleFormat:
    """Particles, of which jets and features are still to be made.

    Args:
        recognises: Whether a file, whose first bytes are given too, is of this format.
        count: The number of a file's events.
        read: Its events in batches.
    """

    recognises: Callable[[Path, bytes], bool]
    count: Callable[[Path], int]
    read: ParticleReader


FORMATS: dict[str, TableFormat | ParticleFormat] = {
    "parquet": TableFormat(
        recognises=lambda path, start: start.startswith(parquet.PARQUET_MAGIC),
        columns=parquet.column_names,
        read=parquet.read_table,
    ),
    "lhco": TableFormat(
        recognises=lambda path, start: start.startswith(HDF5_MAGIC) and lhco.layout(path) == "features",
        columns=lhco.feature_columns,
        read=lhco.read_features,
    ),
    "lhco-particles": ParticleFormat(
        recognises=lambda path, start: start.startswith(HDF5_MAGIC) and lhco.layout(path) == "particles",
        count=lhco.count_events,
        read=lhco.read_particles,
    ),
    "root": TableFormat(
        recognises=lambda path, start: start.startswith(root.ROOT_MAGIC),
        columns=root.column_names,
        read=root.read_table,
    ),
}


def detect_format(path: Path | str) -> str:
    """The name of a file's format, by its content and not by its name.

    Raises:
        FormatError: there is no such file, or it is of no known format.
    """
    path = Path(path)
    start = first_bytes(path)
    for name, known in FORMATS.items():
        if known.recognises(path, start):
            return name
    raise FormatError(f"{path} is of no known format (it begins with {start!r}); give one of {listed(tuple(FORMATS))}")


def format_named(name: str) -> TableFormat | ParticleFormat:
    """A format by its name.

    Raises:
        FormatError: no format has this name.
    """
    if name not in FORMATS:
        known = tuple(FORMATS)
        raise FormatError(f"there is no format '{name}'{nearest(name, known)}; choose from {listed(known)}")
    return FORMATS[name]
