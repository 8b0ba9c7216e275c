"""Everything a report is made of, read from a finished run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resonaut.analysis.result import HuntResult
from resonaut.errors import RunError
from resonaut.plots.table import Table
from resonaut.report.tables import read_table
from resonaut.runs.folder import RunFolder

__all__ = ["RunContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "spectra": ("efficiency", "low", "high", "observed", "expected", "expected_error", "in_fit", "pull"),
    "features": ("where", "efficiency", "feature", "low", "high", "data", "template", "template_error"),
    "sculpting": ("efficiency", "low", "high", "sample", "fraction", "fraction_error"),
    "score_distribution": ("low", "high", "data", "template", "template_error"),
    "folds": ("efficiency", "fold", "threshold", "observed", "expected", "expected_error", "z"),
}
_WITH_LABELS: dict[str, tuple[str, ...]] = {"curves": ("fpr", "tpr", "sic", "sic_error", "passes_floor")}


@dataclass(frozen=True, kw_only=True)
class RunContents:
    """A finished hunt.

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
    result: HuntResult
    tables: Mapping[str, Table]

    @classmethod
    def read(cls, path: Path) -> RunContents:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, not a hunt's, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        settings = folder.settings()
        verb = settings.get("run", {}).get("verb")
        if verb != "hunt":
            raise RunError(f"{path} holds a run of '{verb}'; a report is made of a run of 'hunt'")
        result = HuntResult.from_json(folder.result())
        tables = folder.path / "tables"
        wanted = dict(_COLUMNS)
        if not result.mass_sculpting:  # a search that cannot sample in the sidebands
            del wanted["sculpting"]
        if result.truth is not None:
            wanted |= _WITH_LABELS
        return cls(
            path=folder.path,
            settings=settings,
            settings_text=(folder.path / "run.toml").read_text(),
            provenance=folder.provenance(),
            result=result,
            tables={name: read_table(tables / f"{name}.parquet", columns) for name, columns in wanted.items()},
        )

    @property
    def mass(self) -> str:
        """Column of the resonant mass."""
        return str(self.settings["run"].get("mass", "mjj"))
