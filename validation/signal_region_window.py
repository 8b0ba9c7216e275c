"""What do windows lose that make signal-region events cheap, and are the lost ones like the others?

    python validation/signal_region_window.py [--events 40000] [--m-hat 2400:6000] [--parton-mass 3000:4000]
    python validation/signal_region_window.py --windowed test.parquet --reference background.parquet [--signal FILE]

The first generates QCD without windows, with the veto on the leading parton jet alone, and notes for every event of
3300 < mjj < 3700 GeV the mass of its hard process (m-hat) and the possible masses of its parton jets. Prints how many
of them several windows lose, with 68 % Clopper-Pearson intervals, and for one window of each kind the loss in the
quarters of each feature, with the chi2 of an equal loss in all four.

The second compares a production made with a window with one made without: Kolmogorov-Smirnov p-values of mjj and every
feature that both files have, and the C2ST AUC of boosted trees beside its floor (two halves of the reference). With
signal events it also trains trees to find these among both, and compares what tight cuts pass of events that they did
not see: what a bias of the windows does to a background efficiency. Ends with an error if the AUC is more than three of
its errors above 0.5.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import binomtest, chi2
from sklearn.ensemble import HistGradientBoostingClassifier

from resonaut.features.observables import FEATURES
from resonaut.quality.two_sample import c2st, c2st_floor, feature_closure
from resonaut.searches.regions import Region, interval

REGION = Region()
VARIABLES = ("mjj", "jet1_pt", "mj1", "delta_mj", "tau21_1", "tau21_2")
BLOCK = 500
WINDOWS = {
    "m_hat": ((1800.0, 6000.0), (2000.0, 6000.0), (2400.0, 6000.0), (2900.0, 5000.0)),
    "parton_mass": ((2800.0, 4300.0), (2900.0, 4100.0), (3000.0, 4000.0), (3100.0, 3900.0)),
}
EFFICIENCIES = (0.1, 0.03, 0.01, 0.003, 0.001)
REPEATS = 3  # other halves, other trees

Window = tuple[float, float]
console = Console(width=110)


def region_events(seed: int) -> pa.Table:
    """The signal-region events of a block, with the masses that windows look at."""
    from resonaut.features.clustering import JetClustering
    from resonaut.features.dijet import dijet_table
    from resonaut.simulation.chain import VETO_MARGIN
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.hooks import event_hooks
    from resonaut.simulation.processes import find_process
    from resonaut.simulation.pythia import configure, final_state

    clustering = JetClustering()
    pythia = configure(find_process("qcd").settings(), 13000.0)
    hooks = event_hooks(
        pythia, longitudinal=(), veto_pt=clustering.leading_pt - VETO_MARGIN, veto_radius=clustering.radius
    )
    masses: list[tuple[float, list[float]]] = []
    veto = hooks.doVetoPT

    def noted(stage: int, event: object) -> bool:
        vetoed = veto(stage, event)
        if not vetoed:
            masses.append((hooks.m_hat, hooks.dijet_masses))
        return bool(vetoed)

    hooks.doVetoPT = noted
    pythia.setUserHooksPtr(hooks)
    pythia.init()
    pythia.rndm.init(1 + seed)
    events = pythia.nextBatch(BLOCK).prt
    hooks.raise_error()
    assert len(events) == len(masses), "an event failed after the veto, and the masses are no longer the events'"
    dijets = clustering.cluster(DelphesCMS().observe(final_state(events), seed=seed))
    table = dijet_table(dijets)
    selected = [masses[index] for index in dijets.index]
    table = table.append_column("m_hat", pa.array([[m_hat] for m_hat, _ in selected]))
    table = table.append_column("parton_mass", pa.array([dijet_masses for _, dijet_masses in selected]))
    return table.filter(pa.array(REGION.in_signal(table["mjj"].to_numpy())))


def losses(options: argparse.Namespace) -> None:
    """What windows lose of events that were made without."""
    close = {"m_hat": interval(options.m_hat, "--m-hat"), "parton_mass": interval(options.parton_mass, "--parton-mass")}
    blocks = range(options.seed, options.seed + -(-options.events // BLOCK))
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        parts = track(pool.map(region_events, blocks), "generating", total=len(blocks), console=Console(stderr=True))
        events = pa.concat_tables(parts)
    table = Table(
        title=f"{len(events):,} signal-region events of {len(blocks) * BLOCK:,} hadronised ones", title_justify="left"
    )
    for name in ("window", "GeV", "lost", "loss", "68 % interval"):
        table.add_column(name, justify="right")
    for name, windows in WINDOWS.items():
        for window in sorted({*windows, close[name]}):
            table.add_row(name, f"{window[0]:.0f}:{window[1]:.0f}", *loss(outside(events, name, window)))
    console.print(table)
    for name, window in close.items():
        console.print(quarters(events, name, window))


def quarters(events: pa.Table, name: str, window: Window) -> Table:
    """In which quarters of the variables the lost events lie."""
    lost = outside(events, name, window)
    table = Table(title=f"lost by {name} {window[0]:.0f}:{window[1]:.0f}, by quarters of", title_justify="left")
    for column in ("variable", "first", "second", "third", "fourth", "chi2 / 3", "p"):
        table.add_column(column, justify="left" if column == "variable" else "right")
    for variable in VARIABLES:
        values = events[variable].to_numpy()
        quarter = np.searchsorted(np.quantile(values, [0.25, 0.5, 0.75]), values)
        counts = np.bincount(quarter[lost], minlength=4)
        expected = max(lost.sum() / 4, 1e-9)
        distance = float(((counts - expected) ** 2 / expected).sum())
        table.add_row(variable, *map(str, counts), f"{distance:.1f}", f"{chi2.sf(distance, 3):.2g}")
    return table


def outside(events: pa.Table, name: str, window: Window) -> np.ndarray:
    """Which events have none of their masses of that name in the window."""
    low, high = window
    return np.array([not any(low <= mass <= high for mass in masses) for masses in events[name].to_pylist()])


def loss(lost: np.ndarray) -> tuple[str, str, str]:
    low, high = binomtest(int(lost.sum()), len(lost)).proportion_ci(0.68)
    return f"{lost.sum()}", f"{lost.mean():.2%}", f"{low:.2%} - {high:.2%}"


def comparison(windowed: Path, reference: Path, signal: Path | None) -> None:
    """A production made with windows beside one made without."""
    files = [pq.ParquetFile(path) for path in (windowed, reference, signal) if path is not None]
    shared = set.intersection(*(set(file.schema_arrow.names) for file in files))
    names = ["mjj", *(name for name in files[0].schema_arrow.names if name in shared and name in FEATURES)]
    ours, true = (region_rows(file, names, label=0) for file in files[:2])
    size = min(len(ours), len(true))
    rng = np.random.default_rng(0)
    ours, true = rng.permutation(ours)[:size], rng.permutation(true)
    table = Table(title=f"{size:,} events made with the windows, {len(true):,} without", title_justify="left")
    for name in ("variable", "KS distance", "p", "median", "without"):
        table.add_column(name, justify="left" if name == "variable" else "right")
    for index, (name, test) in enumerate(feature_closure(true, ours, names).items()):
        medians = (f"{np.median(sample[:, index]):.4g}" for sample in (ours, true))
        table.add_row(name, f"{test.ks:.4f}", f"{test.p:.2g}", *medians)
    console.print(table)
    tests = [c2st(ours, true[:size], seed=seed) for seed in range(REPEATS)]
    floors = [c2st_floor(true, size, seed=seed) for seed in range(REPEATS)]
    # The repeats share their events: the error of one does not go down with their number.
    auc, floor = (float(np.mean([test.auc for test in of])) for of in (tests, floors))
    print(f"C2ST AUC of all {len(names)}: {auc:.4f} ± {tests[0].error:.4f}; floor {floor:.4f} ± {floors[0].error:.4f}")
    if signal is not None:
        console.print(tight_cuts(ours, true, region_rows(files[2], names, label=1)))
    if auc > 0.5 + 3 * tests[0].error:
        raise SystemExit("the windows change the events: the trees can tell")


def tight_cuts(ours: np.ndarray, true: np.ndarray, signal: np.ndarray) -> Table:
    """What cuts on a score that knows the signal pass of both; the score sees features, not the mass."""
    half = min(len(ours), len(true)) // 2  # of both the same number, so that neither is preferred
    x = np.concatenate([signal, ours[:half], true[:half]])[:, 1:]
    y = np.repeat([1, 0], [len(signal), 2 * half])
    trees = HistGradientBoostingClassifier(early_stopping=True, random_state=0).fit(x, y)
    ours, true = (trees.decision_function(sample[half:, 1:]) for sample in (ours, true))
    table = Table(title="passed by tight cuts, events that the trees did not see", title_justify="left")
    for name in ("without windows", "with", "ratio"):
        table.add_column(name, justify="right")
    for efficiency in EFFICIENCIES:
        threshold = np.quantile(np.concatenate([ours, true]), 1 - efficiency)
        n = [int((sample > threshold).sum()) for sample in (true, ours)]
        passed, passed_ours = n[0] / len(true), n[1] / len(ours)
        ratio = f"{passed_ours / passed:.3f} ± {np.sqrt(1 / n[0] + 1 / n[1]):.3f}"
        table.add_row(f"{passed:.4%}", f"{passed_ours:.4%}", ratio)
    return table


def region_rows(file: pq.ParquetFile, names: list[str], *, label: int) -> np.ndarray:
    """The signal region's events of that truth, one row an event; all of them where there are no labels."""
    labelled = "label" in file.schema_arrow.names
    table = file.read(columns=[*names, *(["label"] if labelled else [])])
    rows = np.column_stack([table[name].to_numpy() for name in names])
    wanted = table["label"].to_numpy() == label if labelled else np.ones(len(rows), dtype=bool)
    return rows[wanted & REGION.in_signal(rows[:, 0])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=40_000, help="hadronised events; 5 % of them lie in the region")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--m-hat", default="2400:6000", help="window to look at closely (GeV)")
    parser.add_argument("--parton-mass", default="3000:4000", help="likewise")
    parser.add_argument("--windowed", type=Path, help="a production made with the windows")
    parser.add_argument("--reference", type=Path, help="one made without")
    parser.add_argument("--signal", type=Path, help="signal events, to see what tight cuts pass")
    options = parser.parse_args()
    if (options.windowed is None) != (options.reference is None):
        parser.error("give --windowed and --reference together")
    if options.windowed is not None:
        comparison(options.windowed, options.reference, options.signal)
    else:
        losses(options)


if __name__ == "__main__":
    main()
