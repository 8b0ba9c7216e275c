"""From all windows and their toys to one claim.

The scan's excess is the largest over the windows of what a window quotes after the trials over its cuts, among the cuts
that nothing speaks against. Its global p-value accounts for the trials over the windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from resonaut.analysis.result import CutRow, HuntResult
from resonaut.statistics.counting import z_after_trials
from resonaut.statistics.global_significance import GlobalSignificance, global_significance

__all__ = ["Judgement", "judge_scan"]

Array = np.ndarray
EVIDENCE = 3.0
"""Global; what a scan must exceed to claim."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a scan says.

    Args:
        best: Which window has the largest excess.
        significance: Of that excess; None where every window is withheld.
        claim: "made", "none", or "withheld because ...".
    """

    best: int
    significance: GlobalSignificance | None
    claim: str


def judge_scan(windows: Sequence[HuntResult], toys: Float[Array, "T W"]) -> Judgement:
    """Judge the largest excess of the scan.

    Args:
        windows: Their results.
        toys: Background-only repetitions.
    """
    trusted = [_largest(result, trusted=True) for result in windows]
    looks = [(-np.inf if row is None else _quoted(row, result)) for row, result in zip(trusted, windows, strict=True)]
    best = int(np.argmax(looks))
    if np.isfinite(looks[best]):
        significance = global_significance(looks[best], toys)
        if significance.z > EVIDENCE:
            return Judgement(best=best, significance=significance, claim="made")
    else:
        significance = None
        best = int(np.argmax([result.z_quoted for result in windows]))
    return Judgement(best=best, significance=significance, claim=_withheld(windows, toys) or "none")


def _withheld(windows: Sequence[HuntResult], toys: Float[Array, "T W"]) -> str | None:
    """The largest excess that would have been claimed, had nothing spoken against it; None where there is none."""
    doubtful = [(row, result) for result in windows if (row := _largest(result, trusted=False)) is not None]
    if not doubtful:
        return None
    row, result = max(doubtful, key=lambda pair: _quoted(*pair))
    if not global_significance(_quoted(row, result), toys).z > EVIDENCE:
        return None
    low, high = result.region
    spectrum = result.cuts[0].withheld
    why = f"before any cut {spectrum}" if spectrum else f"after the {100 * row.efficiency:g} % cut {row.withheld}"
    return f"withheld because at {low:g}-{high:g} GeV {why}"


def _largest(result: HuntResult, *, trusted: bool) -> CutRow | None:
    """The most significant cut among those that can be claimed on, or among the others."""
    foundation = result.cuts[0].withheld is None
    rows = [row for row in result.cuts[1:] if (foundation and row.withheld is None) == trusted]
    return max(rows, key=lambda row: row.z_local, default=None)


def _quoted(row: CutRow, result: HuntResult) -> float:
    return z_after_trials(row.z_local, result.n_trials)
