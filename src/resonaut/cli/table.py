"""The table that a hunt prints."""

from __future__ import annotations

from rich.table import Table

from resonaut.analysis.result import CutRow, HuntResult

__all__ = ["hunt_table", "scan_table"]


def hunt_table(result: HuntResult) -> Table:
    """An uncut row, then a row a cut; the columns with truth only where labels are."""
    low, high = result.region
    truth = result.truth is not None
    table = Table(
        title=f"{result.method}: {low:g}-{high:g} GeV, {result.n_signal_region:,} of {result.n_events:,} events",
        caption=_caption(result),
        title_justify="left",
        caption_justify="left",
    )
    for name in ("cut", "observed", "expected", "from fit", "p local", "z local"):
        table.add_column(name, justify="right")
    if truth:
        for name in ("z expected", "S", "S/B", "S/√B"):
            table.add_column(name, justify="right", style="dim")
    for row in result.cuts:
        table.add_row(*_cells(row), *(_truth_cells(row) if truth else ()))
    return table


def scan_table(result: HuntResult) -> Table:
    """A row for each window of a scan."""
    assert result.scan is not None
    low, high = result.scan.centres
    table = Table(
        title=f"{result.method}: {len(result.windows)} windows centred from {low:g} to {high:g} GeV",
        caption=_scan_caption(result),
        title_justify="left",
        caption_justify="left",
    )
    cuts = result.windows[0].cuts
    for name in ("window, GeV", "events", *(f"z {_cut(row)}" for row in cuts), "z after cuts"):
        table.add_column(name, justify="right")
    for window in result.windows:
        table.add_row(
            "{:g}-{:g}".format(*window.region),
            f"{window.n_signal_region:,}",
            *(f"{row.z_local:.1f}{'*' if row.withheld else ''}" for row in window.cuts),
            f"{window.z_quoted:.1f}",
            style="bold" if window.region == result.region else None,
        )
    return table


def _scan_caption(result: HuntResult) -> str:
    assert result.scan is not None
    lines = [
        f"{missed.window[0]:g}-{missed.window[1]:g} not searched: {missed.why}" for missed in result.scan.not_scanned
    ]
    if any(row.withheld for window in result.windows for row in window.cuts):
        lines.append("* no claim can rest on it")
    significance = result.scan.significance
    if significance is None:
        return "\n".join([*lines, "Every window is withheld: there is no global significance."])
    toys = significance.toys
    lines.append(
        f"Global: z = {significance.z:.1f} (p = {significance.p:.2g}"
        + (", extrapolated from upcrossings" if significance.extrapolated else "")
        + f"); {toys.k} of {toys.n:,} toys of the scan are as significant (68 %: {toys.low:.2g}-{toys.high:.2g}), "
        f"upcrossings say {significance.p_upcrossings:.2g}."
    )
    return "\n".join(lines)


def _cut(row: CutRow) -> str:
    return "uncut" if row.efficiency == 1 else f"{100 * row.efficiency:g} %"


def _cells(row: CutRow) -> list[str]:
    fit = "-" if row.expected_fit is None else f"{row.expected_fit:,.1f} ± {row.expected_fit_error:.1f}"
    return [
        "none" if row.efficiency == 1 else f"{100 * row.efficiency:g} %",
        f"{row.observed:,}",
        f"{row.expected:,.1f} ± {row.expected_error:.1f}",
        fit,
        f"{row.p_local:.2g}",
        f"{row.z_local:.1f}",
    ]


def _truth_cells(row: CutRow) -> list[str]:
    if row.n_signal is None or row.expected_z is None:
        return ["-"] * 4
    cells = [f"{row.expected_z:.1f}", f"{row.n_signal:,}"]
    if not row.n_background:
        return [*cells, "-", "-"]
    return [*cells, f"{row.n_signal / row.n_background:.2%}", f"{row.n_signal / row.n_background**0.5:.1f}"]


def _caption(result: HuntResult) -> str:
    scanned = "no scan was made" if result.z_global is None else f"z = {result.z_global:.1f} global"
    lines = [f"Quoted: z = {result.z_quoted:.1f} after {result.n_trials} cuts; local to this region, {scanned}."]
    if result.n_unusable:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in result.exclusions.items())
        lines.append(f"{result.n_unusable:,} events could not be used ({reasons}).")
    if not any(row.closure for row in result.cuts):
        lines.append(f"Closure was not measured: {result.method} cannot sample background outside of the region.")
    lines += [f"Cut {100 * row.efficiency:g} %: {row.withheld}" for row in result.cuts if row.withheld]
    return "\n".join(lines)
