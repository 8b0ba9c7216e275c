"""Events that were left out travel, as counts, with the table of those that were kept.

Every step that drops events (too few jets, unreadable values) says how many and why, in the metadata of the table it
writes. Readers add these counts to their own, so that the last table of an analysis can account for every event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa

from resonaut.errors import FormatError

__all__ = ["TOO_FEW_JETS", "exclusions_of", "with_exclusions"]

TOO_FEW_JETS = "fewer than two jets"
"""The reason that every maker of dijet events gives."""

_KEY = b"resonaut.exclusions"


def with_exclusions(table: pa.Table, counts: Mapping[str, int]) -> pa.Table:
    """The table with the number of events left out of it, by reason; zeros are not noted."""
    noted = {reason: int(count) for reason, count in counts.items() if count}
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != _KEY}
    return table.replace_schema_metadata({**metadata, _KEY: json.dumps(noted).encode()} if noted else metadata)


def exclusions_of(table: pa.Table) -> dict[str, int]:
    """How many events were left out of a table before it was written, by reason.

    Raises:
        FormatError: the note is not ours, or damaged.
    """
    note = (table.schema.metadata or {}).get(_KEY, b"{}")
    try:
        return {str(reason): int(count) for reason, count in json.loads(note).items()}
    except (ValueError, TypeError, AttributeError):
        raise FormatError(
            f"the note of excluded events, {note[:60]!r}, cannot be read; write the table again"
        ) from None
