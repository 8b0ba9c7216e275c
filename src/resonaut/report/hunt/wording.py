"""The one sentence of a hunt: what was blinded, and what was found.

A claim is made, withheld or absent, and the sentence says so in the first of its words about the data. A significance
never stands alone: it is called local, the trials over the cuts are counted, and a global one is given or denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resonaut.analysis.result import CutRow, HuntResult
from resonaut.report.numbers import count, cut_name, p_value, sigma, value_error

__all__ = ["Headline", "headline", "quoted_cut", "trials"]


@dataclass(frozen=True)
class Headline:
    """What the report says first.

    Args:
        status: Of the claim.
        sentence: Plain text, one sentence.
    """

    status: Literal["made", "none", "withheld"]
    sentence: str


def headline(result: HuntResult) -> Headline:
    """Say it in one sentence."""
    blinded = (
        f"With the signal region {_interval(result.region)} hidden from the background model and every background fit"
        + ("" if result.cuts[0].n_signal is None else ", and the labels hidden from the search")
    )
    status: Literal["made", "none", "withheld"]
    if result.claim == "made":
        status, found = "made", "finds a significant excess"
    elif result.claim == "none":
        status, found = "none", "finds no significant excess"
    else:
        status, found = "withheld", f"makes no claim ({result.claim})"
    best = quoted_cut(result)
    sentence = f"{blinded}, {result.method} {found}: {_deviation(best)}, {trials(result)}"
    if status == "made" and best.withheld:
        trusted = max((row for row in result.cuts if row.withheld is None), key=lambda row: row.z_local)
        sentence += (
            f"; the claim rests on the cut at {cut_name(trusted.efficiency)}, {sigma(trusted.z_local)} local, "
            f"because at {cut_name(best.efficiency)} {best.withheld}"
        )
    if best.closure is None:
        sentence += "; whether the cut closes in the sidebands was not measured"
    return Headline(status, f"{sentence}.")


def quoted_cut(result: HuntResult) -> CutRow:
    """The cut with the smallest local p; the uncut row is not one of the cuts."""
    cuts = [row for row in result.cuts if row.efficiency < 1] or result.cuts
    return min(cuts, key=lambda row: (row.p_local, -row.z_local))


def trials(result: HuntResult) -> str:
    """What the local significance becomes after the trials, and that this is not yet global, or what global is."""
    cuts = "1 cut" if result.n_trials == 1 else f"{result.n_trials} cuts"
    corrected = f"{sigma(result.z_quoted)} (p = {p_value(result.p_quoted)}) corrected for the {cuts}"
    if result.z_global is None or result.p_global is None:
        return f"{corrected}; not global: no scan was made"
    how = ", extrapolated" if result.scan and result.scan.significance and result.scan.significance.extrapolated else ""
    return f"{corrected}; {sigma(result.z_global)} (p = {p_value(result.p_global)}{how}) global"


def _deviation(row: CutRow) -> str:
    """The largest deviation over the cuts."""
    return (
        f"the cut that passes {cut_name(row.efficiency)} of the background keeps {count(row.observed)} events where "
        f"{value_error(row.expected, row.expected_error)} are expected, {sigma(row.z_local)} local"
    )


def _interval(edges: tuple[float, float]) -> str:
    return f"{edges[0]:g}–{edges[1]:g} GeV"
