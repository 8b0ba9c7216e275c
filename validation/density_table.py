"""Are our densities as close to real events as the published DDPM, MAF and CVAE?

    resonaut quality EVENTS --recipe recipes/density-table.toml --out RUN
    python validation/density_table.py RUN

Prints, for sidebands and signal region, value minus floor of every model of the run, with the standard deviation of one
seed, and below it that of its published namesake (a row's density decides: `maf-published` is a maf), each against the
floor of its own table. `density_table.toml` holds the published values.

Kolmogorov-Smirnov, Cramer-von Mises and Anderson-Darling are the published definitions; the latter two grow with the
number of events, so that a fair comparison has the published sizes (380k in the sidebands, 60k in the signal region).
The published binning of the divergences is not known (docs/quality.md).
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from resonaut.analysis.quality.result import ModelQuality, QualityResult
from resonaut.quality.distances import DISTANCES
from resonaut.quality.floor import Spread
from resonaut.runs.folder import RunFolder

PUBLISHED = Path(__file__).with_name("density_table.toml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a finished `resonaut quality`")
    result = QualityResult.from_json(RunFolder.existing(parser.parse_args().run).result())
    published = tomllib.loads(PUBLISHED.read_text())
    console = Console(width=150)
    for where, size in (("sideband", result.sizes.sideband), ("signal_region", result.sizes.signal_region)):
        console.print(compared(result, where, size, published[where]))
    console.print(f"Published: {published['source']}.", highlight=False)


def compared(result: QualityResult, where: str, size: int, published: dict[str, dict[str, Any]]) -> Table:
    """Value minus floor, ours and below it the published one."""
    names = [name for name in DISTANCES if name in published["floor"]]
    title = f"{where.replace('_', ' ')}, {size:,} events each: value minus floor"
    table = Table("model", *names, title=title, title_justify="left")
    for model, one in result.models.items():
        above = [shown(of(one, where)[name], of(result.floor, where)[name]) for name in names]
        table.add_row(model, *above)
        if one.density in published:
            theirs = [f"{published[one.density][name] - published['floor'][name][0]:.2g}" for name in names]
            table.add_row(f"  published {one.density}", *theirs, style="dim", end_section=True)
    floors = [f"{of(result.floor, where)[name].mean:.2g} ({published['floor'][name][0]:.2g})" for name in names]
    table.add_row("floor (published)", *floors)
    return table


def of(one: ModelQuality | Any, where: str) -> dict[str, Spread]:
    values: dict[str, Spread] = getattr(one, where)
    return values


def shown(value: Spread, floor: Spread) -> str:
    above = f"{value.mean - floor.mean:.2g}"
    return above if value.std is None else f"{above} +- {value.std:.1g}"


if __name__ == "__main__":
    main()
