"""Our simulation against the LHC Olympics' own events: can boosted trees tell them apart?

    python validation/simulation_vs_lhco.py [--background FILE ...] [--signal FILE] [--lhco FOLDER]

Compares signal-region events (3300 < mjj < 3700 GeV) with the R&D v2 sample, which Pythia 8.219 and Delphes 3.4.1 made:
mjj and the four features together, then each alone, as C2ST AUC (trained on half, read on the other half) beside the
same of real against real events, the floor. Ends with an error if background or signal is above the limits. Without
files it takes the demo events of the package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table

from resonaut.events.demo import demo_path
from resonaut.quality.two_sample import TwoSampleResult, c2st, c2st_floor

VARIABLES = ("mjj", "mj1", "delta_mj", "tau21_1", "tau21_2")
REGION = (3300.0, 3700.0)
LIMITS = {"background": 0.53, "signal": 0.58}
REPEATS = 5  # other halves, other trees


def read_region(paths: list[Path], label: int) -> np.ndarray:
    """The variables of the signal-region events with that label."""
    tables = [pq.read_table(path, columns=[*VARIABLES, "label"]) for path in paths]
    table = pa.concat_tables(tables, promote_options="permissive")
    low, high = REGION
    inside = pc.and_(pc.greater(table["mjj"], low), pc.less(table["mjj"], high))
    chosen = pc.and_(inside, pc.equal(table["label"], label))
    return np.column_stack([table.filter(chosen)[name].to_numpy() for name in VARIABLES])


def compare(simulated: np.ndarray, real: np.ndarray, title: str) -> float:
    """Print the comparison; the AUC of all variables together."""
    rng = np.random.default_rng(0)
    size = min(len(simulated), len(real))
    simulated, real_part = rng.permutation(simulated)[:size], rng.permutation(real)[:size]
    table = Table(title=f"{title}: {size:,} simulated against {size:,} real events", title_justify="left")
    for name in ("variables", "C2ST AUC", "floor", "median", "real median"):
        table.add_column(name, justify="left" if name == "variables" else "right")
    groups = {"all": [0, 1, 2, 3, 4], "masses": [1, 2], "taus": [3, 4], **{VARIABLES[i]: [i] for i in range(5)}}
    aucs = {}
    for name, columns in groups.items():
        tests = [c2st(simulated[:, columns], real_part[:, columns], seed=seed) for seed in range(REPEATS)]
        floors = [c2st_floor(real[:, columns], size, seed=seed) for seed in range(REPEATS)]
        medians = [f"{np.median(sample[:, columns]):.4g}" for sample in (simulated, real) if len(columns) == 1]
        table.add_row(name, *(_mean_and_error(results) for results in (tests, floors)), *medians)
        aucs[name] = float(np.mean([test.auc for test in tests]))
    Console(width=100).print(table)
    return aucs["all"]


def _mean_and_error(results: list[TwoSampleResult]) -> str:
    # The repeats share their events: the error of one does not go down with their number.
    return f"{np.mean([result.auc for result in results]):.3f} ± {results[0].error:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--background", type=Path, nargs="+", default=[demo_path()], help="files with simulated QCD")
    parser.add_argument("--signal", type=Path, default=demo_path(), help="file with simulated W' -> X Y")
    add_lhco_option(parser)
    options = parser.parse_args()

    region = options.lhco / "lhco_rnd_v2_signal_region_"
    train, val, extra = (Path(f"{region}{part}.parquet") for part in ("train", "val", "extra_signal"))
    results = {
        "background": compare(read_region(options.background, 0), read_region([train, val], 0), "background"),
        "signal": compare(read_region([options.signal], 1), read_region([extra], 1), "signal"),
    }
    for name, auc in results.items():
        if auc > LIMITS[name]:
            raise SystemExit(f"{name}: C2ST AUC {auc:.3f} is above {LIMITS[name]}")


if __name__ == "__main__":
    main()
