"""The table that a benchmark prints."""

from __future__ import annotations

from rich.table import Table

from resonaut.analysis.benchmark.result import BenchmarkResult, Summary
from resonaut.statistics.bands import Quantiles

__all__ = ["agreement_tables", "benchmark_table"]


def benchmark_table(result: BenchmarkResult) -> Table:
    """A row for each method, feature set and injection: medians over the seeds with their 68 % intervals."""
    low, high = result.region
    seeds = "1 training" if result.seeds == 1 else f"median (68 %) of {result.seeds} trainings"
    table = Table(
        title=f"{low:g}-{high:g} GeV, {seeds} a row",
        caption=f"SIC: TPR / √FPR, its maximum above the floor {result.floor}. z after: maximum SIC times S/√B.",
        title_justify="left",
        caption_justify="left",
    )
    one_set = len({row.features for row in result.summary}) == 1
    for name in ("method", *(() if one_set else ("features",))):
        table.add_column(name)
    for name in ("injected", "in SR", "S/√B", "AUC", "max SIC", "SIC at 1e-3", "z after"):
        table.add_column(name, justify="right")
    previous: Summary | None = None
    for row in result.summary:
        if previous is not None and (row.method, row.features) != (previous.method, previous.features):
            table.add_section()
        previous = row
        table.add_row(
            row.method,
            *(() if one_set else (row.features,)),
            f"{row.injected:,}",
            f"{row.injected_in_region:,.0f}",
            f"{row.s_over_sqrt_b:.2f}",
            _interval(row.auc, 2),
            _interval(row.max_sic, 1),
            _interval(row.sic_fpr_1e3, 1),
            _interval(row.significance, 1),
        )
    return table


def agreement_tables(result: BenchmarkResult) -> list[Table]:
    """For each combination: how alike its parts rank the test's background and signal, and select the same of them."""
    tables = []
    for row in result.summary:
        for sample, one in (row.agreement or {}).items():
            table = Table(
                title=f"{row.method}, {row.features}, {row.injected:,} injected: {one['n_events']:,} test events "
                f"({sample})",
                caption="Rank correlation / share of one part's tightest "
                f"{one['expected_overlap']:.1%} that the other selects as well; medians of {row.n_seeds} trainings.",
                title_justify="left",
                caption_justify="left",
            )
            for name in ("", *one["names"]):
                table.add_column(name, justify="right" if name else "left")
            for name, correlations, overlaps in zip(one["names"], one["rank_correlation"], one["overlap"], strict=True):
                pairs = zip(correlations, overlaps, strict=True)
                table.add_row(name, *(f"{correlation:.2f} / {overlap:.2f}" for correlation, overlap in pairs))
            tables.append(table)
    return tables


def _interval(value: Quantiles | None, digits: int) -> str:
    if value is None:
        return "-"
    middle = f"{value.median:.{digits}f}"
    return middle if value.low == value.high else f"{middle} ({value.low:.{digits}f}-{value.high:.{digits}f})"
