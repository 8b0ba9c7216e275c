"""Everything the page of a comparison is made of, read from its run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resonaut.analysis.quality.result import QualityResult
from resonaut.plots.table import Table
from resonaut.report.tables import read_table
from resonaut.runs.folder import RunFolder

__all__ = ["QualityContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "distances": ("where", "model", "seed", "distance", "feature", "value"),
    "features": ("where", "model", "feature", "low", "high", "data", "template", "template_error"),
    "training": ("model", "seed", "epoch", "train_loss", "validation_loss"),
}


@dataclass(frozen=True, kw_only=True)
class QualityContents:
    """A finished comparison.

    Args:
        path: Its folder.
        settings: run.toml, as nested tables and as text.
        provenance: Versions and inputs.
        result: result.json.
        tables: The tables behind the figures, by name.
    """

    path: Path
    settings: Mapping[str, Any]
    settings_text: str
    provenance: Mapping[str, Any]
    result: QualityResult
    tables: Mapping[str, Table]

    @classmethod
    def read(cls, path: Path) -> QualityContents:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        return cls(
            path=folder.path,
            settings=folder.settings(),
            settings_text=(folder.path / "run.toml").read_text(),
            provenance=folder.provenance(),
            result=QualityResult.from_json(folder.result()),
            tables={
                name: read_table(folder.path / "tables" / f"{name}.parquet", columns)
                for name, columns in _COLUMNS.items()
            },
        )

    @property
    def models(self) -> list[str]:
        """The rows, in their order."""
        return list(self.result.models)
