"""The formats that events can be written in, by name: what `simulate --format` offers.

A writer takes tables of events, a piece at a time, so that a production of any size needs the memory of one piece. A
new format is one entry here. What is read back is told apart by content (`resonaut.events.formats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from resonaut.errors import ConfigError
from resonaut.events import lhco_writing, parquet, root
from resonaut.events.columns import listed, nearest

__all__ = ["OUTPUT_FORMATS", "OutputFormat", "TableWriter", "output_format"]


class TableWriter(Protocol):
    """Writes one file of events; every table has the columns of the first."""

    def write(self, table: pa.Table) -> None:
        """Append these events."""

    def close(self) -> Mapping[str, int]:
        """Finish the file; what the format had no place for, counted by reason."""


@dataclass(frozen=True)
class OutputFormat:
    """A kind of file.

    Args:
        writer: Opens a new file.
        suffix: What its name ends in by default.
        features: The feature columns that its layout is made of; None where it takes any.
        constituents: Whether its layout is made of the jets' constituents.
    """

    writer: Callable[[Path], TableWriter]
    suffix: str
    features: tuple[str, ...] | None = None
    constituents: bool = False


OUTPUT_FORMATS: dict[str, OutputFormat] = {
    "parquet": OutputFormat(parquet.ParquetWriter, ".parquet"),
    "lhco": OutputFormat(lhco_writing.FeatureFileWriter, ".h5", features=lhco_writing.TAUS),
    # Any feature will do, none of them is written: the cheapest.
    "lhco-particles": OutputFormat(
        lhco_writing.ParticleFileWriter, ".h5", features=("mj1", "delta_mj"), constituents=True
    ),
    "root": OutputFormat(root.RootWriter, ".root"),
}


def output_format(name: str) -> OutputFormat:
    """A format by its name.

    Raises:
        ConfigError: no format has this name.
    """
    if name not in OUTPUT_FORMATS:
        known = tuple(OUTPUT_FORMATS)
        raise ConfigError(f"events cannot be written as '{name}'{nearest(name, known)}; choose from {listed(known)}")
    return OUTPUT_FORMATS[name]
