"""One cell of a benchmark: one search, one feature set, one number of injected events, one seed.

Plain settings in, plain numbers out, in any process: the cell is the unit that is stored, resumed and sent to workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float

from resonaut.analysis.benchmark.division import Division, Pools, divide
from resonaut.analysis.running import placed, watched
from resonaut.events.events import Events
from resonaut.features.robustness import distort
from resonaut.models.training import Device
from resonaut.protocols import Search, Seed
from resonaut.registry import read_config
from resonaut.scans.once import Once
from resonaut.searches.combination import Combination
from resonaut.searches.description import PARTICLES
from resonaut.searches.regions import Region
from resonaut.statistics.agreement import agreement_by_truth
from resonaut.statistics.bands import fpr_at
from resonaut.statistics.bootstrap import bootstrap_errors
from resonaut.statistics.curves import Curves
from resonaut.statistics.floor import Floor

__all__ = ["Cell", "TrainCell"]

Array = np.ndarray
SELECTED = 0.01
"""Of the test events, that each part of a combination selects where their overlap is counted."""
N_BOOTSTRAP = 20
"""Drawings behind an error: the error is then known to 16 %."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Everything that a cell's result depends on, besides the events themselves.

    Args:
        search: Plain settings of the search, its name among them.
        columns: Features.
        injected: Signal events in the window.
        seed: Of the division, of the injection and of the training.
        mass, region, sidebands, known_share, test_share, shift, noise_features, floor: See `BenchmarkSettings`.
    """

    search: Mapping[str, Any]
    columns: tuple[str, ...]
    injected: int
    seed: int
    mass: str
    region: str
    sidebands: str
    known_share: float
    test_share: float
    shift: float
    noise_features: int
    floor: str | float

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"columns": list(self.columns)}


@dataclass(frozen=True)
class TrainCell:
    """Trains a cell's search on its data and reads its curves on events that it never saw.

    Args:
        pools: Reads the events of some columns, with or without particles, in every process once.
        device: Where networks are trained, which is no part of a cell's settings.
        devices: How many of them share a training.
        trainings: Folder of the networks' checkpoints. A training that was stopped goes on; and methods that learn the
            same density of the same sidebands, with the same seed and injected signal, learn it once.
    """

    pools: Once[Pools]
    device: Device = "auto"
    devices: int = 1
    trainings: Path | None = None

    def __call__(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a cell, from `Cell.plain`."""
        cell = Cell(**{**settings, "columns": tuple(settings["columns"])})
        region = Region.parse(cell.region, cell.sidebands)
        division_stream, noise, background, signal_region, bootstrap = np.random.default_rng(cell.seed).spawn(5)
        search: Search = read_config("search", cell.search)
        division = divide(
            self.pools(cell.columns, cell.mass, region, search.needs >= PARTICLES),
            region,
            injected=cell.injected,
            known_share=cell.known_share,
            test_share=cell.test_share,
            seed=division_stream,
        )
        division = _distorted(division, cell, seed=noise)
        search = watched(placed(search, self.device, self.devices), self.trainings, progress=False)
        samples = division.samples.blinded(search.needs)
        clock = [perf_counter()]
        search.fit_background(samples, region, seed=background)
        clock.append(perf_counter())
        search.fit_region(samples, region, seed=signal_region)
        clock.append(perf_counter())
        scores = search.score(division.test.blinded())
        clock.append(perf_counter())
        seconds = dict(zip(("fit_background", "fit_region", "score"), np.diff(clock).round(2).tolist(), strict=True))
        counts = _counts(division, region)
        figures = _figures(division.test, scores, counts, Floor.read(cell.floor), bootstrap)
        return counts | figures | {"agreement": _agreement(search, division.test), "seconds": seconds}


def _distorted(division: Division, cell: Cell, *, seed: Seed) -> Division:
    if not cell.shift and not cell.noise_features:
        return division
    rng = np.random.default_rng(seed)
    parts = {
        name: distort(part, shift=cell.shift, noise_features=cell.noise_features, seed=rng)
        for name, part in vars(division).items()
    }
    return replace(division, **parts)


def _counts(division: Division, region: Region) -> dict[str, Any]:
    """How many events of each class there were, to train with and to test on."""
    data, test = division.data, division.test
    assert data.labels is not None
    assert test.labels is not None
    signal, background = (int((region.in_signal(data.mass) & (data.labels == label)).sum()) for label in (1, 0))
    return {
        "injected_in_region": signal,
        "background_in_region": background,
        "s_over_b": signal / background,
        "s_over_sqrt_b": signal / background**0.5,
        "n_test_signal": int((test.labels == 1).sum()),
        "n_test_background": int((test.labels == 0).sum()),
    }


def _agreement(search: Search, test: Events) -> dict[str, Any] | None:
    """How alike the parts of a combination see the test events; None for a search of one part."""
    if not isinstance(search, Combination):
        return None
    assert test.labels is not None
    by_truth = agreement_by_truth(search.member_scores(test.blinded()), test.labels, fraction=SELECTED)
    return {sample: one.plain() for sample, one in by_truth.items()}


def _figures(
    test: Events, scores: Float[Array, " N"], counts: Mapping[str, Any], floor: Floor, seed: Seed
) -> dict[str, Any]:
    """The figures of merit, their errors, and the curve that medians are taken of."""
    assert test.labels is not None
    assert np.isfinite(scores).all(), "a search gave scores that are not finite"
    curves = Curves.from_scores(test.labels, scores, floor=floor)
    return {
        **curves.figures(),
        "max_sic_fpr": curves.max_sic_fpr,
        "significance": None if curves.max_sic is None else curves.max_sic * counts["s_over_sqrt_b"],
        "errors": bootstrap_errors(test.labels, scores, n=N_BOOTSTRAP, floor=floor, seed=seed),
        "fpr": fpr_at(curves).tolist(),
    }
