"""A whole CATHODE search, ours beside sk_cathode's: CPU seconds and how much signal it finds, on the same events.

    git clone https://github.com/uhh-pd-ml/sk_cathode
    resonaut simulate lhco-rnd --events 400000 --signal 20000 --seed 1 --out events.parquet
    python benchmarks/whole_search.py events.parquet --peer sk_cathode [--seeds 5] [--workers 1]

For every seed background and signal are drawn from EVENTS (labelled; the demo events by default): data for the search,
and, of the signal region's events that are left, a test that neither side sees. Both sides get the same.

The peer does what its walkthrough (demos/cathode_walkthrough.ipynb) does, with its defaults: a MAF of 15 blocks with
early stopping, a kernel estimate of the mass, four samples a data event, a dense network with early stopping; a fifth
of the events is its validation set. Ours is `CATHODE()` as it is, which samples in the step of the classifier. Each is
one process with one thread on the CPU; `--workers` runs that many at a time. A training of the peer's that ends in NaN
is counted and left out of the medians. Finished searches are kept (`--cells`), the same command goes on.

Asked for: 30 times less CPU at an equal or better maximum SIC.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from densities import silence
from rich.console import Console
from rich.table import Table

from resonaut.analysis.loading import cache_folder, load
from resonaut.analysis.running import content_of, placed
from resonaut.events.events import Events, Samples
from resonaut.features.sets import resolve
from resonaut.runs.processes import limit_threads
from resonaut.scans.executors import on_this_machine
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.cathode import CATHODE
from resonaut.searches.regions import Region
from resonaut.statistics.bands import quantiles
from resonaut.statistics.curves import Curves

LESS = 30  # CPU, asked for
REGION = Region()
TEV = 1e-3  # the peer's walkthrough has masses in TeV
HELD_OUT = 0.2
STEPS = ("density", "sampling", "classifier", "scoring")
FIGURES = ("auc", "max_sic", "sic_fpr_1e3")


class Clock:
    """CPU seconds of each step."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[step] += time.process_time() - start


@dataclass(frozen=True)
class Division:
    """Data to search in, and events of the signal region to test on; `signal_in_region` of the data are signal."""

    data: Events
    test: Events
    signal_in_region: int

    @classmethod
    def draw(cls, events: Events, n_background: int, n_signal: int, seed: int) -> Division:
        rng = np.random.default_rng(seed)
        assert events.labels is not None, "the events have no labels"
        window = events[REGION.in_window(events.mass)]
        kinds = (window[window.labels == label] for label in (0, 1))
        background, signal = (kind[rng.permutation(len(kind))] for kind in kinds)
        if n_background >= 0.9 * len(background) or n_signal >= 0.9 * len(signal):
            raise SystemExit(
                f"{len(background)} background and {len(signal)} signal events leave too few for a test beside "
                f"{n_background} and {n_signal} for the search; give more events, or lower --events and --signal"
            )
        left = Events.concatenate([background[n_background:], signal[n_signal:]])
        injected = signal[:n_signal]
        return cls(
            data=Events.concatenate([background[:n_background], injected]),
            test=left[REGION.in_signal(left.mass)],
            signal_in_region=int(REGION.in_signal(injected.mass).sum()),
        )


@dataclass(frozen=True)
class Search:
    """One search of one side; runs in any process."""

    events: Path | None
    peer: str

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        limit_threads(1)
        events = load(self.events, features=resolve("baseline"))
        division = Division.draw(events, cell["events"], cell["signal"], cell["seed"])
        clock = Clock()
        side: Callable[..., np.ndarray] = ours if cell["side"] == "ours" else self.theirs
        try:
            scores = side(division, cell, clock)
        except ValueError as error:  # how the peer says that its training diverged
            if cell["side"] == "ours":
                raise
            return {"failed": str(error), "seconds": clock.seconds}
        assert division.test.labels is not None
        curves = Curves.from_scores(division.test.labels, scores)
        n = {"n_test_background": int((division.test.labels == 0).sum()), "signal_in_region": division.signal_in_region}
        return {**n, **{name: getattr(curves, name) for name in FIGURES}, "seconds": clock.seconds}

    def theirs(self, division: Division, cell: Mapping[str, Any], clock: Clock) -> np.ndarray:
        """The walkthrough's steps."""
        if self.peer not in sys.path:
            sys.path.insert(0, self.peer)
        with tempfile.TemporaryDirectory() as folder, silence():
            return walkthrough(division, cell["seed"], cell["epochs"], Path(folder), clock)


def ours(division: Division, cell: Mapping[str, Any], clock: Clock) -> np.ndarray:
    """CATHODE as it is; its second step samples as well."""
    search = placed(CATHODE(), "cpu")
    samples = Samples(data=division.data).blinded()
    # Imports are not the search; the peer's are done before its clock starts, too.
    warm = samples.select(lambda events: np.arange(len(events)) % max(1, len(events) // 3000) == 0)
    placed(CATHODE(), "cpu").fit_background(warm, REGION, seed=0).fit_region(warm, REGION, seed=0)
    with clock("density"):
        search.fit_background(samples, REGION, seed=cell["seed"])
    with clock("classifier"):
        search.fit_region(samples, REGION, seed=cell["seed"])
    with clock("scoring"):
        return search.score(division.test.blinded())


def walkthrough(division: Division, seed: int, epochs: int | None, folder: Path, clock: Clock) -> np.ndarray:
    """demos/cathode_walkthrough.ipynb, cell by cell."""
    import torch
    from sk_cathode.classifier_models.neural_network_classifier import NeuralNetworkClassifier
    from sk_cathode.generative_models.conditional_normalizing_flow_torch import ConditionalNormalizingFlow
    from sk_cathode.utils.preprocessing import LogitScaler
    from sklearn.neighbors import KernelDensity
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.utils import shuffle

    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  the peer has no random_state
    rng = np.random.default_rng(seed)
    outer = halves(division.data[REGION.in_sidebands(division.data.mass)], rng)
    inner_train, inner_val = halves(division.data[REGION.in_signal(division.data.mass)], rng)

    with clock("density"):
        outer_scaler = make_pipeline(LogitScaler(), StandardScaler())
        x_train, x_val = outer_scaler.fit_transform(outer[0].features), outer_scaler.transform(outer[1].features)
        flow = ConditionalNormalizingFlow(
            save_path=str(folder), num_inputs=x_train.shape[1], early_stopping=True, epochs=epochs, no_gpu=True
        )
        flow.fit(x_train, TEV * outer[0].context, x_val, TEV * outer[1].context)
    with clock("sampling"):
        mass_scaler = LogitScaler(epsilon=1e-8)
        kernels = KernelDensity(bandwidth=0.01, kernel="gaussian")
        kernels.fit(mass_scaler.fit_transform(TEV * inner_train.context))
        masses = mass_scaler.inverse_transform(kernels.sample(4 * len(inner_train)).astype(np.float32))
        sampled = outer_scaler.inverse_transform(flow.sample(n_samples=len(masses), m=masses))
    with clock("classifier"):
        n_train = int(len(inner_train) / (len(inner_train) + len(inner_val)) * len(sampled))
        inner_scaler = StandardScaler().fit(inner_train.features)
        sets = []
        for real, generated in ((inner_train, sampled[:n_train]), (inner_val, sampled[n_train:])):
            x = inner_scaler.transform(np.concatenate([real.features, generated]))
            sets += shuffle(x, np.repeat([1.0, 0.0], [len(real), len(generated)]), random_state=42)
        classifier = NeuralNetworkClassifier(
            save_path=str(folder), n_inputs=x_train.shape[1], early_stopping=True, epochs=epochs, no_gpu=True
        )
        classifier.fit(*sets)
    with clock("scoring"):
        return np.ravel(classifier.predict(inner_scaler.transform(division.test.features))).astype(float)


def halves(events: Events, rng: np.random.Generator) -> tuple[Events, Events]:
    """To train on and to validate on."""
    order = rng.permutation(len(events))
    n = round(HELD_OUT * len(events))
    return events[order[n:]], events[order[:n]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="labelled events; the demo events where there is none")
    parser.add_argument("--peer", required=True, help="a clone of sk_cathode")
    parser.add_argument("--events", type=int, default=185_000, help="background events of the mass window to search in")
    parser.add_argument("--signal", type=int, default=570, help="signal events among them")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="of the peer's two trainings, at most; it stops by itself")
    parser.add_argument("--workers", type=int, default=1, help="searches at a time")
    parser.add_argument("--cells", type=Path, default=cache_folder() / "benchmarks" / "whole_search")
    options = parser.parse_args()

    # Ours needs no `epochs`; the dearest cells first, so that none is left alone at the end.
    common = {"events": [options.events], "signal": [options.signal], "seed": list(range(1, options.seeds + 1))}
    cells = grid(side=["sk_cathode"], epochs=[options.epochs], **common) + grid(side=["ours"], **common)
    results = scan(
        Search(options.file, str(Path(options.peer).resolve())),
        cells,
        store=Store(options.cells, content_of({"events": options.file})),
        executor=on_this_machine(options.workers),
        progress="searching",
    )
    by_side = {
        side: [result for cell, result in zip(cells, results, strict=True) if cell["side"] == side]
        for side in ("sk_cathode", "ours")
    }
    for side, found in by_side.items():
        failed = [result["failed"] for result in found if "failed" in result]
        if failed:
            print(f"{len(failed)} of {len(found)} searches of {side} are left out: {failed[0]}")
        by_side[side] = [result for result in found if "failed" not in result]
    if all(by_side.values()):
        report(by_side, options)


def report(by_side: Mapping[str, list[dict[str, Any]]], options: argparse.Namespace) -> None:
    one = by_side["ours"][0]
    table = Table(
        title=f"{options.events:,} background and {options.signal:,} signal events, of the first seed "
        f"{one['signal_in_region']} in the signal region, and {one['n_test_background']:,} of background to test; "
        f"{len(by_side['sk_cathode'])} and {len(by_side['ours'])} searches",
        caption="Median (68 %). CPU seconds of one thread. Maximum SIC with at least 25 background events.",
        title_justify="left",
        caption_justify="left",
    )
    for name in ("", *STEPS, "CPU s", "AUC", "maximum SIC", "SIC at 1e-3"):
        table.add_column(name, justify="right" if name else "left")
    totals, maxima = {}, {}
    for side, results in by_side.items():
        totals[side] = float(np.median([sum(result["seconds"].values()) for result in results]))
        maxima[side] = quantiles([result["max_sic"] for result in results])
        steps = (f"{np.median([result['seconds'][step] for result in results]):.1f}" for step in STEPS)
        figures = (interval(quantiles([result[name] for result in results])) for name in FIGURES)
        table.add_row(side, *steps, f"{totals[side]:.0f}", *figures)
    Console(width=140).print(table)
    ratio = totals["sk_cathode"] / totals["ours"]
    print(f"{ratio:.1f} times less CPU (asked: {LESS})")
    if maxima["ours"] and maxima["sk_cathode"]:
        better = maxima["ours"].median >= maxima["sk_cathode"].median
        print(f"maximum SIC equal or better (asked): {'yes' if better else 'NO'}")


def interval(value: Any) -> str:
    return "-" if value is None else f"{value.median:.3g} ({value.low:.3g}-{value.high:.3g})"


if __name__ == "__main__":
    main()
