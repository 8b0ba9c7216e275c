"""How much does the chain cost beside Pythia itself?

    python benchmarks/simulation.py [--events 500] [--repeats 5]

In turns, in one process and one thread: a bare loop of `pythia.next()`, and the whole chain (Pythia with the parton
veto, detector, jets, N-subjettiness). Rates are of generated hard events per CPU second, for the chain with those
that the veto drops early; selected events are what a user waits for, beside what a bare loop would give if the rest
were free. CPU seconds, because a busy machine says nothing about the code. Medians over the repeats.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ["OMP_NUM_THREADS"] = "1"

LEAST = 250.0  # generated events a second a core


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=500, help="events of a block")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    from resonaut.features.clustering import JetClustering
    from resonaut.simulation.chain import Chain
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.processes import QCD
    from resonaut.simulation.pythia import configure

    bare = configure(QCD.settings(), 13000.0)
    bare.init()
    chain = Chain(process="qcd", detector=DelphesCMS(), clustering=JetClustering(), seed=1, block_size=options.events)
    chain.run(0)  # the first block pays for imports and Pythia's start

    bare_rates, chain_rates, selected_rates = [], [], []
    selected = generated = 0
    for repeat in range(1, options.repeats + 1):
        start = time.process_time()
        for _ in range(options.events):
            bare.next()
        bare_rates.append(options.events / (time.process_time() - start))
        block = chain.run(repeat)
        chain_rates.append(block.n_generated / block.seconds)
        selected_rates.append(block.table.num_rows / block.seconds)
        generated += block.n_generated
        selected += block.table.num_rows
        print(f"{repeat}: bare {bare_rates[-1]:.0f}, chain {chain_rates[-1]:.0f}, selected {selected_rates[-1]:.0f}")

    bare_rate, chain_rate, selected_rate = map(statistics.median, (bare_rates, chain_rates, selected_rates))
    passing = selected / generated
    print(f"events/s a core, medians of {options.repeats}; {passing:.1%} of the generated events pass the selection")
    print(f"generated: bare Pythia {bare_rate:.0f}, whole chain {chain_rate:.0f}, ratio {chain_rate / bare_rate:.2f}")
    print(f"selected: whole chain {selected_rate:.0f}, bare Pythia could give {bare_rate * passing:.0f} at most")
    if chain_rate < LEAST:
        raise SystemExit(f"{chain_rate:.0f} generated events/s a core is below {LEAST:.0f}")


if __name__ == "__main__":
    main()
