"""What every finished run folder holds, whatever the verb: the part that all pages have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resonaut.plots.table import Table
from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.pictures import Image
from resonaut.report.rendering import render_template
from resonaut.report.tables import read_table
from resonaut.runs.folder import RunFolder

__all__ = ["FinishedRun", "common_parts", "read_tables", "render_run"]


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run's folder, settings and origin; each verb's own class adds its result and tables.

    Args:
        path: Its folder.
        settings: run.toml, as nested tables and as text.
        provenance: Versions and inputs.
    """

    path: Path
    settings: Mapping[str, Any]
    settings_text: str
    provenance: Mapping[str, Any]

    @property
    def mass(self) -> str:
        """Column of the resonant mass."""
        return str(self.settings["run"].get("mass", "mjj"))


def common_parts(folder: RunFolder) -> dict[str, Any]:
    """The fields of `FinishedRun`."""
    return {
        "path": folder.path,
        "settings": folder.settings(),
        "settings_text": (folder.path / "run.toml").read_text(),
        "provenance": folder.provenance(),
    }


def read_tables(folder: RunFolder, columns: Mapping[str, tuple[str, ...]]) -> dict[str, Table]:
    """Some of the folder's tables, the wanted columns of each.

    Raises:
        RunError: one is not there, damaged, or lacks a column.
    """
    return {name: read_table(folder.path / "tables" / f"{name}.parquet", wanted) for name, wanted in columns.items()}


def render_run(template: str, run: FinishedRun, figures: Mapping[str, Sequence[Image]], **told: Any) -> str:
    """A run's page: its template is told the run, its figures by section, what it cites, and what else it asks for."""
    references = cited_by_run(run.settings, run.provenance)
    return render_template(
        template, run=run, figures=figures, references=references, bibtex=as_bibtex(references), **told
    )
