"""How many selected events does the parton veto lose, and are they like the others?

    python validation/parton_veto.py [--events 40000] [--workers 2] [--pt-hat-min 800] [--veto 1050]

Generates QCD without the veto, notes for every event the leading parton jet that the veto would have looked at, and
sends all of them through detector, clustering and selection. Prints the loss for several thresholds with its 68 %
Clopper-Pearson interval, and for one of them, by default the one in use, the loss in the quarters of each feature.
Ends with an error if that one loses more than 0.2 %.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import awkward as ak
import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

LIMIT = 2e-3
FEATURES = ("mjj", "jet1_pt", "mj1", "delta_mj", "tau21_1", "tau21_2")
BLOCK = 1000
THRESHOLDS = (1025.0, 1050.0, 1075.0, 1100.0, 1130.0)  # GeV


def selected_events(task: tuple[int, float]) -> pa.Table:
    """The selected events of a block, with the pT of their leading parton jet."""
    from resonaut.features.clustering import JetClustering
    from resonaut.features.dijet import dijet_table
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.hooks import event_hooks
    from resonaut.simulation.processes import find_process
    from resonaut.simulation.pythia import configure, final_state

    seed, pt_hat_min = task
    clustering = JetClustering()
    pythia = configure(find_process("qcd").settings({"pt_hat_min": pt_hat_min}), 13000.0)
    hooks = event_hooks(pythia, longitudinal=(), veto_pt=0.0, veto_radius=clustering.radius)
    pythia.setUserHooksPtr(hooks)
    pythia.init()
    pythia.rndm.init(1 + seed)
    events, parton_pt = [], []
    for _ in range(BLOCK):
        record = pythia.nextBatch(1).prt
        if len(record):
            events.append(final_state(record))
            parton_pt.append(hooks.leading_pt)
    hooks.raise_error()
    dijets = clustering.cluster(DelphesCMS().observe(ak.concatenate(events), seed=seed))
    return dijet_table(dijets).append_column("parton_pt", pa.array(np.array(parton_pt)[dijets.index]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=40_000, help="generated events")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pt-hat-min", type=float, default=800.0)
    parser.add_argument("--veto", type=float, help="threshold to look at closely (GeV)")
    options = parser.parse_args()

    from resonaut.features.clustering import JetClustering
    from resonaut.simulation.chain import VETO_MARGIN

    threshold = options.veto or JetClustering().leading_pt - VETO_MARGIN
    tasks = [(seed, options.pt_hat_min) for seed in range(-(-options.events // BLOCK))]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        events = pa.concat_tables(pool.map(selected_events, tasks))
    parton_pt = events["parton_pt"].to_numpy()
    console = Console(width=100)

    table = Table(title=f"{len(parton_pt):,} selected of {len(tasks) * BLOCK:,} generated", title_justify="left")
    for name in ("veto below (GeV)", "lost", "loss", "68 % interval"):
        table.add_column(name, justify="right")
    for cut in sorted({*THRESHOLDS, threshold}):
        table.add_row(f"{cut:.0f}", *_loss(parton_pt < cut))
    console.print(table)

    table = Table(title=f"lost below {threshold:.0f} GeV, by quarters of", title_justify="left")
    for name in ("variable", "first", "second", "third", "fourth"):
        table.add_column(name, justify="left" if name == "variable" else "right")
    for name in FEATURES:
        values = events[name].to_numpy()
        quarter = np.searchsorted(np.quantile(values, [0.25, 0.5, 0.75]), values)
        table.add_row(name, *(f"{_loss((parton_pt < threshold)[quarter == q])[0]}" for q in range(4)))
    console.print(table)

    loss = float((parton_pt < threshold).mean())
    if loss > LIMIT:
        raise SystemExit(f"the veto loses {loss:.2%}, more than {LIMIT:.1%}")


def _loss(lost: np.ndarray) -> tuple[str, str, str]:
    interval = binomtest(int(lost.sum()), len(lost)).proportion_ci(0.68)
    return f"{lost.sum()}", f"{lost.mean():.3%}", f"{interval.low:.3%} - {interval.high:.3%}"


if __name__ == "__main__":
    main()
