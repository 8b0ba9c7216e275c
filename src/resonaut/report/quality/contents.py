"""Everything the page of a comparison is made of, read from its run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resonaut.analysis.quality.result import QualityResult
from resonaut.plots.table import Table
from resonaut.report.finished_run import FinishedRun, common_parts, read_tables
from resonaut.runs.folder import RunFolder

__all__ = ["QualityContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "distances": ("where", "model", "seed", "distance", "feature", "value"),
    "features": ("where", "model", "feature", "low", "high", "data", "template", "template_error"),
    "training": ("model", "seed", "epoch", "train_loss", "validation_loss"),
}


@dataclass(frozen=True, kw_only=True)
class QualityContents(FinishedRun):
    """A finished comparison.

    Args:
        result: result.json.
        tables: The tables behind the figures, by name.
    """

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
            **common_parts(folder),
            result=QualityResult.from_json(folder.result()),
            tables=read_tables(folder, _COLUMNS),
        )

    @property
    def models(self) -> list[str]:
        """The rows, in their order."""
        return list(self.result.models)
