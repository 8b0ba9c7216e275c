"""Everything the page of a comparison is made of, read from its run folder."""

from __future__ import annotations

from dataclasses import dataclass

from resonaut.analysis.quality.result import QualityResult
from resonaut.report.finished_run import TabledRun

__all__ = ["QualityContents"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "distances": ("where", "model", "seed", "distance", "feature", "value"),
    "features": ("where", "model", "feature", "low", "high", "data", "template", "template_error"),
    "training": ("model", "seed", "epoch", "train_loss", "validation_loss"),
}


@dataclass(frozen=True, kw_only=True)
class QualityContents(TabledRun[QualityResult]):
    """A finished comparison."""

    RESULT = QualityResult
    COLUMNS = _COLUMNS

    @property
    def models(self) -> list[str]:
        """The rows, in their order."""
        return list(self.result.models)
