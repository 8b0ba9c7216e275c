"""Ten black boxes with seeds fixed in advance: what does a scan claim, what is there, and what does a bump hunt see?

    python validation/black_boxes.py make --out BOXES --background EVENTS     # where Pythia is
    python validation/black_boxes.py hunt BOXES --workers 16                  # anywhere

`make` draws what the seeds 1 to 10 hide, as `resonaut simulate blackbox` does, simulates the signals, and puts them
into background: that of EVENTS, simulated once with the same settings and dealt out without repeats, or, without it,
simulated anew (`resonaut simulate blackbox --seed SEED`). A box is one small file of the baseline features without
labels; the truth lies beside it.

`hunt` scans each box (`resonaut hunt BOX --scan 2900:4500 --seed 1`), claims where the global z exceeds 3, and only
then opens the truths. A claim is right where the fitted peak, or without one the window's centre, is within 5 % of the
resonance's mass. The bump hunt makes the same scan of the mass spectrum without a search. Both commands go on where
they were stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from resonaut.analysis.hunt import run_hunt
from resonaut.analysis.result import HuntResult
from resonaut.analysis.settings import HuntSettings, ScanSettings
from resonaut.cli.options import read_recipe
from resonaut.events.reading import read_events
from resonaut.features.sets import resolve
from resonaut.registry import read_config
from resonaut.runs.folder import atomic_path
from resonaut.runs.processes import limit_threads
from resonaut.simulation.blackbox import draw_hidden, n_inside
from resonaut.simulation.production import simulate
from resonaut.simulation.sealing import read_sealed, sealed_path
from resonaut.statistics.background_fit import SpectrumFit
from resonaut.statistics.global_significance import global_significance
from resonaut.statistics.spectrum_scan import SpectrumScan

SEEDS = tuple(range(1, 11))
CENTRES = "2900:4500"
MASS_RANGE = (2300.0, 5000.0)
COLUMNS = ("mjj", *resolve("baseline"))
TOLERANCE = 0.05
EVIDENCE = 3.0
WINDOWS_AT_ONCE = 8
"""Windows of one scan; more workers than this search several boxes at once."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    maker = commands.add_parser("make")
    maker.add_argument("--out", type=Path, required=True)
    maker.add_argument("--background", type=Path, nargs="+", help="simulated QCD with the baseline features, in files")
    maker.add_argument("--events", type=int, default=90_000, help="of each box")
    maker.add_argument("--workers", type=int, default=1)
    hunter = commands.add_parser("hunt")
    hunter.add_argument("boxes", type=Path, help="folder that `make` wrote")
    hunter.add_argument("--recipe", type=Path, help="whose [search] to take; by default cross-fitted CATHODE")
    hunter.add_argument("--toys", type=int, default=1000)
    hunter.add_argument("--workers", type=int, default=1)
    hunter.add_argument("--out", type=Path, help="runs; by default BOXES/runs")
    options = parser.parse_args()
    if options.command == "make":
        make(options.out, options.background, options.events, options.workers)
    else:
        search_boxes(
            options.boxes, options.out or options.boxes / "runs", options.recipe, options.toys, options.workers
        )


def make(out: Path, background: Sequence[Path] | None, n_events: int, workers: int) -> None:
    """Write BOXES/box-SEED.parquet and truth-SEED.json."""
    out.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(SEEDS):
        truth_file = out / f"truth-{seed}.json"
        if truth_file.exists():
            continue
        if background is None:
            table, truth = simulated_box(out, seed, n_events, workers)
        else:
            slice_ = pq.read_table([*background], columns=[*COLUMNS]).slice(place * n_events, n_events)
            if len(slice_) < n_events:
                raise SystemExit(f"the background is used up at box {seed}; lower --events, or give more of it")
            table, truth = mixed_box(slice_, out, seed, workers)
        with atomic_path(out / f"box-{seed}.parquet") as temporary:
            pq.write_table(_small(table), temporary, compression="zstd")
        with atomic_path(truth_file) as temporary:
            temporary.write_text(json.dumps(truth) + "\n")
        print(f"box {seed}: {len(table):,} events")


def simulated_box(out: Path, seed: int, n_events: int, workers: int) -> tuple[pa.Table, dict[str, Any]]:
    """As `resonaut simulate blackbox` makes it, and what it sealed."""
    full = out / "simulated" / f"box-{seed}.parquet"
    full.parent.mkdir(exist_ok=True)
    simulate("blackbox", events=n_events, out=full, seed=seed, workers=workers, mass_range=MASS_RANGE)
    sealed = read_sealed(sealed_path(full))
    kept = ("process", "mass", "n_signal", "n_signal_in_window", "n_background_in_window", "s_over_sqrt_b")
    return pq.read_table(full), {key: sealed[key] for key in kept}


def mixed_box(background: pa.Table, out: Path, seed: int, workers: int) -> tuple[pa.Table, dict[str, Any]]:
    """The same, on background that is there already."""
    hidden = draw_hidden(seed)
    masses = background["mjj"].to_numpy()
    truth: dict[str, Any] = {"process": hidden.process, "mass": hidden.mass, "n_signal": 0, "s_over_sqrt_b": 0.0}
    if hidden.process is None or hidden.window is None:
        return background, truth
    in_window = n_inside(masses, hidden.window)
    needed = round(hidden.strength * in_window**0.5)
    full = out / "simulated" / f"signal-{seed}.parquet"
    full.parent.mkdir(exist_ok=True)
    # At 2.9 and 4.5 TeV half to three quarters of the selected events lie in the window (docs/blackbox.md).
    simulate(
        hidden.process,
        events=3 * needed,
        out=full,
        seed=seed,
        workers=workers,
        parameters=hidden.parameters,
        mass_range=MASS_RANGE,
    )
    signal = pq.read_table(full, columns=[*COLUMNS])
    inside = np.cumsum((signal["mjj"].to_numpy() >= hidden.window[0]) & (signal["mjj"].to_numpy() < hidden.window[1]))
    n_signal = int(np.searchsorted(inside, needed)) + 1
    assert inside[-1] >= needed, f"box {seed}: {inside[-1]} signal events in the window, {needed} needed"
    rng = np.random.default_rng(seed)
    kept = rng.permutation(len(background))[n_signal:]
    both = pa.concat_tables([_small(background).take(np.sort(kept)), _small(signal).slice(0, n_signal)])
    truth |= {"n_signal": n_signal, "s_over_sqrt_b": needed / in_window**0.5}
    return both.take(rng.permutation(len(both))), truth


def _small(table: pa.Table) -> pa.Table:
    """The columns of a box, in four bytes each."""
    return pa.table({name: table[name].cast(pa.float32()) for name in COLUMNS})


def search_boxes(boxes: Path, out: Path, recipe: Path | None, n_toys: int, workers: int) -> None:
    """Scan every box, then compare with the truths."""
    search = read_config("search", read_recipe(recipe, sections=("run", "search"))["search"] or "crossfit")
    limit_threads(1)

    def hunted(seed: int) -> HuntResult:
        scan = ScanSettings(centres=CENTRES, toys=n_toys)
        settings = HuntSettings(events=str(boxes / f"box-{seed}.parquet"), scan=scan, seed=1)
        result = run_hunt(settings, search, out=out / f"box-{seed}", workers=min(workers, WINDOWS_AT_ONCE))
        print(f"box {seed}: searched", flush=True)
        return result

    # Threads only wait: the windows are searched in processes of their own.
    with ThreadPoolExecutor(max(1, workers // WINDOWS_AT_ONCE)) as pool:
        results = dict(zip(SEEDS, pool.map(hunted, SEEDS), strict=True))
        bumps = dict(zip(SEEDS, pool.map(partial(bump_hunt, boxes, results, n_toys), SEEDS), strict=True))
    truths = {seed: json.loads((boxes / f"truth-{seed}.json").read_text()) for seed in SEEDS}
    rows = [row_of(seed, truths[seed], results[seed], bumps[seed]) for seed in SEEDS]
    (out / "result.json").write_text(json.dumps(rows, indent=2) + "\n")
    show(rows)


def bump_hunt(boxes: Path, results: Mapping[int, HuntResult], n_toys: int, seed: int) -> tuple[float, float | None]:
    """Global z of the largest excess of the mass spectrum in the same windows, and the window's centre."""
    windows = [result for result in results[seed].windows if result.cuts[0].withheld is None]
    if not windows:
        return 0.0, None
    best = max(windows, key=lambda result: result.cuts[0].z_local)
    mass = read_events(boxes / f"box-{seed}.parquet", features=COLUMNS[1:], mass="mjj").mass
    # The turn-on makes some windows' fits start later than others'; toys have none, and start with the earliest.
    fit_range = min(result.fit_range for result in windows)
    scan = SpectrumScan(windows=[result.region for result in windows], fit_range=fit_range)
    fit = SpectrumFit().fit(mass, fit_range, best.region)
    background = fit.family.on(scan.edges).events(fit.coefficients)
    toys = scan.scan(np.random.default_rng(seed).poisson(background, (n_toys, len(background)))).z
    return global_significance(best.cuts[0].z_local, toys).z, sum(best.region) / 2


def row_of(seed: int, truth: Mapping[str, Any], result: HuntResult, bump: tuple[float, float | None]) -> dict[str, Any]:
    """Truth, claim and verdict of one box."""
    cut = max((row for row in result.cuts[1:] if row.withheld is None), key=lambda row: row.z_local, default=None)
    fit = next((fit for fit in result.fits if cut is not None and fit.efficiency == cut.efficiency), None)
    centre = sum(result.region) / 2
    claimed = centre if fit is None or fit.peak_mass is None else fit.peak_mass
    bump_z, bump_mass = bump
    return {
        "seed": seed,
        "process": truth["process"],
        "mass": truth["mass"],
        "s_over_sqrt_b": truth["s_over_sqrt_b"],
        "n_signal": truth["n_signal"],
        "claim": result.claim,
        "z_global": result.z_global,
        "z_quoted": result.z_quoted,
        "claimed_mass": claimed if result.claim == "made" else None,
        "verdict": verdict(truth["mass"], claimed if result.claim == "made" else None),
        "bump_hunt_z_global": bump_z,
        "bump_hunt_verdict": verdict(truth["mass"], bump_mass if bump_z > EVIDENCE else None),
    }


def verdict(mass: float | None, claimed: float | None) -> str:
    """Against the truth."""
    if claimed is None:
        return "correct silence" if mass is None else "miss"
    return "right" if mass is not None and abs(claimed - mass) <= TOLERANCE * mass else "false alarm"


def show(rows: list[dict[str, Any]]) -> None:
    table = Table(title="black boxes: truth, scan, bump hunt", title_justify="left")
    for name in (
        "seed",
        "process",
        "mass",
        "S",
        "S/sqrt(B)",
        "z global",
        "claim",
        "at",
        "verdict",
        "bump hunt z",
        "verdict ",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            str(row["seed"]),
            row["process"] or "empty",
            "-" if row["mass"] is None else f"{row['mass']:.0f}",
            str(row["n_signal"]),
            f"{row['s_over_sqrt_b']:.1f}",
            "-" if row["z_global"] is None else f"{row['z_global']:.1f}",
            row["claim"].split(" because")[0],
            "-" if row["claimed_mass"] is None else f"{row['claimed_mass']:.0f}",
            row["verdict"],
            f"{row['bump_hunt_z_global']:.1f}",
            row["bump_hunt_verdict"],
        )
    Console(width=150).print(table)
    for name, key in (("scan", "verdict"), ("bump hunt", "bump_hunt_verdict")):
        counts = {
            what: sum(row[key] == what for row in rows) for what in ("right", "miss", "false alarm", "correct silence")
        }
        print(f"{name}:", ", ".join(f"{n} {what}" for what, n in counts.items()))


if __name__ == "__main__":
    main()
