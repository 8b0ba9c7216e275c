"""Our detector against the LHC Olympics' one, particle by particle.

    python validation/particles_vs_lhco.py [--events 4000] [--pt-hat-min 1100] [--lhco FOLDER] [--plot FILE.png]

The 1,000 particle-level events of the R&D set (v1; 907 of them background) beside simulated QCD: particles an event,
constituents of both jets, and the spectra of the particles' pT and eta. One number an event is compared with a KS test;
the particles of an event belong together, so that their spectra are compared by chi2 with an error from the spread
between events. v1's threshold in pTHat was found from its jets' spectra: see docs/simulation.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import numpy as np
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table
from scipy.stats import chi2, ks_2samp

PT_EDGES = np.concatenate([[0.1, 0.5, 1, 1.5, 2, 3, 4, 6, 8], np.geomspace(10, 1000, 13)])
ETA_EDGES = np.array([-5, -4, -3.2, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3.2, 4, 5])


def simulated_events(n_events: int, pt_hat_min: float) -> tuple[ak.Array, np.ndarray]:
    """Particles of selected events, and the numbers of constituents of their two leading jets."""
    from resonaut.features.clustering import JetClustering
    from resonaut.simulation.detector import DelphesCMS
    from resonaut.simulation.processes import find_process
    from resonaut.simulation.pythia import PythiaGenerator

    generator = PythiaGenerator(find_process("qcd").settings({"pt_hat_min": pt_hat_min}), veto_pt=1100.0)
    events, constituents, n, seed = [], [], 0, 0
    while n < n_events:
        seed += 1
        particles = DelphesCMS().observe(generator.generate(500, seed=seed).particles, seed=seed)
        dijets = JetClustering().cluster(particles)
        events.append(particles[dijets.index])
        constituents.append(dijets.n)
        n += len(dijets)
    return ak.concatenate(events), np.concatenate(constituents)


def real_events(folder: Path) -> tuple[ak.Array, np.ndarray]:
    """The same of the published background events."""
    from resonaut.events.lhco import read_particles
    from resonaut.features.clustering import JetClustering, massless

    batch = next(read_particles(folder / "lhco_rnd_v1_particles_1000.h5", chunk=1000))
    particles = batch.particles[batch.label == 0]
    events = massless(particles.pt, particles.eta, particles.phi)
    dijets = JetClustering().cluster(events)
    return events[dijets.index], dijets.n


def pt(particles: ak.Array) -> ak.Array:
    return np.hypot(particles.px, particles.py)


def eta(particles: ak.Array) -> ak.Array:
    return np.arcsinh(particles.pz / pt(particles))


def spectrum(values: ak.Array, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean number of particles an event in each bin, and the covariance of that mean."""
    event = np.repeat(np.arange(len(values)), ak.to_numpy(ak.num(values)))
    which = np.searchsorted(edges, ak.to_numpy(ak.flatten(values)), side="right") - 1
    inside = (which >= 0) & (which < len(edges) - 1)
    counts = np.zeros((len(values), len(edges) - 1))
    np.add.at(counts, (event[inside], which[inside]), 1)
    return counts.mean(axis=0), np.cov(counts, rowvar=False) / len(values)


def compare_spectra(ours: ak.Array, theirs: ak.Array, edges: np.ndarray) -> tuple[float, int, float]:
    """chi2, bins and p-value of two particle spectra, correlations between bins included."""
    (mine, my_covariance), (real, real_covariance) = (spectrum(values, edges) for values in (ours, theirs))
    filled = (mine > 0) & (real > 0)
    difference = (mine - real)[filled]
    statistic = float(
        difference @ np.linalg.solve((my_covariance + real_covariance)[np.ix_(filled, filled)], difference)
    )
    return statistic, int(filled.sum()), float(chi2.sf(statistic, filled.sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=4000, help="selected events to simulate")
    parser.add_argument("--pt-hat-min", type=float, default=1100.0)
    add_lhco_option(parser)
    parser.add_argument("--plot", type=Path, help="draw the spectra into this file")
    options = parser.parse_args()

    ours, our_constituents = simulated_events(options.events, options.pt_hat_min)
    theirs, their_constituents = real_events(options.lhco)

    table = Table(title=f"{len(ours):,} simulated and {len(theirs):,} real events", title_justify="left")
    for name in ("quantity", "median", "real median", "KS p"):
        table.add_column(name, justify="left" if name == "quantity" else "right")
    for name, mine, real in (
        ("particles an event", ak.num(ours.px), ak.num(theirs.px)),
        ("constituents, leading jet", our_constituents[:, 0], their_constituents[:, 0]),
        ("constituents, second jet", our_constituents[:, 1], their_constituents[:, 1]),
        ("sum of pT (GeV)", ak.sum(pt(ours), axis=1), ak.sum(pt(theirs), axis=1)),
        (
            "hardest particle's pT (GeV)",
            ak.max(pt(ours), axis=1, mask_identity=False),
            ak.max(pt(theirs), axis=1, mask_identity=False),
        ),
    ):
        mine, real = ak.to_numpy(mine), ak.to_numpy(real)
        table.add_row(name, f"{np.median(mine):.4g}", f"{np.median(real):.4g}", f"{ks_2samp(mine, real).pvalue:.2g}")
    Console(width=100).print(table)

    table = Table(title="spectra of the particles, per event", title_justify="left")
    for name in ("quantity", "chi2", "bins", "p", "largest difference"):
        table.add_column(name, justify="left" if name == "quantity" else "right")
    for name, of, edges in (("pT", pt, PT_EDGES), ("eta", eta, ETA_EDGES)):
        statistic, bins, p = compare_spectra(of(ours), of(theirs), edges)
        (mine, my_cov), (real, real_cov) = (spectrum(of(events), edges) for events in (ours, theirs))
        error = np.sqrt(np.diag(my_cov) + np.diag(real_cov))
        pull = np.divide(mine - real, error, out=np.zeros_like(mine), where=error > 0)
        worst = int(np.abs(pull).argmax())
        where = (
            f"{edges[worst]:.3g}-{edges[worst + 1]:.3g}: {mine[worst] / real[worst] - 1:+.1%}, {pull[worst]:+.1f} sigma"
        )
        table.add_row(name, f"{statistic:.1f}", str(bins), f"{p:.2g}", where)
    Console(width=110).print(table)
    if options.plot:
        draw({"pT (GeV)": (pt, PT_EDGES), "eta": (eta, ETA_EDGES)}, ours, theirs, options.plot)


def draw(
    quantities: dict[str, tuple[Callable[[ak.Array], ak.Array], np.ndarray]], ours: ak.Array, theirs: ak.Array, to: Path
) -> None:
    """Spectra with their ratio, one column a quantity."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, len(quantities), figsize=(11, 6), sharex="col", height_ratios=[3, 1], squeeze=False)
    for column, (name, (of, edges)) in enumerate(quantities.items()):
        (mine, my_cov), (real, real_cov) = (spectrum(of(events), edges) for events in (ours, theirs))
        top, bottom = axes[:, column]
        width = np.diff(edges)
        top.stairs(mine / width, edges, label="resonaut")
        centre = 0.5 * (edges[1:] + edges[:-1])
        top.errorbar(centre, real / width, np.sqrt(np.diag(real_cov)) / width, fmt="k.", label="LHC Olympics R&D")
        ratio = np.divide(mine, real, out=np.full_like(mine, np.nan), where=real > 0)
        error = ratio * np.sqrt(np.diag(my_cov) / mine**2 + np.diag(real_cov) / np.maximum(real, 1e-12) ** 2)
        bottom.errorbar(centre, ratio, error, fmt=".")
        bottom.axhline(1, color="grey", linewidth=1)
        bottom.set(xlabel=name, ylim=(0.7, 1.3), ylabel="ratio")
        top.set(yscale="log", ylabel="particles an event, per unit")
        if "pT" in name:
            top.set_xscale("log")
        top.legend()
    figure.tight_layout()
    figure.savefig(to, dpi=110)


if __name__ == "__main__":
    main()
