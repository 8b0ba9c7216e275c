"""W' -> X Y -> 4q from our matrix element, showered, beside Pythia's own: can a classifier tell them apart?

    resonaut integrate wprime-xy --events 8000 --lhe signal.lhe.gz
    resonaut simulate lhe signal.lhe.gz --events 5000 --out ours.parquet
    resonaut simulate wprime-xy --events 15000 --out pythia.parquet
    python validation/showered_events.py ours.parquet pythia.parquet

The AUC of boosted trees on events that they have not seen, in masses and tau21, and beside it the floor: the same test
between two parts of Pythia's events of the same size. Five times, with other halves.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from resonaut.quality.two_sample import c2st

FEATURES = ("mjj", "mj1", "delta_mj", "tau21_1", "tau21_2")


def read(path: Path) -> np.ndarray:
    table = pq.read_table(path, columns=list(FEATURES))
    return np.stack([table[name].to_numpy() for name in FEATURES], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", type=Path)
    parser.add_argument("pythia", type=Path, help="at least twice as many events")
    given = parser.parse_args()
    ours, theirs = read(given.ours), read(given.pythia)
    n = min(len(ours), len(theirs) // 2)
    ours, theirs, others = ours[:n], theirs[:n], theirs[n : 2 * n]
    for name, k in zip(FEATURES, range(len(FEATURES)), strict=True):
        print(f"{name:10}median {np.median(ours[:, k]):10.4g} ours, {np.median(theirs[:, k]):10.4g} Pythia's")
    for features, columns in {"masses and tau21": slice(1, None), "dijet mass as well": slice(None)}.items():
        aucs = [
            [c2st(sample[:, columns], theirs[:, columns], seed=seed).auc for sample in (ours, others)]
            for seed in range(5)
        ]
        (auc, floor), (spread, floor_spread) = np.mean(aucs, axis=0), np.std(aucs, axis=0)
        print(f"{features}: AUC {auc:.3f} ± {spread:.3f}, floor {floor:.3f} ± {floor_spread:.3f}, {n} events each")


if __name__ == "__main__":
    main()
