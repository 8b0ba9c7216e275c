"""Toys of a whole scan: the events resampled with what every window's search said of them.

An event has one vector: its mass, and which cuts of which windows it passes. The pool of the toys is the data, made to
look like background: masses are smeared, so that the data's own fluctuations do not stay in every toy; then events are
weighted (`statistics/raking.py`) such that all spectra are the fitted ones and that each cut keeps in its window what
is expected of it. A toy draws whole events from the pool, fits every window's spectra anew, chooses the functions anew,
and judges every cut as a hunt does. Its searches are not trained anew; docs/statistics.md says how that was checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.analysis.result import HuntResult
from resonaut.errors import FitError
from resonaut.scans.executors import Executor
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.regions import Region
from resonaut.statistics.raking import rake
from resonaut.statistics.resampling import EventPool, smear
from resonaut.statistics.selected_scan import Estimates, SelectedScan, WindowCuts, quoted_z

__all__ = ["ScoredWindow", "ToyBatch", "make_toys", "toy_batch"]

Array = np.ndarray
BATCH = 50
"""Toys computed at once: few enough that their spectra fit into memory, and that a stopped scan loses little."""
SMEARING = 0.05
"""Of the mass, half a window: what fluctuates within a window is averaged, how the cuts depend on mass stays."""
REPLICAS = 8
"""Copies of an event at other masses: with them a bin of a pool has a third of the data's fluctuation or less."""


@dataclass(frozen=True, eq=False)
class ScoredWindow:
    """A window's result, and by how much every event exceeds the threshold of each of its cuts.

    Args:
        result: Of the hunt.
        margin: Score less threshold, for the cuts in the order of the result's rows.
    """

    result: HuntResult
    margin: Float[Array, "N C"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ToyBatch:
    """Some toys. Call it with a cell: `batch`, its number, and `n`, how many.

    Args:
        pool: Background events by kind, with the selections that `SelectedScan` has.
        statistics: Judges spectra.
        seed: Of the scan.
    """

    pool: EventPool
    statistics: SelectedScan
    seed: int

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """Quoted z of each toy and window; null where a window could not be judged."""
        rng = np.random.default_rng([self.seed, int(cell["batch"])])
        counts = self.pool.toys(int(cell["n"]), seed=rng)
        shifts = rng.standard_normal((len(counts), len(self.statistics.windows), self.statistics.n_cuts))
        estimates = self.statistics.estimate(counts, mean=self.pool.mean, shifts=shifts)
        z = quoted_z(estimates, centre=self.centre)
        return {"z": [[None if np.isnan(value) else round(float(value), 6) for value in toy] for toy in z]}

    @cached_property
    def centre(self) -> Estimates:
        """What the toys' mean says."""
        return self.statistics.estimate(self.pool.mean[None])


def make_toys(
    mass: Float[Array, " N"],
    windows: Sequence[ScoredWindow],
    n_toys: int,
    *,
    seed: int,
    store: Store | None = None,
    executor: Executor | None = None,
    progress: str = "",
) -> Float[Array, "T W"]:
    """Quoted z in every window of background-only repetitions of the scan; NaN where a window could not be judged.

    Args:
        mass: Of the events, GeV.
        windows: In the order of their masses.
        n_toys: How many.
        seed: Fixes them.
        store: Where finished ones are kept.
        executor: Where they are computed.
        progress: What the bar says.
    """
    batch = toy_batch(mass, windows, seed=seed)
    sizes = [min(BATCH, n_toys - first) for first in range(0, n_toys, BATCH)]
    cells = [{"batch": k, "n": n} for k, n in enumerate(sizes)]
    results = scan(batch, cells, store=store, executor=executor, progress=progress)
    return np.array([toy for result in results for toy in result["z"]], dtype=np.float64)


def toy_batch(mass: Float[Array, " N"], windows: Sequence[ScoredWindow], *, seed: int) -> ToyBatch:
    """The pool and the statistics of these windows."""
    statistics = SelectedScan(windows=[_cuts(window.result) for window in windows])
    # A cut that keeps no event of its region gives toys nothing to draw: the event that comes nearest stands for it.
    passes = [np.ones((len(mass), 1), dtype=bool), *(_with_nearest(mass, window) for window in windows)]
    near, copied = smear(mass, SMEARING * float(np.median(mass)), REPLICAS, seed=seed)
    weight = np.full(len(near), 1 / REPLICAS)
    pool = EventPool.of(near, np.concatenate(passes, axis=1)[copied], statistics.edges, weight=weight)
    best = max(windows, key=lambda window: window.result.z_quoted).result
    # The spectrum without the largest excess; from where it is described for any window.
    whole = (float(statistics.edges[0]), float(statistics.edges[-1]))
    spectrum = statistics.fit.fit(mass, whole, best.region)
    expected = spectrum.family.on(pool.edges).events(spectrum.coefficients)
    sides = _sides(pool, mass, passes[1:], statistics)
    raked = rake(pool.expected, [*_bins(pool, expected), *sides, *_parts(pool, expected, statistics)])
    return ToyBatch(pool=replace(pool, expected=raked), statistics=statistics, seed=seed)


def _cuts(result: HuntResult) -> WindowCuts:
    """What the statistics know of a window's cuts."""
    uncut, *rows = result.cuts
    measured = all(row.closure is not None for row in rows)
    return WindowCuts(
        window=result.region,
        fit_range=result.fit_range,
        efficiencies=[row.expected / uncut.expected for row in rows],
        errors=[hypot(row.threshold_error, row.closure_error) / row.expected for row in rows],
        neighbourhood=Region(*result.region, *result.sidebands).neighbourhood() if measured else None,
    )


def _with_nearest(mass: Float[Array, " N"], window: ScoredWindow) -> Bool[Array, "N C"]:
    """Which events pass each cut, one of the region at least."""
    passed = window.margin > 0
    inside = np.flatnonzero((mass >= window.result.region[0]) & (mass < window.result.region[1]))
    for c in np.flatnonzero(~passed[inside].any(axis=0)):
        passed[inside[np.argmax(window.margin[inside, c])], c] = True
    return passed


def _bins(pool: EventPool, expected: Float[Array, " B"]) -> Iterator[tuple[Int[Array, " _"], float]]:
    """Every bin holds what the fit says."""
    starts = np.searchsorted(pool.bins, np.arange(len(expected) + 1))
    for b, events in enumerate(expected):
        yield np.arange(starts[b], starts[b + 1]), float(events)


def _sides(
    pool: EventPool, mass: Float[Array, " N"], passes: Sequence[Bool[Array, "N C"]], statistics: SelectedScan
) -> Iterator[tuple[Int[Array, " _"], float]]:
    """Beside each window what its cuts select follows a fit, where there is one: a resonance there is smoothed away."""
    for w, (cuts, passed) in enumerate(zip(statistics.windows, passes, strict=True)):
        for c in range(statistics.n_cuts):
            try:
                fit = statistics.fit.fit(mass[passed[:, c]], cuts.fit_range, cuts.window)
            except FitError:  # too few: they tell no resonance either
                continue
            selected = pool.passes[:, 1 + w * statistics.n_cuts + c]
            first_kinds = np.searchsorted(pool.bins, np.searchsorted(pool.edges, fit.edges))
            for b in np.flatnonzero(~fit.masked):
                rows = np.arange(first_kinds[b], first_kinds[b + 1])
                yield rows[selected[rows]], float(fit.expected[b])


def _parts(
    pool: EventPool, expected: Float[Array, " B"], statistics: SelectedScan
) -> Iterator[tuple[Int[Array, " _"], float]]:
    """In every region the events that pass no cut, the loosest alone, ..., all of them, are what the cuts say."""
    centres = (pool.edges[1:] + pool.edges[:-1]) / 2
    for w, cuts in enumerate(statistics.windows):
        first = 1 + w * statistics.n_cuts
        inside = (centres > cuts.window[0]) & (centres < cuts.window[1])
        n_passed = pool.passes[:, first : first + statistics.n_cuts].sum(axis=1)
        kept = np.append(np.sort([1.0, *cuts.efficiencies])[::-1], 0.0)
        for k, share in enumerate(kept[:-1] - kept[1:]):
            yield np.flatnonzero(inside[pool.bins] & (n_passed == k)), float(share * expected[inside].sum())
