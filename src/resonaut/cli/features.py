"""`resonaut features`: particles to jets to features, or more features for jets that kept their constituents."""

from __future__ import annotations

from pathlib import Path

from resonaut.cli.options import Common, console, n_cores, read_recipe, without_none

__all__ = ["features"]


def features(
    file: Path | None = None,
    /,
    *,
    features: str | None = None,
    radius: float | None = None,
    leading_pt: float | None = None,
    eta_max: float | None = None,
    constituents: bool | None = None,
    format: str | None = None,
    backbone: Path | None = None,
    common: Common | None = None,
) -> None:
    """Cluster recorded particles into jets and compute features, or compute more features of jets.

    A table that was made with --constituents is not clustered again: it keeps its columns and gets those it lacks.

    Parameters
    ----------
    file
        A particle-level file, such as LHC Olympics HDF5 (key df, 700 x (pT, eta, phi) and a label), or a Parquet table
        with constituents.
    features
        baseline, extended1, extended2, extended3, or columns with commas between them. [default: baseline]
    radius
        Of the anti-kT jets. [default: 1.0]
    leading_pt
        The leading jet's least pT, GeV. [default: 1200]
    eta_max
        Largest |eta| of the leading jet. [default: 2.5]
    constituents
        Keep the jets' constituents.
    format
        Format of FILE, where looking at it should not decide.
    backbone
        Instead of features: what this saved cloud-transformer decides by, as columns embedding_1, embedding_2, ...
    """
    from rich.table import Table

    from resonaut.analysis.extraction import write_features
    from resonaut.cli.settings import FeatureSettings
    from resonaut.features.clustering import JetClustering
    from resonaut.registry import read_config

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run",))["run"]
    given = without_none(
        file=None if file is None else str(file),
        features=features,
        radius=radius,
        leading_pt=leading_pt,
        eta_max=eta_max,
        constituents=constituents,
        format=format,
        backbone=None if backbone is None else str(backbone),
    )
    run = read_config(FeatureSettings, recipe | given)
    source = Path(run.file)
    out = common.out or _beside(source)
    if run.backbone is not None:
        from resonaut.analysis.embedding import write_embedding  # PyTorch with it

        result = write_embedding(source, out, backbone=run.backbone, progress=True)
    else:
        result = write_features(
            source,
            out,
            features=run.features,
            clustering=JetClustering(radius=run.radius, leading_pt=run.leading_pt, eta_max=run.eta_max),
            constituents=run.constituents,
            format=run.format,
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


def _beside(source: Path) -> Path:
    """FILE.parquet of FILE.h5, FILE.features.parquet of FILE.parquet."""
    return source.with_suffix(".features.parquet" if source.suffix == ".parquet" else ".parquet")
