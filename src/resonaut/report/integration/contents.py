"""Everything the page of an integration is made of, read from its run folder."""

from __future__ import annotations

from dataclasses import dataclass

from resonaut.analysis.integration import IntegrationRun
from resonaut.report.finished_run import TabledRun

__all__ = ["IntegrationContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "learning": ("round", "efficiency", "relative_deviation", "seconds"),
    "weights": ("group", "low", "high", "points"),
}


@dataclass(frozen=True, kw_only=True)
class IntegrationContents(TabledRun[IntegrationRun]):
    """A finished integration."""

    RESULT = IntegrationRun
    COLUMNS = _COLUMNS
