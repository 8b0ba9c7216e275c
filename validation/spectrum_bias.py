"""By how much is the fitted background of a signal region wrong, where the truth is known?

    python validation/spectrum_bias.py --lhco FOLDER
    python validation/spectrum_bias.py --lhco FOLDER --selections EVENTS

Background alone, from the embedded demo events (by their labels) and from the LHC Olympics' v1 jets, fitted with the
region masked and held against what the region holds. `resonaut limit` takes the size of what it finds as the default of
its uncertainty `background_bias`.

With --selections a second table: the masses of EVENTS are drawn from 150 times, 40,000 at a time, smeared by 30 GeV,
and random shares of each draw are fitted as what a cut has selected, by themselves and starting from the fitted shape
of the whole draw. Whatever is found wrong is the fit's, as no search has looked.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table

from resonaut.errors import FitError
from resonaut.events.demo import demo_events
from resonaut.events.reading import read_events
from resonaut.features.sets import resolve
from resonaut.searches.regions import Region
from resonaut.statistics.background_fit import SpectrumFit, find_fit_range
from resonaut.statistics.counting import significance

OUTER = (2300.0, 5000.0)
WINDOWS = ((3000.0, 3350.0), (3300.0, 3700.0), (3500.0, 3920.0))
SHARES = (0.1, 0.03, 0.01)
DRAWS = 150
EVENTS_OF_A_DRAW = 40_000
SMEARING = 30.0
"""GeV: less than a bin."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_lhco_option(parser)
    parser.add_argument(
        "--selections", type=Path, metavar="EVENTS", help="simulated background, of which shares are fitted"
    )
    options = parser.parse_args()
    jets = pq.read_table(options.lhco / "lhco_rnd_v1_jets_50k.parquet", columns=["mjj", "label"])
    demo = demo_events()
    assert demo.labels is not None
    samples = {
        "demo background": demo.mass[demo.labels == 0],
        "LHCO v1 background": jets["mjj"].to_numpy().astype(np.float64)[jets["label"].to_numpy() == 0],
    }
    table = Table(title="fit with the window masked, against truth", title_justify="left")
    for name in ("sample", "window [GeV]", "fit from", "observed", "expected", "difference", "in sigma"):
        table.add_column(name, justify="right")
    for name, mass in samples.items():
        for window in WINDOWS:
            try:
                fit = SpectrumFit().fit(mass, find_fit_range(mass, OUTER, window), window)
            except FitError as error:
                print(name, window, error)
                continue
            observed = int(((mass >= window[0]) & (mass < window[1])).sum())
            value, error = fit.integral(*window)
            both = np.hypot(error, np.sqrt(value))
            cells = (name, "{:.0f}-{:.0f}".format(*window), f"{fit.fit_range[0]:.0f}", f"{observed:,}")
            table.add_row(
                *cells,
                f"{value:,.0f} ± {error:.0f}",
                f"{(value / observed - 1):+.1%} ± {both / observed:.1%}",
                f"{(value - observed) / both:+.1f}",
            )
    Console(width=110).print(table)
    if options.selections is not None:
        Console(width=110).print(selections(options.selections))


def selections(events: Path) -> Table:
    """How the fits of random shares of a spectrum are off."""
    region = Region()
    loaded = read_events(events, features=resolve("baseline"), mass="mjj")
    loaded = loaded[region.in_window(loaded.mass)]
    masses = loaded.mass if loaded.labels is None else loaded.mass[loaded.labels == 0]
    found: dict[tuple[float, str], list[tuple[float, float]]] = {}
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        mass = rng.choice(masses, rng.poisson(EVENTS_OF_A_DRAW))
        mass = mass + SMEARING * rng.standard_normal(len(mass))
        mass = mass[region.in_window(mass)]
        fit_range = find_fit_range(mass, region.sidebands, region.window)
        whole = SpectrumFit().fit(mass, fit_range, region.window)
        for share in SHARES:
            selected = mass[rng.random(len(mass)) < share]
            observed = int(region.in_signal(selected).sum())
            for name, like in (("by itself", None), ("from the shape of all", whole)):
                expected = SpectrumFit().fit(selected, fit_range, region.window, like=like).integral(*region.window)
                z = significance(observed, *expected).z
                found.setdefault((share, name), []).append((observed / expected.value, z))
    table = Table(title=f"random shares of {DRAWS} spectra", title_justify="left")
    for name in ("share", "fitted", "observed / expected", "mean z", "width of z"):
        table.add_column(name, justify="right")
    for (share, name), rows in found.items():
        ratio, z = np.array(rows).T
        mean = f"{z.mean():+.2f} ± {1 / np.sqrt(DRAWS):.2f}"
        table.add_row(f"{100 * share:g} %", name, f"{ratio.mean():.3f}", mean, f"{z.std():.2f}")
    return table


if __name__ == "__main__":
    main()
