"""By how much is the fitted background of a signal region wrong, where the truth is known?

    python validation/spectrum_bias.py --lhco FOLDER

Background alone, from the embedded demo events (by their labels) and from the LHC Olympics' v1 jets, fitted with the
region masked and held against what the region holds. `resonaut limit` takes the size of what it finds as the default of
its uncertainty `background_bias`.
"""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow.parquet as pq
from real_events import add_lhco_option
from rich.console import Console
from rich.table import Table

from resonaut.errors import FitError
from resonaut.events.demo import demo_events
from resonaut.statistics.background_fit import SpectrumFit, find_fit_range

OUTER = (2300.0, 5000.0)
WINDOWS = ((3000.0, 3350.0), (3300.0, 3700.0), (3500.0, 3920.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_lhco_option(parser)
    jets = pq.read_table(parser.parse_args().lhco / "lhco_rnd_v1_jets_50k.parquet", columns=["mjj", "label"])
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


if __name__ == "__main__":
    main()
