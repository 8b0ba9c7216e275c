"""Everything the page of a tagging is made of, read from its run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from resonaut.analysis.tag.result import TagResult
from resonaut.plots.table import Table
from resonaut.report.finished_run import FinishedRun, common_parts, read_tables
from resonaut.report.tables import read_table
from resonaut.runs.folder import RunFolder

__all__ = ["TagContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "curves": ("class", "method", "tpr", "fpr"),
    "training": ("epoch", "train_loss", "validation_loss", "distance", "energy_data", "energy_samples"),
}


@dataclass(frozen=True, kw_only=True)
class TagContents(FinishedRun):
    """A finished tagging.

    Args:
        result: result.json.
        tables: The tables behind the figures, by name.
    """

    result: TagResult
    tables: Mapping[str, Table]

    @classmethod
    def read(cls, path: Path) -> TagContents:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        scores = read_table(folder.path / "scores.parquet", ("class", "score"))
        return cls(
            **common_parts(folder),
            result=TagResult.from_json(folder.result()),
            tables={"scores": scores, **read_tables(folder, _COLUMNS)},
        )

    def pt_profile(self) -> Table:
        """The background's scores in bins of pT, as columns."""
        bins = self.result.pt_bins
        quantiles = np.array([one.quantiles for one in bins]).reshape(-1, 3)
        columns = {"low": np.array([one.low for one in bins]), "high": np.array([one.high for one in bins])}
        return columns | {name: quantiles[:, k] for k, name in enumerate(("q10", "q50", "q90"))}
