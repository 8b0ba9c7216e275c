"""Work in progress of a production: one Parquet file a finished block, beside the output in `FILE.run/`.

A shard carries its own counts in the Parquet metadata and appears under its name only when it is complete, so that a
production killed at any moment goes on from the shards that are there. `manifest.json` holds the settings, and a
folder of other settings is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from resonaut.errors import RunError
from resonaut.runs.folder import atomic_path
from resonaut.simulation.chain import Block

__all__ = ["FOLDER_SUFFIX", "BlockCounts", "Shards"]

COUNTS_KEY = b"resonaut.block"
FOLDER_SUFFIX = ".run"
"""What a production's folder is called after its file."""


@dataclass(frozen=True)
class BlockCounts:
    """What a shard says of itself."""

    n_selected: int
    n_generated: int
    excluded: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class Shards:
    """The folder beside an output file.

    Args:
        folder: `FILE.run`.
        opaque: Whether names of files must not say which process is inside, nor which belong together.
    """

    folder: Path
    opaque: bool = False

    @classmethod
    def beside(cls, output: Path, *, opaque: bool = False) -> Shards:
        """The shards of that output."""
        return cls(output.with_name(output.name + FOLDER_SUFFIX), opaque)

    def open(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Create or enter the folder for these settings; gives the manifest that is there."""
        manifest = self.read_manifest()
        if manifest is not None:
            changes = _changed(manifest["settings"], json.loads(json.dumps(settings)))
            if changes:
                raise RunError(
                    f"{self.folder} belongs to a production with other settings ({'; '.join(changes[:2])}); "
                    "remove it or choose another output"
                )
            return manifest
        manifest = {"settings": dict(settings), "complete": False}
        self.write_manifest(manifest)
        return manifest

    def read_manifest(self) -> dict[str, Any] | None:
        """The manifest, if there is one."""
        path = self.folder / "manifest.json"
        if not path.exists():
            return None
        try:
            manifest: dict[str, Any] = json.loads(path.read_text())
            manifest["settings"], manifest["complete"]
        except (ValueError, KeyError, TypeError):
            raise RunError(f"{path} is not a manifest of a production; remove {self.folder}") from None
        return manifest

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Replace the manifest at once."""
        with atomic_path(self.folder / "manifest.json") as temporary:
            temporary.write_text(json.dumps(manifest, indent=2) + "\n")

    def path(self, process: str, block: int) -> Path:
        """Where that block is."""
        name = f"{process}-{block:06d}"
        if self.opaque:
            name = hashlib.sha256(name.encode()).hexdigest()[:16]
        return self.folder / f"{name}.parquet"

    def write(self, process: str, number: int, block: Block) -> BlockCounts:
        """Store a block; the file appears complete or not at all."""
        counts = BlockCounts(block.table.num_rows, block.n_generated, block.excluded, block.seconds)
        metadata = {**(block.table.schema.metadata or {}), COUNTS_KEY: json.dumps(vars(counts)).encode()}
        with atomic_path(self.path(process, number)) as temporary:
            pq.write_table(block.table.replace_schema_metadata(metadata), temporary, compression="zstd")
        return counts

    def read(self, process: str, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The events of a block, or some of their columns."""
        columns = None if columns is None else list(columns)
        return pq.read_table(self.path(process, number), columns=columns).replace_schema_metadata(None)

    def counts(self, process: str, number: int) -> BlockCounts | None:
        """The counts of a block, None where it has not been made or is not readable."""
        path = self.path(process, number)
        if not path.exists():
            return None
        try:
            return BlockCounts(**json.loads(pq.read_schema(path).metadata[COUNTS_KEY]))
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            return None

    def clear(self) -> None:
        """Remove the shards, and what a killed worker left half written; the manifest and a report stay."""
        for path in [*self.folder.glob("*.parquet"), *self.folder.glob(".*.tmp")]:
            path.unlink()


def _changed(old: Any, new: Any, name: str = "") -> list[str]:
    """The settings that differ, by their dotted names."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        pairs = {key: (old.get(key), new.get(key)) for key in sorted({*old, *new})}
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = dict(enumerate(zip(old, new, strict=True)))
    else:
        return [] if old == new else [f"{name}: {old} there, {new} now"]
    return [change for key, pair in pairs.items() for change in _changed(*pair, f"{name}.{key}".lstrip("."))]
