"""Are the simulated processes what they are called? Peaks beside their inputs, and the dark sector's own numbers.

    python validation/processes.py [--events 1000] [--out processes.png]

Dijet peaks of every resonance (where the events are densest, smoothed by 2 %, for true particles and behind the
detector) beside the mass that was asked for, and the mass of top jets; for semivisible jets the dark hadrons per event
and their invisible fraction beside r_inv, before filters. The figure shows their missing transverse momentum and
transverse mass

    M_T^2 = m_jj^2 + 2 (sqrt(m_jj^2 + p_T,jj^2) MET - p_T,jj . MET),

which is nearer to the Z' than the dijet mass. Ends with an error where a peak is off by more than 3 %, or the invisible
fraction by more than four standard errors.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import awkward as ak
import matplotlib.pyplot as plt
import mplhep
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy.stats import gaussian_kde

from resonaut.features.clustering import JetClustering
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import DelphesCMS, NoDetector
from resonaut.simulation.processes import find_process
from resonaut.simulation.pythia import configure

PEAKS = {
    "wprime-xy": "mass_wprime",
    "wprime-xy3": "mass_wprime",
    "qstar-qw": "mass_qstar",
    "zprime-tt": "mass_zprime",
}
TOP_MASS = 173.0
R_INV = (0.0, 0.3, 0.5, 0.9)
DARK_MESONS = (4900111, 4900211, 4900113, 4900213)
TOLERANCE = 0.03


def simulate(name: str, n: int, *, detector: object, jets: JetClustering, **parameters: float) -> pd.DataFrame:
    process = find_process(name)
    resolved = process.parameters(parameters, leading_pt=jets.leading_pt)
    chain = Chain(process=process, parameters=resolved, detector=detector, clustering=jets, seed=1, block_size=n)
    return chain.run(0).table.to_pandas()


def peak(values: np.ndarray) -> float:
    """Where the values are densest, smoothed by 2 %."""
    width = 0.02 * np.median(values)
    density = gaussian_kde(values, bw_method=width / np.std(values, ddof=1))
    grid = np.arange(values.min(), values.max(), 0.05 * width)
    return float(grid[np.argmax(density(grid))])


def peaks(n: int) -> bool:
    """Print the table of peaks; whether all are where they should be."""
    table = Table(title=f"peaks from {n} generated events each, GeV", title_justify="left")
    for column in ("process", "of", "input", "true particles", "detector"):
        table.add_column(column, justify="left" if column in ("process", "of") else "right")
    good = True
    wide = JetClustering(leading_pt=600.0)
    for name in (*PEAKS, "ttbar"):
        events = {type(d).__name__: simulate(name, n, detector=d, jets=wide) for d in (NoDetector(), DelphesCMS())}
        if name == "ttbar":
            what, expected = "heavier jet's mass", TOP_MASS
            found = [peak(table["mj1"] + table["delta_mj"]) for table in events.values()]
        else:
            what, expected = "dijet mass", find_process(name).parameters()[PEAKS[name]]
            found = [peak(table["mjj"]) for table in events.values()]
            good &= all(abs(value / expected - 1) < TOLERANCE for value in found)
        shown = (f"{value:.0f} ({value / expected - 1:+.1%})" for value in found)
        table.add_row(name, what, f"{expected:.0f}", *shown)
    Console(width=100).print(table)
    return good


def dark_hadrons(n: int) -> bool:
    """Print what becomes of the dark quarks; whether the invisible fraction is r_inv."""
    table = Table(title=f"svj, mass_zprime 3000, mass_dark 20, {n} events each", title_justify="left")
    for column in ("r_inv", "dark hadrons per event", "invisible fraction", "events that pass the filters"):
        table.add_column(column, justify="right")
    good = True
    svj = find_process("svj")
    for r_inv in R_INV:
        pythia = configure(svj.settings({"r_inv": r_inv}), 13000.0)
        pythia.init()
        pythia.rndm.init(1)
        record = pythia.nextBatch(n).prt
        identifier = abs(record.id)
        n_dark = ak.to_numpy(sum(ak.sum(identifier == meson, axis=1) for meson in DARK_MESONS))
        invisible = float(ak.sum((identifier == 51) | (identifier == 53))) / 2 / n_dark.sum()
        error = np.sqrt(max(r_inv * (1 - r_inv), 1e-12) / n_dark.sum())
        passing = np.mean(np.all([event_filter.keep(record) for event_filter in svj.filters], axis=0))
        spread = n_dark.std() / np.sqrt(len(n_dark))
        table.add_row(
            f"{r_inv}", f"{n_dark.mean():.1f} ± {spread:.1f}", f"{invisible:.3f} ± {error:.3f}", f"{passing:.0%}"
        )
        good &= bool(abs(invisible - r_inv) < 4 * error + 1e-9)
    Console(width=100).print(table)
    return good


def transverse_mass(events: pd.DataFrame) -> np.ndarray:
    """Of the dijet system and the missing transverse momentum (GeV)."""
    px = sum(events[f"jet{jet}_pt"] * np.cos(events[f"jet{jet}_phi"]) for jet in (1, 2))
    py = sum(events[f"jet{jet}_pt"] * np.sin(events[f"jet{jet}_phi"]) for jet in (1, 2))
    along = px * events["met"] * np.cos(events["met_phi"]) + py * events["met"] * np.sin(events["met_phi"])
    energy = np.sqrt(events["mjj"] ** 2 + px**2 + py**2)
    return np.sqrt(events["mjj"] ** 2 + 2 * (energy * events["met"] - along))


def draw(n: int, out: Path) -> None:
    """MET, dijet mass and transverse mass for every r_inv."""
    mplhep.style.use("CMS")
    figure, axes = plt.subplots(1, 3, figsize=(30, 9))
    jets = JetClustering(radius=0.8, leading_pt=400.0)
    table = Table(title="svj behind the detector, AK8 jets above 400 GeV; medians, GeV", title_justify="left")
    for column in ("r_inv", "selected", "MET", "dijet mass", "M_T"):
        table.add_column(column, justify="right")
    for r_inv in R_INV:
        events = simulate("svj", n, detector=DelphesCMS(), jets=jets, r_inv=r_inv)
        shown = (
            (events["met"], np.linspace(0, 1500, 26), r"$p_T^\mathrm{miss}$ [GeV]"),
            (events["mjj"], np.linspace(0, 4000, 26), r"$m_{jj}$ [GeV]"),
            (transverse_mass(events), np.linspace(0, 4000, 26), r"$M_T$ [GeV]"),
        )
        for axis, (values, bins, label) in zip(axes, shown, strict=True):
            axis.hist(
                values, bins=bins, density=True, histtype="step", linewidth=3, label=rf"$r_\mathrm{{inv}}={r_inv}$"
            )
            axis.set(xlabel=label, ylabel="share of events / GeV")
        medians = (f"{np.median(values):.0f}" for values, *_ in shown)
        table.add_row(f"{r_inv}", f"{len(events)}", *medians)
    for axis in axes[1:]:
        axis.axvline(3000, color="grey", linestyle="--", label=r"$m_{Z'}$")
    for axis in axes:
        axis.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=60)
    Console(width=100).print(table)
    print(f"figure: {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--events", type=int, default=1000, help="generated events of each resonance; semivisible jets get half"
    )
    parser.add_argument("--out", type=Path, default=Path("processes.png"), help="the figure")
    options = parser.parse_args()
    good = [peaks(options.events), dark_hadrons(options.events // 2)]
    draw(options.events // 2, options.out)
    if not all(good):
        raise SystemExit("a peak is off by more than 3 %, or the invisible fraction by more than 4 standard errors")


if __name__ == "__main__":
    main()
