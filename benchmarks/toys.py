"""What a toy of a mass scan costs, and what exact derivatives save.

    OMP_NUM_THREADS=1 python benchmarks/toys.py

1,000 background spectra, 22 windows each, every window's fit with the choice of its function: by Newton's method on all
spectra at once (`resonaut.statistics.spectrum_scan`), in as many processes as asked. A few of the same fits go through
Minuit one by one, with exact derivatives (what a hunt uses) and with numerical ones: the ratios do not depend on the
machine.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter, process_time

import numpy as np
from cyclopts import run
from iminuit import Minuit
from rich.console import Console
from rich.table import Table

from resonaut.statistics.background_fit import SpectrumFit
from resonaut.statistics.falling_spectrum import FallingSpectrum
from resonaut.statistics.many_fits import estimate_windows
from resonaut.statistics.spectrum_likelihood import SpectrumLikelihood
from resonaut.statistics.spectrum_scan import SpectrumScan, overlapping_windows

N_WINDOWS = 22
FIT_RANGE = (2600.0, 5400.0)
SCAN = SpectrumScan(windows=overlapping_windows(3000, 4660, step=0.18), fit_range=FIT_RANGE)


def background(edges: np.ndarray, events: float) -> np.ndarray:
    """A dijet spectrum, (1 - x)^8 / x^5, in these bins."""
    x = (edges[1:] + edges[:-1]) / 2 / 13_000.0
    shape = (1 - x) ** 8 / x**5 * np.diff(edges)
    return events * shape / shape.sum()


def scan_toys(n_toys: int, events: float, seed: int) -> tuple[np.ndarray, float]:
    """Significances of some toys, and the CPU seconds they took."""
    start = process_time()
    counts = np.random.default_rng(seed).poisson(background(SCAN.edges, events), (n_toys, len(SCAN.edges) - 1))
    return SCAN.scan(counts).z, process_time() - start


def minuit_seconds(counts: np.ndarray, edges: np.ndarray, masked: np.ndarray, *, exact: bool) -> float:
    """Seconds a spectrum for the fits with two, three and four shape parameters."""
    start = perf_counter()
    for spectrum in counts:
        family, coefficients = FallingSpectrum.natural_to(edges, spectrum, masked, sqrt_s=13_000.0, n_terms=5)
        likelihood = SpectrumLikelihood(family.on(edges).only(~masked), spectrum[~masked])
        for k in (3, 4, 5):
            function = likelihood if exact else likelihood.__call__  # without its derivatives
            minuit = Minuit(function, coefficients[:k])
            if exact:
                minuit.strategy, minuit.tol = 0, 0.01
            minuit.migrad()
            if not exact:
                minuit.hesse()  # the covariance, which the exact second derivatives give for nothing
    return (perf_counter() - start) / len(counts)


def main(*, toys: int = 1000, events: float = 20_000, workers: int = 2, compared: int = 30) -> None:
    """Time the toys, then compare.

    Parameters
    ----------
    toys
        Spectra.
    events
        In each, before any window is masked.
    workers
        Processes, one thread each.
    compared
        Spectra that also go through Minuit.
    """
    assert len(SCAN.windows) == N_WINDOWS, len(SCAN.windows)
    shares = np.diff(np.linspace(0, toys, 4 * workers + 1).astype(int))
    start = perf_counter()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(scan_toys, shares, [events] * len(shares), range(len(shares))))
    wall = perf_counter() - start
    z, cpu = np.concatenate([part[0] for part in parts]), sum(part[1] for part in parts)

    edges = SCAN.fit.bin_edges(FIT_RANGE, SCAN.windows[10])
    masked = (edges[:-1] >= SCAN.windows[10][0]) & (edges[1:] <= SCAN.windows[10][1])
    counts = np.random.default_rng(99).poisson(background(edges, events), (1000, len(edges) - 1))
    start = perf_counter()
    estimate_windows(SpectrumFit(), edges, counts, SCAN.windows[10])
    newton = (perf_counter() - start) / len(counts)
    exact, numerical = (minuit_seconds(counts[:compared], edges, masked, exact=exact) for exact in (True, False))

    table = Table(title=f"{toys:,} toys of {events:,.0f} events, {N_WINDOWS} windows", title_justify="left")
    for name in ("", "a window of a toy", "of numerical derivatives"):
        table.add_column(name, justify="right")
    for name, seconds in (("Minuit, numerical", numerical), ("Minuit, exact", exact), ("all at once", newton)):
        table.add_row(name, f"{1e3 * seconds:.2f} ms", f"1 / {numerical / seconds:.0f}")
    Console().print(table)
    print(f"{wall:.1f} s with {workers} processes ({cpu:.1f} s of CPU); asked: below 60 s with 2")
    print(f"z without a signal: mean {np.nanmean(z):+.2f}, width {np.nanstd(z):.2f}, {np.isnan(z).sum()} without a fit")


if __name__ == "__main__":
    run(main)
