"""`resonaut unseal`: what a black box held, beside what a hunt found in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resonaut.cli.options import console

if TYPE_CHECKING:
    from rich.table import Table

    from resonaut.analysis.unsealing import Unsealed

__all__ = ["unseal"]


def unseal(box: Path, run: Path, /) -> None:
    """Open a black box: its truth beside what a hunt claimed, and a verdict.

    Writes RUN/unsealed.json. The verdict is right, miss, false alarm or correct silence.

    Parameters
    ----------
    box
        The file that `resonaut simulate blackbox` wrote, or its sealed file.
    run
        The folder of a hunt on that file.
    """
    from resonaut.analysis.unsealing import unseal as open_box

    opened = open_box(box, run)
    printer = console()
    printer.print(unsealed_table(opened))
    printer.print(f"Verdict: {opened.verdict}.", highlight=False)
    printer.print(f"{run / 'unsealed.json'}", highlight=False, soft_wrap=True)


def unsealed_table(opened: Unsealed) -> Table:
    """Truth and claim, side by side."""
    from rich.table import Table

    truth, claimed, scores = opened.truth, opened.claimed, opened.scores
    table = Table()
    for name in ("", "truth", "hunt"):
        table.add_column(name)
    low, high = claimed.region
    peak = "-" if claimed.peak_mass is None else f"{claimed.peak_mass:,.0f} ± {claimed.peak_mass_error or 0:,.0f} GeV"
    table.add_row("resonance", truth.process or "none", f"claim: {claimed.claim}")
    if truth.mass is None or truth.window is None:
        table.add_row("region", "-", f"{low:g}-{high:g} GeV")
        table.add_row("peak", "-", peak)
    else:
        table.add_row("region", f"window {truth.window[0]:.0f}-{truth.window[1]:.0f} GeV", f"{low:g}-{high:g} GeV")
        table.add_row("peak", f"{truth.mass:,.0f} GeV", peak)
        for name, value in truth.parameters.items():
            if value != truth.mass:
                table.add_row(name, f"{value:.4g} GeV", "")
        table.add_row("signal events", f"{truth.n_signal:,}, {truth.n_signal_in_window:,} in the window", "")
    table.add_row(
        "significance",
        f"S/√B = {truth.s_over_sqrt_b:.1f}",
        f"z = {claimed.z_quoted:.1f}, cut {100 * claimed.efficiency:g} %",
    )
    if scores is not None:
        sic = "-" if scores.max_sic is None else f"{scores.max_sic:.1f}"
        table.add_row(
            "scores", f"S/√B = {scores.s_over_sqrt_b:.1f} in the hunt's region", f"AUC {scores.auc:.3f}, max SIC {sic}"
        )
    return table
