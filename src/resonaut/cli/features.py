"""`resonaut features`: particles to jets to features."""

from __future__ import annotations

from pathlib import Path

from resonaut.cli.options import Common, console, n_cores

__all__ = ["features"]


def features(
    file: Path,
    /,
    *,
    features: str = "baseline",
    radius: float = 1.0,
    leading_pt: float = 1200.0,
    eta_max: float = 2.5,
    constituents: bool = False,
    format: str | None = None,
    common: Common | None = None,
) -> None:
    """Cluster recorded particles into jets and compute features.

    Parameters
    ----------
    file
        A particle-level file, such as LHC Olympics HDF5 (key df, 700 x (pT, eta, phi) and a label).
    features
        A feature set's name, or columns with commas between them.
    radius
        Of the anti-kT jets.
    leading_pt
        The leading jet's least pT, GeV.
    eta_max
        Largest |eta| of the jets.
    constituents
        Keep the jets' constituents.
    format
        Format of FILE, where looking at it should not decide.
    """
    from rich.table import Table

    from resonaut.analysis.extraction import write_features
    from resonaut.features.clustering import JetClustering

    common = common or Common()
    out = common.out or file.with_suffix(".parquet")
    result = write_features(
        file,
        out,
        features=features,
        clustering=JetClustering(radius=radius, leading_pt=leading_pt, eta_max=eta_max),
        constituents=constituents,
        format=format,
        workers=common.workers or n_cores(),
        progress=True,
    )
    table = Table()
    table.add_column("events")
    table.add_column("number", justify="right")
    table.add_row("read", f"{result.n_events:,}")
    for reason, count in result.exclusions.items():
        if count:
            table.add_row(f"left out: {reason}", f"{count:,}")
    table.add_row("written", f"{result.n_selected:,}")
    printer = console()
    printer.print(table)
    printer.print(f"{result.path} in {result.seconds:.1f} s", highlight=False, soft_wrap=True)
