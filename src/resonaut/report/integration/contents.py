"""Everything the page of an integration is made of, read from its run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resonaut.analysis.integration import IntegrationRun
from resonaut.plots.table import Table
from resonaut.report.finished_run import FinishedRun, common_parts, read_tables
from resonaut.runs.folder import RunFolder

__all__ = ["IntegrationContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "learning": ("round", "efficiency", "relative_deviation", "seconds"),
    "weights": ("group", "low", "high", "points"),
}


@dataclass(frozen=True, kw_only=True)
class IntegrationContents(FinishedRun):
    """A finished integration.

    Args:
        result: result.json.
        tables: The tables behind the figures, by name.
    """

    result: IntegrationRun
    tables: Mapping[str, Table]

    @classmethod
    def read(cls, path: Path) -> IntegrationContents:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        return cls(
            **common_parts(folder),
            result=IntegrationRun.from_json(folder.result()),
            tables=read_tables(folder, _COLUMNS),
        )
