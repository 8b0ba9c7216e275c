"""What does each feature set cost, and what would FastJet's contrib take for the same?

    python benchmarks/features.py [--events 1000] [--repeats 5]

Jets of simulated QCD dijets (pT above 1.2 TeV), one core; milliseconds of CPU time an event of two jets, medians over
the repeats, without clustering the event. FastJet stands in for what our own compiled code replaces: N-subjettiness
with one-pass kT axes, energy correlators, soft drop. It has no full Lund tree, and pTD needs none.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    import awkward as ak
    import fastjet
    import numpy as np
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table

    from resonaut.features.clustering import JetClustering
    from resonaut.features.constituents import read_constituents
    from resonaut.features.jets import FlatJets
    from resonaut.features.lund import lund_tree
    from resonaut.features.observables import compute_features
    from resonaut.features.sets import FEATURE_SETS
    from resonaut.simulation.chain import Chain
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.processes import PROCESSES

    chain = Chain(
        process=PROCESSES["qcd"], detector=DelphesCMS(), clustering=JetClustering(), seed=1, constituents=True
    )
    blocks, found = [], 0
    while found < options.events:
        blocks.append(chain.run(len(blocks)).table)
        found += blocks[-1].num_rows
    table = pa.concat_tables(blocks).slice(0, options.events)
    constituents = read_constituents(table)
    mass = np.stack([table[f"jet{jet}_mass"].to_numpy() for jet in (1, 2)], axis=1)

    jets = ak.flatten(constituents, axis=1)
    momenta = ak.zip({"px": jets.px, "py": jets.py, "pz": jets.pz, "E": jets.e}, with_name="Momentum4D")

    def clustered() -> fastjet.ClusterSequence:
        return fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))

    def njettiness(n_largest: int, *betas: float) -> Callable[[], object]:
        n = list(range(1, n_largest + 1))
        return lambda: [
            clustered().njettiness(axes_definition="OnePass_KT_Axes", njets=n, beta=beta, R0=1.0) for beta in betas
        ]

    def correlators(*asked: tuple[str, float]) -> Callable[[], object]:
        return lambda: [clustered().exclusive_jets_energy_correlator(1, func=f, beta=beta) for f, beta in asked]

    def ours(*columns: str) -> Callable[[], object]:
        both = [f"{column}_{jet}" for column in columns for jet in (1, 2)]
        return lambda: compute_features(both, mass=mass, constituents=constituents)

    def feature_set(name: str) -> Callable[[], object]:
        return lambda: compute_features(name, mass=mass, constituents=constituents)

    of_fastjet = {
        "baseline": njettiness(2, 1.0),
        "extended1": njettiness(5, 1.0),
        "extended2": njettiness(5, 1.0),
        "extended3": njettiness(9, 0.5, 1.0, 2.0),
    }
    cases = {name: (feature_set(name), of_fastjet[name]) for name in FEATURE_SETS}
    cases |= {
        "C2 (beta 1, 2), D2, N2": (
            ours("c2_b10", "c2_b20", "d2_b10", "n2_b10"),
            correlators(("c2", 1.0), ("c2", 2.0), ("d2", 1.0), ("n2", 1.0)),
        ),
        "soft-drop mass": (ours("msd"), lambda: clustered().exclusive_jets_softdrop_grooming(1, R0=1.0)),
        "pTD": (ours("ptd"), None),
        "Lund tree": (lambda: lund_tree(FlatJets.of(jets)), None),
    }

    def milliseconds(case: Callable[[], object]) -> float:
        case()  # the first call loads compiled code
        seconds = []
        for _ in range(options.repeats):
            start = time.process_time()
            case()
            seconds.append(time.process_time() - start)
        return 1000 * statistics.median(seconds) / options.events

    printed = Table(title=f"{options.events} events, {ak.mean(ak.num(jets.px)):.0f} particles a jet")
    for heading in ("features", "ms/event", "events/s", "FastJet ms/event", "faster by"):
        printed.add_column(heading, justify="left" if heading == "features" else "right")
    for name, (own, theirs) in cases.items():
        cost = milliseconds(own)
        other = None if theirs is None else milliseconds(theirs)
        compared = ("", "") if other is None else (f"{other:.2f}", f"{other / cost:.1f}")
        printed.add_row(name, f"{cost:.3f}", f"{1000 / cost:,.0f}", *compared)
    Console(width=100).print(printed)


if __name__ == "__main__":
    main()
