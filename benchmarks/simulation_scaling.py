"""Does a production use its workers, and does its memory stay put?

    python benchmarks/simulation_scaling.py workers [--events 20000] [--repeats 3]
    python benchmarks/simulation_scaling.py memory [--events 10000 200000] [--workers 2]

`workers`: wall time of the same production with one worker and with two, in turns, medians; start-up of about three
seconds included. `memory`: the largest process's peak resident memory for each number of events, constituents kept.
QCD above pTHat 1100 GeV, most of which is selected.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LEAST = 1.85  # one worker's time over two workers'


def produce(events: int, workers: int, *, constituents: bool = False) -> float:
    """Seconds of a production."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["simulate", "qcd", "--events", str(events), "--workers", str(workers), "--seed", "1"]
        arguments += ["--set", "pt_hat_min=1100", "--out", str(Path(folder, "events.parquet"))]
        arguments += ["--constituents"] if constituents else []
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from resonaut.cli import main; main()", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        return time.perf_counter() - start


def workers(events: int, repeats: int) -> None:
    one, two = [], []
    for _ in range(repeats):
        one.append(produce(events, 1))
        two.append(produce(events, 2))
        print(f"one worker {one[-1]:.1f} s, two {two[-1]:.1f} s", flush=True)
    ratio = statistics.median(one) / statistics.median(two)
    print(f"{events:,} events, medians of {repeats}: two workers are {ratio:.2f} times as fast as one")
    if ratio < LEAST:
        raise SystemExit(f"{ratio:.2f} is below {LEAST}")


def memory(sizes: list[int], workers: int) -> None:
    for events in sorted(sizes):  # the peak of all children so far: growing sizes show their own
        seconds = produce(events, workers, constituents=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{events:,} events with constituents: {peak:.0f} MB, {seconds:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("workers", "memory"))
    parser.add_argument("--events", type=int, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="of `memory`")
    options = parser.parse_args()
    if options.what == "workers":
        workers((options.events or [20_000])[0], options.repeats)
    else:
        memory(options.events or [10_000, 200_000], options.workers)


if __name__ == "__main__":
    main()
