"""The one sentence of a benchmark: which method that learns from data alone gains most, and how far the bounds are."""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.analysis.benchmark.result import BenchmarkResult, Summary
from resonaut.report.numbers import count, fixed
from resonaut.statistics.bands import Quantiles

__all__ = ["headline"]


def headline(result: BenchmarkResult, needs: Mapping[str, frozenset[str]]) -> str:
    """Say it in one sentence, for the most signal that was injected."""
    most = max(row.injected for row in result.summary)
    rows = [row for row in result.summary if row.injected == most and row.max_sic is not None]
    if not rows:
        return "The test events are too few to read a significance improvement above the floor."
    searches = [row for row in rows if not needs[row.method]]
    best = max(searches or rows, key=_median)
    alone = " of the methods that learn from data alone" if len(searches) > 1 else ""
    gains = f"gains most{alone}: its" if len(rows) > 1 else "gains this much: its"
    sentence = (
        f"With {count(most)} injected signal events ({count(round(best.injected_in_region))} in the signal region, "
        f"S/√B = {fixed(best.s_over_sqrt_b)}), {_named(best, result)} {gains} maximum SIC is "
        f"{_interval(best.max_sic)}, which makes S/√B = {_interval(best.significance)}"
    )
    bounds = [row for row in rows if needs[row.method] and row.features == best.features]
    told = ", ".join(f"{row.method} reaches a SIC of {_interval(row.max_sic)}" for row in bounds) if searches else ""
    return f"{sentence}{'; told the truth, ' if told else ''}{told}."


def _interval(value: Quantiles | None, digits: int = 1) -> str:
    """A median with its 68 % interval; one training alone has none."""
    if value is None:
        return "–"
    middle = fixed(value.median, digits)
    return middle if value.low == value.high else f"{middle} ({fixed(value.low, digits)}–{fixed(value.high, digits)})"


def _median(row: Summary) -> float:
    return row.max_sic.median if row.max_sic is not None else 0.0


def _named(row: Summary, result: BenchmarkResult) -> str:
    one_set = len({other.features for other in result.summary}) == 1
    return row.method if one_set else f"{row.method} on {row.features}"
