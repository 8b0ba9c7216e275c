"""How much does the chain cost beside Pythia itself?

    python benchmarks/simulation.py [--events 500] [--repeats 5] [--pt-hat-min 800] [--features baseline]

In turns, in one process and one thread: a bare loop of `pythia.next()`, and the whole chain (Pythia with the parton
veto, detector, jets, features). What a user waits for is selected events a second; the bare loop gives its rate times
the fraction of generated events that pass the selection, as if everything else were free. CPU seconds, because a busy
machine says nothing about the code. Medians over the repeats; at the end, what each stage of the chain takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resonaut.simulation.chain import Chain

os.environ["OMP_NUM_THREADS"] = "1"

LEAST = 0.85  # selected events of the chain over those of the bare loop


def stages(chain: Chain, repeats: int) -> dict[str, float]:
    """What fraction of a block's CPU time each stage takes."""
    from resonaut.features.dijet import dijet_table
    from resonaut.simulation.pythia import PythiaGenerator

    settings = chain.settings()
    generator = PythiaGenerator(settings["pythia"], veto_pt=settings["veto_pt"])
    generator.generate(1, seed=0)
    spent = dict.fromkeys(("Pythia", "detector", "jets", "features"), 0.0)
    for seed in range(repeats):
        marks = [time.process_time()]
        particles = generator.generate(chain.block_size, seed=seed).particles
        marks.append(time.process_time())
        observed = chain.detector.observe(particles, seed=seed)
        marks.append(time.process_time())
        dijets = chain.clustering.cluster(observed)
        marks.append(time.process_time())
        dijet_table(dijets, features=chain.features)
        marks.append(time.process_time())
        for stage, (start, stop) in zip(spent, pairwise(marks), strict=True):
            spent[stage] += stop - start
    return {stage: seconds / sum(spent.values()) for stage, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=500, help="events of a block")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pt-hat-min", type=float, default=800.0)
    parser.add_argument("--features", default="baseline", help="feature set of the chain")
    options = parser.parse_args()

    from resonaut.features.clustering import JetClustering
    from resonaut.simulation.chain import Chain
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.processes import find_process
    from resonaut.simulation.pythia import configure

    qcd = find_process("qcd")
    parameters = {"pt_hat_min": options.pt_hat_min}
    bare = configure(qcd.settings(parameters), 13000.0)
    bare.init()
    chain = Chain(
        process=qcd,
        parameters=parameters,
        detector=DelphesCMS(),
        clustering=JetClustering(),
        features=options.features,
        seed=1,
        block_size=options.events,
    )
    chain.run(0)  # the first block pays for imports and Pythia's start

    bare_rates, generated_rates, selected_rates = [], [], []
    selected = generated = 0
    for repeat in range(1, options.repeats + 1):
        start = time.process_time()
        for _ in range(options.events):
            bare.next()
        bare_rates.append(options.events / (time.process_time() - start))
        block = chain.run(repeat)
        generated_rates.append(block.n_generated / block.seconds)
        selected_rates.append(block.table.num_rows / block.seconds)
        generated += block.n_generated
        selected += block.table.num_rows
        print(
            f"{repeat}: bare {bare_rates[-1]:.0f}, chain {generated_rates[-1]:.0f}, selected {selected_rates[-1]:.0f}"
        )

    bare_rate, generated_rate, selected_rate = map(statistics.median, (bare_rates, generated_rates, selected_rates))
    passing = selected / generated
    ratio = selected_rate / (bare_rate * passing)
    print(f"events/s a core, medians of {options.repeats}; {passing:.1%} of the generated events pass the selection")
    print(f"generated: bare Pythia {bare_rate:.0f}, whole chain {generated_rate:.0f}")
    print(
        f"selected: bare Pythia at most {bare_rate * passing:.1f}, whole chain {selected_rate:.1f}, ratio {ratio:.2f}"
    )
    shares = stages(chain, options.repeats)
    print("of the chain's time: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))
    if ratio < LEAST:
        raise SystemExit(f"a ratio of {ratio:.2f} is below {LEAST}")


if __name__ == "__main__":
    main()
