"""What every finished run folder holds, whatever the verb: the part that all pages have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from resonaut.plots.table import Table
from resonaut.report.citations import as_bibtex, cited_by_run
from resonaut.report.pictures import Image
from resonaut.report.rendering import render_template
from resonaut.report.tables import read_table
from resonaut.runs.as_json import AsJson
from resonaut.runs.folder import RunFolder

__all__ = ["FinishedRun", "TabledRun", "common_parts", "read_tables", "render_run"]

R = TypeVar("R", bound=AsJson)


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


@dataclass(frozen=True, kw_only=True)
class TabledRun(FinishedRun, Generic[R]):
    """A run that is its result and the tables behind its figures; a verb's own class names both.

    Args:
        result: result.json.
        tables: The tables behind the figures, by name.
    """

    RESULT: ClassVar[type[AsJson]]
    COLUMNS: ClassVar[Mapping[str, tuple[str, ...]]]
    """What the report needs, by table."""

    result: R
    tables: Mapping[str, Table]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, or lacks a file that the report needs.
        """
        folder = RunFolder.existing(path)
        result: Any = cls.RESULT.from_json(folder.result())
        return cls(**common_parts(folder), result=result, tables=read_tables(folder, cls._columns(result)))

    @classmethod
    def _columns(cls, result: R) -> Mapping[str, tuple[str, ...]]:
        """What the report needs of this run."""
        return cls.COLUMNS


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
