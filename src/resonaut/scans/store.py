"""Finished cells of a scan on disk, each found again by what it was made from.

A cell's file is named by the hash of its settings and of everything else its result depends on, such as the checksums
of the files it read. It appears whole or not at all, so that a scan killed at any moment goes on from the cells that
are there, and several scans may share one folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resonaut.runs.folder import atomic_path

__all__ = ["Store"]


@dataclass(frozen=True)
class Store:
    """A folder of finished cells.

    Args:
        folder: Where they are.
        depends_on: What all results depend on beside their settings: checksums, versions.
    """

    folder: Path
    depends_on: Mapping[str, Any] = field(default_factory=dict)

    def path(self, settings: Mapping[str, Any]) -> Path:
        """Where the result of a cell with these settings is, or will be."""
        text = json.dumps([settings, self.depends_on], sort_keys=True, allow_nan=False)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"

    def get(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """The result, if the cell is finished; a damaged file is no result."""
        try:
            result: dict[str, Any] = json.loads(self.path(settings).read_text())["result"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return result

    def put(self, settings: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Keep a result, beside what it was made from.

        Raises:
            RunError: the folder cannot be written.
        """
        content = {"settings": settings, "depends_on": self.depends_on, "result": result}
        with atomic_path(self.path(settings)) as temporary:
            temporary.write_text(json.dumps(content, allow_nan=False) + "\n")
