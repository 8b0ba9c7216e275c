"""Everything a limit's page is made of, read from a finished run folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resonaut.analysis.limit.result import LimitResult
from resonaut.plots.table import Table
from resonaut.report.finished_run import TabledRun

__all__ = ["LimitContents"]

BANDS = ("m2", "m1", "0", "p1", "p2")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "cls": ("cross_section_pb", "observed", *(f"expected_{name}" for name in BANDS)),
    "region": ("low", "high", "observed", "background", "background_error", "signal_at_limit"),
    "signal": ("low", "high", "simulated", "fitted"),
    "spectra": ("efficiency", "low", "high", "observed", "expected", "expected_error", "in_fit", "pull"),
}


@dataclass(frozen=True, kw_only=True)
class LimitContents(TabledRun[LimitResult]):
    """A finished limit."""

    RESULT = LimitResult
    COLUMNS = _COLUMNS

    def grid(self, cut: float) -> Table:
        """A cut's rows of the grid that have a limit, as columns."""
        rows = [row for row in self.result.grid if row.cut == cut and row.expected_pb is not None]
        table = {
            "injected_pb": np.array([row.injected_pb or 0.0 for row in rows]),
            "observed_pb": np.array([row.observed_pb or np.nan for row in rows]),
        }
        expected = np.array([row.expected_pb for row in rows if row.expected_pb is not None]).reshape(-1, 5)
        return table | {f"expected_{name}_pb": expected[:, k] for k, name in enumerate(BANDS)}
