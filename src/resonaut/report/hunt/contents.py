"""Everything a report is made of, read from a finished run folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from resonaut.analysis.result import HuntResult
from resonaut.errors import RunError
from resonaut.report.finished_run import TabledRun
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
_WITH_SCAN: dict[str, tuple[str, ...]] = {
    "scan": ("low", "high", "efficiency", "p_local", "p_quoted", "trusted"),
}


@dataclass(frozen=True, kw_only=True)
class RunContents(TabledRun[HuntResult]):
    """A finished hunt."""

    RESULT = HuntResult
    COLUMNS = _COLUMNS

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a run folder.

        Raises:
            RunError: it is not there, unfinished, not a hunt's, or lacks a file that the report needs.
        """
        verb = RunFolder.existing(path).settings().get("run", {}).get("verb")
        if verb != "hunt":
            raise RunError(f"{path} holds a run of '{verb}'; a report is made of a run of 'hunt'")
        return super().read(path)

    @classmethod
    def _columns(cls, result: HuntResult) -> Mapping[str, tuple[str, ...]]:
        """What there is depends on whether the search samples in the sidebands, on labels, and on a scan."""
        wanted = dict(cls.COLUMNS)
        if not result.mass_sculpting:  # a search that cannot sample in the sidebands
            del wanted["sculpting"]
        if result.truth is not None:
            wanted |= _WITH_LABELS
        if result.scan is not None:
            toys = tuple(f"z_{k}" for k in range(len(result.windows)))
            wanted |= _WITH_SCAN | {"scan_toys": toys}
        return wanted
