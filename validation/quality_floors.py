"""How far are real LHC Olympics events from each other, and is that what was published?

    python validation/quality_floors.py [--repeats 20] [--seed 1]

Splits the background events of the v2 signal region (119,236 of the two files in $RESONAUT_VALIDATION_DATA, or
../shared/data) into halves, again and again, and prints every distance of `resonaut.quality` beside the published
real-against-real values of the signal region and of the sidebands. The second column draws from each half with
replacement, which doubles the variance of every distribution function: it is not a floor, but is what the published
sidebands look like. Then: the divergences in other numbers of bins, and what each distance costs at 100,000 and
500,000 events.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from pathlib import Path

import numpy as np
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table

from resonaut.events.reading import BASELINE, read_events
from resonaut.quality.distances import DISTANCES, compare
from resonaut.quality.divergences import jensen_shannon, kullback_leibler
from resonaut.quality.floor import Spread, floor, spread

PUBLISHED = tomllib.loads(Path(__file__).with_name("density_table.toml").read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    add_lhco_option(parser)
    options = parser.parse_args()
    real = signal_region_background(options.lhco)
    size = len(real) // 2
    console = Console(width=120)

    split = floor(real, size, BASELINE, repeats=options.repeats, seed=options.seed)
    rng = np.random.default_rng(options.seed)
    redrawn = spread([compare(*with_replacement(real, rng), BASELINE, seed=rng) for _ in range(options.repeats)])
    title = f"Real against real, {size:,} events each, {options.repeats} repeats"
    table = Table("distance", "floor", "with replacement", "published SR", "published SB", title=title)
    for name in DISTANCES:
        table.add_row(name, *map(shown, (split.values[name], redrawn.values[name])), *published(name))
    console.print(table)

    table = Table("bins", "Kullback-Leibler", "(B - 1) / size", "Jensen-Shannon", title="Binned: one halving")
    halves = np.array_split(rng.permutation(real), 2)
    for bins in (2, 3, 10, 20, 50, 100):
        kl, js = (
            np.mean([distance(x, y, bins) for x, y in zip(*(half.T for half in halves), strict=True)])
            for distance in (kullback_leibler, jensen_shannon)
        )
        table.add_row(str(bins), f"{kl:.3g}", f"{(bins - 1) / size:.3g}", f"{js:.3g}")
    console.print(table)

    table = Table("distance", "100,000", "500,000", title="CPU milliseconds, 4 Gaussian features, sizes equal")
    large, small = rng.normal(size=(2, 500_000, 4)), rng.normal(size=(2, 100_000, 4))
    for name in DISTANCES:
        table.add_row(name, *(f"{milliseconds(name, *pair):.0f}" for pair in (small, large)))
    console.print(table)


def signal_region_background(folder: Path) -> np.ndarray:
    """[N, 4] features of both v2 files without the signal."""
    files = [read_events(folder / f"lhco_rnd_v2_signal_region_{name}.parquet") for name in ("train", "val")]
    return np.concatenate([events.features[events.labels == 0] for events in files])


def with_replacement(real: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Two disjoint halves, each drawn from as often as it has events."""
    halves = np.split(rng.permutation(real)[: len(real) // 2 * 2], 2)
    return [half[rng.integers(len(half), size=len(half))] for half in halves]


def milliseconds(name: str, x: np.ndarray, y: np.ndarray) -> float:
    """CPU time of one comparison, scaling included."""
    start = time.process_time()
    compare(x, y, BASELINE, distances=[name], seed=1)
    return 1e3 * (time.process_time() - start)


def published(name: str) -> list[str]:
    """Of signal region and sidebands."""
    floors = [PUBLISHED[where]["floor"].get(name) for where in ("signal_region", "sideband")]
    return ["" if floor is None else shown(Spread(mean=floor[0], std=floor[1])) for floor in floors]


def shown(value: Spread) -> str:
    return f"{value.mean:.3g} +- {value.std:.2g}"


if __name__ == "__main__":
    main()
