"""Everything the page of a tagging is made of, read from its run folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from resonaut.analysis.tag.result import TagResult
from resonaut.plots.table import Table
from resonaut.report.finished_run import TabledRun
from resonaut.report.tables import read_table

__all__ = ["TagContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "curves": ("class", "method", "tpr", "fpr"),
    "training": ("epoch", "train_loss", "validation_loss", "distance", "energy_data", "energy_samples"),
}


@dataclass(frozen=True, kw_only=True)
class TagContents(TabledRun[TagResult]):
    """A finished tagging."""

    RESULT = TagResult
    COLUMNS = _COLUMNS

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a run folder, the scores among its tables.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        run = super().read(path)
        scores = read_table(run.path / "scores.parquet", ("class", "score"))
        return replace(run, tables={"scores": scores, **run.tables})

    def pt_profile(self) -> Table:
        """The background's scores in bins of pT, as columns."""
        bins = self.result.pt_bins
        quantiles = np.array([one.quantiles for one in bins]).reshape(-1, 3)
        columns = {"low": np.array([one.low for one in bins]), "high": np.array([one.high for one in bins])}
        return columns | {name: quantiles[:, k] for k, name in enumerate(("q10", "q50", "q90"))}
