"""Where simulated events come from travels with their table, so that whatever is made of them can say so.

A production notes its process and detector in the metadata of its Parquet file: nothing that changes from one run of
the same production to the next (no times, no paths), and nothing that a truth label would not be allowed to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from resonaut.events.files import first_bytes
from resonaut.events.parquet import PARQUET_MAGIC, read_schema

__all__ = ["read_origin", "with_origin"]

_KEY = b"resonaut.origin"


def with_origin(table: pa.Table, origin: Mapping[str, str]) -> pa.Table:
    """The table with a note of what made its events."""
    note = json.dumps(dict(origin), sort_keys=True).encode()
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: note})


def read_origin(path: Path | str) -> dict[str, str]:
    """What made the events of a file: `process` and `detector` of a production, nothing where no note is there."""
    if not first_bytes(path).startswith(PARQUET_MAGIC):
        return {}
    try:
        note = json.loads((read_schema(path).metadata or {}).get(_KEY, b"{}"))
        return {str(name): str(value) for name, value in note.items()}
    except (ValueError, AttributeError):
        return {}  # a damaged note costs a citation, not the analysis
