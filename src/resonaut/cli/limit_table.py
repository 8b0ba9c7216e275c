"""The table that a limit prints."""

from __future__ import annotations

from rich.table import Table

from resonaut.analysis.limit.result import CutLimit, LimitResult

__all__ = ["limit_table"]


def limit_table(result: LimitResult) -> Table:
    """A row a cut; the one with the best expected limit is the result."""
    low, high = result.region
    table = Table(
        title=f"{result.method}: upper limits at 95 % CLs, {low:g}-{high:g} GeV, {result.luminosity_fb:.3g} fb⁻¹",
        caption=_caption(result),
        title_justify="left",
        caption_justify="left",
    )
    for name in ("cut", "observed", "expected", "from", "limit [fb]", "median [fb]", "68 % [fb]", "95 % [fb]"):
        table.add_column(name, justify="right")
    for cut in result.cuts:
        table.add_row(*_cells(cut), style="bold" if cut.cut == result.cut else None)
    return table


def _cells(cut: CutLimit) -> list[str]:
    name = "none" if cut.cut == 1 else f"{100 * cut.cut:g} %"
    counts = [f"{cut.observed:,}", f"{cut.expected:,.1f} ± {cut.expected_error:.1f}", cut.estimate]
    if cut.expected_pb is None:
        return [name, *counts, "-", "-", "-", "-"]
    far_low, low, median, high, far_high = (f"{1000 * value:.3g}" for value in cut.expected_pb)
    observed = "-" if cut.observed_pb is None else f"{1000 * cut.observed_pb:.3g}"
    return [name, *counts, observed, median, f"{low}-{high}", f"{far_low}-{far_high}"]


def _caption(result: LimitResult) -> str:
    what = "cross-section times acceptance" if result.acceptance_from == "assumed" else "cross-section"
    lines = [f"On the {what}; the row with the best expected limit counts: {1000 * result.observed_pb:.3g} fb."]
    if result.grid_limited:
        lines.append("The limit or its median is an injected cross-section itself: more --injections may lower it.")
    if toys := result.toys:
        lines.append(
            f"At the efficiency behind it, by {toys.n_toys:,} toys (asymptotic): observed {1000 * toys.observed_pb:.3g}"
            f" ({1000 * toys.asymptotic_observed_pb:.3g}) fb, median {1000 * toys.median_pb:.3g}"
            f" ({1000 * toys.asymptotic_median_pb:.3g}) fb."
        )
    lines += [f"Cut {100 * cut.cut:g} %: {cut.refused}" for cut in result.cuts if cut.refused]
    return "\n".join(lines)
