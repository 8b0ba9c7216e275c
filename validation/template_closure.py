"""Does a template close inside the signal region, where a search cannot look?

    python validation/template_closure.py EVENTS --samples 3 --out OUT --workers 3

EVENTS is simulated background with the baseline features, several times as many events as a search has. On each of
--samples disjoint samples a search is fitted, region and all; then it cuts on all the other events, which it has never
seen, inside the region as beside it. The table gives real over sampled events that pass, the samples' mean: of the
density that a fold's classifiers were trained against, and of the other part's, from which a hunt takes its templates.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from resonaut.analysis.selection import choose_cuts, score_template
from resonaut.events.events import Events, Samples
from resonaut.events.reading import read_events
from resonaut.features.sets import resolve
from resonaut.protocols import Templated
from resonaut.runs.folder import checksum
from resonaut.runs.processes import limit_threads
from resonaut.scans.executors import on_this_machine
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region

REGION = Region()
CUTS = (0.1, 0.01)
EDGES = np.array([2300.0, 2700, 3000, 3150, 3300, 3500, 3700, 3850, 4000, 4300, 4800])
MOST = 250_000
"""Events that are cut on; every fold scores all of them."""


class OwnTemplate(CrossFit):
    """Templates of the density that the fold's classifiers were trained against."""

    def template_fold(self, fold: int) -> Templated | None:
        return self.background_model(fold)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Call it with a cell: `number`."""

    background: Events
    size: int

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """Counts of real and sampled events that pass, by template, cut and mass bin, summed over the folds."""
        number = int(cell["number"])
        rng = np.random.default_rng([1, number])
        rows = np.arange(len(self.background))
        mine = (rows >= number * self.size) & (rows < (number + 1) * self.size)
        samples = Samples(data=self.background[mine]).blinded(frozenset())
        others = self.background[np.sort(rng.permutation(rows[~mine])[:MOST])]
        search = CrossFit().fit_background(samples, REGION, seed=number).fit_region(samples, REGION, seed=number)
        counts: dict[str, Any] = {}
        for name, kind in (("own", OwnTemplate), ("other part's", CrossFit)):
            search.__class__ = kind
            cuts = choose_cuts(score_template(search, CUTS, seed=rng), CUTS)
            passed = np.zeros((len(CUTS), 2, len(EDGES) - 1), dtype=int)
            for fold in range(search.folds):
                template = search.template_fold(fold)
                assert template is not None
                for k, events in enumerate((others, template.background_at(others.mass, seed=rng))):
                    score = search.score_fold(events, fold)
                    for cut, count in zip(cuts, passed, strict=True):
                        count[k] += np.histogram(events.mass[score > cut.thresholds[fold]], EDGES)[0]
            counts[name] = passed.tolist()
        return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("events", type=Path, help="simulated background")
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--size", type=int, default=150_000, help="events of a sample")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()

    limit_threads(options.workers)
    events = read_events(options.events, features=resolve("baseline"), mass="mjj")
    events = events[REGION.in_window(events.mass)]
    background = events if events.labels is None else events[events.labels == 0]
    if len(background) < (options.samples + 1) * options.size:
        raise SystemExit(
            f"{options.events} holds {len(background):,} background events in {REGION}; {options.samples} samples of"
            f" {options.size:,} and as many to cut on take more: lower --samples or --size"
        )
    results = scan(
        Sample(background=background, size=options.size),
        [{"number": k} for k in range(options.samples)],
        store=Store(options.out / "cells", {"events": checksum(options.events), "size": options.size}),
        executor=on_this_machine(options.workers),
        progress="samples",
    )
    table = Table(title="real / sampled events that pass, by mass in GeV", title_justify="left")
    table.add_column("density, cut")
    for low, high in pairwise(EDGES):
        table.add_column(f"{low:.0f}-{high:.0f}", justify="right")
    for k, efficiency in enumerate(CUTS):
        for name in results[0]:
            counts = np.array([result[name][k] for result in results])  # [sample, real or sampled, bin]
            ratio = counts[:, 0] / counts[:, 1]
            error = (
                ratio.std(axis=0, ddof=1) / np.sqrt(len(ratio)) if len(ratio) > 1 else np.full(ratio.shape[1], np.nan)
            )
            table.add_row(
                f"{name}, {100 * efficiency:g} %",
                *(f"{mean:.2f} ± {one:.2f}" for mean, one in zip(ratio.mean(axis=0), error, strict=True)),
            )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
