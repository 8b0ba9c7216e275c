"""Everything a benchmark's page is made of, read from a finished run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from resonaut.analysis.benchmark.result import BenchmarkResult, Summary
from resonaut.events.events import TRUTH
from resonaut.plots.table import Table, select, values
from resonaut.registry import read_config
from resonaut.report.finished_run import FinishedRun, common_parts
from resonaut.report.tables import read_table
from resonaut.runs.folder import RunFolder
from resonaut.statistics.bands import Band
from resonaut.statistics.floor import Floor

__all__ = ["BenchmarkContents"]

_COLUMNS = ("method", "features", "injected", "seed", "tpr", "fpr")


@dataclass(frozen=True, kw_only=True)
class BenchmarkContents(FinishedRun):
    """A finished benchmark.

    Args:
        result: result.json.
        curves: `tables/curves.parquet`.
        needs: By method, the truth that it is told; empty for one that learns from data alone.
    """

    result: BenchmarkResult
    curves: Table
    needs: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, path: Path) -> BenchmarkContents:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        common = common_parts(folder)
        return cls(
            **common,
            result=BenchmarkResult.from_json(folder.result()),
            curves=read_table(folder.path / "tables" / "curves.parquet", _COLUMNS),
            needs={
                name: read_config("search", tree).needs & TRUTH for name, tree in common["settings"]["methods"].items()
            },
        )

    @property
    def feature_sets(self) -> list[str]:
        """Their names, in the order of the settings."""
        return list(dict.fromkeys(row.features for row in self.result.summary))

    @property
    def injections(self) -> list[int]:
        """Numbers of injected events, the most first: that is where methods differ least by luck."""
        return sorted({row.injected for row in self.result.summary}, reverse=True)

    def bands(self, features: str, injected: int) -> dict[str, Band]:
        """Each method's median curve."""
        found = {}
        rows = select(self.curves, features=features, injected=injected)
        for method in values(rows, "method"):
            of_method = select(rows, method=method)
            fpr = of_method["fpr"].reshape(len(values(of_method, "seed")), -1)
            tpr = of_method["tpr"][: fpr.shape[1]]
            n = float(np.median(self._n_test_background(method, features, injected)))
            found[method] = Band.of(fpr, tpr, n, Floor.read(self.result.floor))
        return found

    def scan(self, features: str) -> dict[str, Table]:
        """Each method's figures against the injected events, as columns."""
        tables: dict[str, Table] = {}
        for method in dict.fromkeys(row.method for row in self.result.summary):
            rows = [row for row in self.result.summary if (row.method, row.features) == (method, features)]
            tables[method] = _columns(sorted(rows, key=lambda row: row.injected))
        return tables

    def _n_test_background(self, method: str, features: str, injected: int) -> list[int]:
        wanted = (method, features, injected)
        cells = self.result.cells
        return [cell.n_test_background for cell in cells if (cell.method, cell.features, cell.injected) == wanted]


def _columns(rows: list[Summary]) -> Table:
    """Summaries as the plots take them."""
    table = {name: np.array([float(getattr(row, name)) for row in rows]) for name in ("injected", "s_over_sqrt_b")}
    for name in ("max_sic", "significance"):
        known = [getattr(row, name) for row in rows]
        for suffix, part in (("", "median"), ("_low", "low"), ("_high", "high")):
            table[name + suffix] = np.array([np.nan if one is None else getattr(one, part) for one in known])
    return table
