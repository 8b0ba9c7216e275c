"""Can every process that a black box may hide be found where the box says it is?

    python validation/blackbox_candidates.py [--events 300]

For each candidate, at both ends of the range of masses and with its daughters at the middle of theirs: which share of
the generated events passes the selection, and which share of those lies within 5 % of the resonance's mass.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from resonaut.features.clustering import JetClustering
from resonaut.simulation.blackbox import BOOST, CANDIDATES, LEAST_DAUGHTER, MASS, WINDOW, n_inside
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import DelphesCMS
from resonaut.simulation.processes import find_process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=300, help="generated events of each")
    options = parser.parse_args()
    table = Table()
    for name in ("process", "mass (GeV)", "pass", "of those in the window"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for candidate in CANDIDATES:
        for mass in MASS:
            parameters = {candidate.resonance: mass}
            parameters |= dict.fromkeys(candidate.daughters, 0.5 * (LEAST_DAUGHTER + BOOST * mass))
            parameters |= {name: relative * parameters[of] for name, (of, relative) in candidate.widths.items()}
            chain = Chain(
                process=find_process(candidate.process),
                parameters=parameters,
                detector=DelphesCMS(),
                clustering=JetClustering(),
                seed=1,
                block_size=options.events,
            )
            block = chain.run(0)
            inside = n_inside(block.table["mjj"].to_numpy(), (mass * (1 - WINDOW), mass * (1 + WINDOW)))
            passing = block.table.num_rows / block.n_generated
            table.add_row(candidate.process, f"{mass:.0f}", f"{passing:.0%}", f"{inside / block.table.num_rows:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
