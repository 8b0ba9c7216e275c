"""Do normalised autoencoders cure what CMS saw: a plain autoencoder that reconstructs what it should find strange?

    for p in "qcd --set pt_hat_min=300" "ttbar --set pt_hat_min=300" "svj --set mass_zprime=1500"; do
        resonaut simulate $p --leading-pt 400 --radius 0.8 --features substructure --constituents --events 40000 \
            --out ${p%% *}.parquet
    done
    python validation/outliers.py jets qcd=qcd.parquet top=ttbar.parquet svj=svj.parquet --out jets
    python validation/outliers.py train jets --out study --seeds 5 --workers 4
    python validation/outliers.py show study

`jets` takes the jets of 400 < pT < 700 GeV and |eta| < 2.5 of each class and draws from them so that all classes have
one pT spectrum; with `--trees` it makes their declusterings from the constituents. `train` trains each model on top and
on QCD jets, half of them, once a seed, and holds all of the rest against it after every epoch; it goes on where it was
stopped. Nothing ends a training early, so that it shows what becomes of it. `--models ngae` is the graph autoencoder,
which wants the declusterings and takes ten times as long. `show` prints the tables and draws the figure of the
collapse.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from resonaut.features.constituents import read_particles
from resonaut.features.jets import FlatJets
from resonaut.features.lund import lund_tree
from resonaut.features.sets import SUBSTRUCTURE
from resonaut.features.single_jets import PARTICLES, needed_columns, single_jets
from resonaut.models.outlier.autoencoder import Autoencoder
from resonaut.quality.transport import exact_wasserstein
from resonaut.registry import read_config
from resonaut.runs.folder import checksum
from resonaut.scans.executors import on_this_machine
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store

PT, ETA = (400.0, 700.0), 2.5
BINS = np.linspace(*PT, 13)
COMPARED = 1000
"""Jets of the distance at the end."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    jets = verbs.add_parser("jets")
    jets.add_argument("files", nargs="+", metavar="CLASS=FILE")
    jets.add_argument("--trees", action="store_true")
    train = verbs.add_parser("train")
    train.add_argument("jets", type=Path)
    train.add_argument("--backgrounds", nargs="+", default=["top", "qcd"])
    train.add_argument("--models", nargs="+", default=["ae", "nae", "wnae", "trees"])
    train.add_argument("--seeds", type=int, default=5)
    train.add_argument("--epochs", type=int, default=60)
    train.add_argument("--pretraining", type=int, default=20)
    train.add_argument("--workers", type=int, default=1)
    for verb in (jets, train):
        verb.add_argument("--out", type=Path, required=True)
    show = verbs.add_parser("show")
    show.add_argument("out", type=Path)
    options = parser.parse_args()
    if options.verb == "jets":
        write_jets(options.files, options.out, trees=options.trees)
    elif options.verb == "train":
        run(options)
    else:
        from outlier_tables import show as tables_and_figure

        tables_and_figure(options.out)


def write_jets(files: list[str], out: Path, *, trees: bool) -> None:
    """One table a class, with the same pT spectrum, and the declusterings of its jets in `trees/`."""
    classes: dict[str, list[pa.Table]] = {}
    for given in files:
        name, _, path = given.partition("=")
        classes.setdefault(name, []).append(selected(Path(path), trees))
    tables = {name: pa.concat_tables(parts) for name, parts in classes.items()}
    shares = {name: np.histogram(table["pt"], BINS)[0] / table.num_rows for name, table in tables.items()}
    common = np.min(list(shares.values()), axis=0)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        keep = np.divide(common, shares[name], out=np.zeros_like(common), where=shares[name] > 0)
        rng = np.random.default_rng(1)
        kept = rng.random(table.num_rows) < keep[np.digitize(table["pt"], BINS) - 1]
        # In a random order: the chunks of a class may be of several masses.
        table = table.filter(kept).take(rng.permutation(kept.sum()))
        if trees:
            (out / "trees").mkdir(exist_ok=True)
            ak.to_parquet(lund_tree(FlatJets.of(read_particles(table))), out / "trees" / f"{name}.parquet")
        pq.write_table(table.drop_columns(PARTICLES if trees else []), out / f"{name}.parquet", compression="zstd")
        print(f"{name}: {table.num_rows:,} jets of {len(kept):,}, mean pT {np.mean(table['pt']):.1f} GeV")


def selected(path: Path, particles: bool) -> pa.Table:
    """The jets of a production in the window of pT and eta, in single precision."""
    jets = single_jets(pq.read_table(path, columns=needed_columns(particles=particles)), particles=particles)
    pt, eta = jets["pt"].to_numpy(), jets["eta"].to_numpy()
    jets = jets.filter((pt > PT[0]) & (pt < PT[1]) & (np.abs(eta) < ETA))
    names = ("pt", "eta", *SUBSTRUCTURE)
    schema = [(name, pa.float32()) for name in names]
    if particles:
        schema += [(name, pa.list_(pa.float32())) for name in PARTICLES]
    return jets.select([name for name, _ in schema]).cast(pa.schema(schema))


def run(options: argparse.Namespace) -> None:
    """Train every cell that is missing."""
    files = sorted(options.jets.glob("*.parquet"))
    cells = grid(
        model=options.models,
        background=options.backgrounds,
        epochs=[options.epochs],
        pretraining=[options.pretraining],
        seed=list(range(1, options.seeds + 1)),
    )
    # The first seed of everything first: what a stopped study has is then a whole one with fewer seeds.
    cells.sort(key=lambda cell: (cell["seed"], {"wnae": 0, "nae": 1}.get(cell["model"], 2)))
    store = Store(options.out / "cells", depends_on={path.stem: checksum(path) for path in files})
    how = on_this_machine(options.workers)
    scan(partial(trained, str(options.jets)), cells, store=store, executor=how, progress="training")


def trained(folder: str, cell: Mapping[str, Any]) -> dict[str, Any]:
    """One training, and what comes of it."""
    read = trees_of if cell["model"] == "ngae" else features
    jets = {path.stem: read(path) for path in sorted(Path(folder).glob("*.parquet"))}
    background = jets.pop(cell["background"])
    # The halves are the same for every seed: what differs is the training.
    train, test = background[::2], background[1::2]
    if cell["model"] == "trees":
        return {"auc": of_trees(train, test, jets, cell["seed"])}
    start = time.process_time()
    model = detector(cell).fit(train, seed=cell["seed"])
    seconds = time.process_time() - start
    drawn = model.sample(2000, seed=1)
    scaled = [model.coordinates(x) for x in (test, drawn, train)]
    return {
        "auc": aucs(model, test, jets),
        "seconds": seconds,
        "energy_ratio": float(model.score(drawn).mean() / model.score(test).mean()),
        "emd": exact_wasserstein(scaled[0], scaled[1], seed=1, events=COMPARED),
        "emd_floor": exact_wasserstein(scaled[0], scaled[2], seed=1, events=COMPARED),
        "n_train": len(train),
        "valid_trees": model.valid_trees(seed=1)._asdict() if cell["model"] == "ngae" else None,
        "valid_trees_of_jets": model.valid_trees_of(test)._asdict() if cell["model"] == "ngae" else None,
        "best_epoch": model.history_.best_epochs[0],
        "emd_floor_of_epochs": model.emd_floor_,
        "measures": model.history_.measures,
        "auc_by_epoch": [aucs(model.at_epoch(epoch), test, jets) for epoch in range(model.history_.epochs)]
        if cell["model"] in ("nae", "wnae") or cell["seed"] == 1
        else [],
    }


def detector(cell: Mapping[str, Any]) -> Any:
    """The registered model with its defaults, every epoch kept and no guard."""
    model = read_config("outlier", cell["model"], or_kind="graph-outlier")
    every = replace(model.trainer, epochs=cell["epochs"], best_epochs=cell["epochs"], patience=None)
    model = replace(model, trainer=every)
    if isinstance(model, Autoencoder):
        return model
    return replace(model, stop=False, pretraining=replace(model.pretraining, epochs=cell["pretraining"]))


def of_trees(train: np.ndarray, test: np.ndarray, jets: Mapping[str, np.ndarray], seed: int) -> dict[str, Any]:
    """Supervised trees, trained on each class in turn (half of it) and read on every class."""
    found: dict[str, Any] = {}
    for signal, x in jets.items():
        trees = HistGradientBoostingClassifier(early_stopping=True, random_state=seed)
        y = np.repeat([0, 1], [len(train), len(x[::2])])
        trees.fit(np.concatenate([train, x[::2]]), y)
        others = {name: other[1::2] for name, other in jets.items()}
        background = trees.decision_function(test)
        found[signal] = {name: auc(background, trees.decision_function(other)) for name, other in others.items()}
    return found


def aucs(model: Any, test: Any, jets: Mapping[str, Any]) -> dict[str, float]:
    background = model.score(test)
    return {name: auc(background, model.score(x)) for name, x in jets.items()}


def auc(background: np.ndarray, signal: np.ndarray) -> float:
    y = np.repeat([0, 1], [len(background), len(signal)])
    return float(roc_auc_score(y, np.concatenate([background, signal])))


def trees_of(path: Path) -> ak.Array:
    """The declusterings of the same jets, but for those of a single particle, one in some thousand."""
    trees = ak.from_parquet(path.parent / "trees" / path.name)
    return trees[ak.num(trees, axis=1) > 0]


def features(path: Path) -> np.ndarray:
    table = pq.read_table(path, columns=list(SUBSTRUCTURE))
    return np.stack([table[name].to_numpy().astype(np.float64) for name in SUBSTRUCTURE], axis=1)


if __name__ == "__main__":
    main()
