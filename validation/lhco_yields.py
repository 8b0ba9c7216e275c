"""How many events lie where: productions beside the LHC Olympics' R&D samples.

    python validation/lhco_yields.py FILE ... [--lhco FOLDER]

One row a production of `simulate lhco-rnd` or `simulate qcd`: the share of the selected background and signal events in
the signal region (3300 < mjj < 3700 GeV), below 2300 and above 5000 GeV, the selected cross-section, and KS tests of
the background's mjj and jet pT against the 45,550 background events of v1. The published samples: v2 has 121,352 of a
million background events and 772 of 1,000 signal events in the region; v1 is read from the file.

Productions that differ in `pt_hat_min` alone show what makes the two published samples differ:

    for x in 700 800 900 1000 1100; do
        resonaut simulate qcd --events 8000 --seed $x --set pt_hat_min=$x --out qcd-$x.parquet
    done
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table
from scipy.stats import ks_2samp

REGION, LOW, HIGH = (3300.0, 3700.0), 2300.0, 5000.0
COLUMNS = ("mjj", "jet1_pt", "jet2_pt")
THEIRS = ("mjj", "pt_1", "pt_2")
V2 = {"background": (121_352, 1_000_000), "signal": (772, 1_000)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("productions", type=Path, nargs="*", help="files that `resonaut simulate` wrote")
    add_lhco_option(parser)
    options = parser.parse_args()

    v1 = pq.read_table(options.lhco / "lhco_rnd_v1_jets_50k.parquet")
    real = {label: _where(v1, label, THEIRS) for label in (0, 1)}
    for label, name in ((0, "background"), (1, "signal")):
        table = Table(title=name, title_justify="left")
        for column in ("sample", "events", "in region", "share", "of 2300-5000", "below 2300", "above 5000"):
            table.add_column(column, justify="left" if column == "sample" else "right")
        for column in ("selected pb", "KS v1 mjj", "pT 1", "pT 2"):
            table.add_column(column, justify="right")
        inside, total = V2[name]
        table.add_row("R&D v2 (published)", f"{total:,}", f"{inside:,}", f"{inside / total:.2%}", *7 * ["-"])
        table.add_row("R&D v1", *_row(real[label]), "-", *3 * ["-"])
        for path in options.productions:
            events = _where(pq.read_table(path, columns=[*COLUMNS, "label"]), label, COLUMNS)
            if len(events["mjj"]):
                tests = [
                    f"{ks_2samp(events[mine], real[label][theirs]).pvalue:.2g}"
                    for mine, theirs in zip(COLUMNS, THEIRS, strict=True)
                ]
                table.add_row(path.stem, *_row(events), _cross_section(path, label), *tests)
        Console(width=150).print(table)


def _where(events: pa.Table, label: int, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    chosen = events["label"].to_numpy() == label
    return {column: events[column].to_numpy()[chosen] for column in columns}


def _row(events: dict[str, np.ndarray]) -> tuple[str, ...]:
    mass = events["mjj"]
    inside = int(((mass > REGION[0]) & (mass < REGION[1])).sum())
    within = int(((mass > LOW) & (mass < HIGH)).sum())
    share = inside / len(mass)
    error = np.sqrt(share * (1 - share) / len(mass))
    return (
        f"{len(mass):,}",
        f"{inside:,}",
        f"{share:.2%} ± {error:.2%}",
        f"{inside / within:.2%}",
        f"{(mass < LOW).mean():.2%}",
        f"{(mass > HIGH).mean():.2%}",
    )


def _cross_section(path: Path, label: int) -> str:
    processes = json.loads(Path(f"{path}.run", "manifest.json").read_text())["processes"]
    counts = list(processes.values())[min(label, len(processes) - 1)]
    return f"{counts['cross_section_pb'] * counts['filter_efficiency']:.3g}"


if __name__ == "__main__":
    main()
