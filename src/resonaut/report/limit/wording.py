"""The one sentence of a limit: what is excluded, what was expected, and of what."""

from __future__ import annotations

from resonaut.analysis.limit.result import LimitResult
from resonaut.report.numbers import cut_name, fixed, significant

__all__ = ["headline", "in_fb"]


def in_fb(value_pb: float | None) -> str:
    """A cross-section in fb."""
    return significant(None if value_pb is None else 1000 * value_pb)


def headline(result: LimitResult) -> str:
    """Say it in one sentence."""
    what = "cross-sections times acceptance" if result.acceptance_from == "assumed" else "cross-sections"
    low, high = in_fb(result.expected_pb[1]), in_fb(result.expected_pb[3])
    where = "without a cut" if result.cut == 1 else f"after the {cut_name(result.cut)} cut of {result.method}"
    sentence = (
        f"{what.capitalize()} above {in_fb(result.observed_pb)} fb are excluded at 95 % CLs {where}, for a resonance "
        f"at {fixed(result.shape.mean, 0)} GeV, with {significant(result.luminosity_fb)} fb⁻¹; "
        f"{in_fb(result.expected_pb[2])} fb (68 %: {low}–{high}) were expected"
    )
    if result.observed_pb > result.expected_pb[4]:
        sentence += (
            ". The limit is weaker than expected by more than two sigma: there is an excess, which a hunt judges"
        )
    return f"{sentence}."
