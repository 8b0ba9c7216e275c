"""A backbone: the transformer of all particles, trained to tell simulated resonances of many kinds from background.

    python validation/full_phase_space_backbone.py --background FILE --resonances FILE... --out backbone.safetensors

All are tables with constituents; of the background the events labelled 0, if there are labels. The resonances
(`resonaut simulate wprime-xy --set mass_x=... --set mass_y=...` and `wprime-xy3`, two and three prongs) should not be
the signal that is looked for later. A search then starts from what the backbone has learnt
(`classifier.backbone=FILE`, the last layer anew) or uses its embedding as features; `full_phase_space_search.py` does
both.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from full_phase_space_search import SHAPE
from sklearn.metrics import roc_auc_score

from resonaut.errors import EventsError, ResonautError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.parquet import column_names, read_table
from resonaut.features.constituents import CONSTITUENTS, read_clouds
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.saving import save
from resonaut.models.training import Trainer
from resonaut.searches.regions import Region

TESTED = 0.1
"""Of the events, kept aside to say how well the resonances are told from background."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--background", type=Path, required=True)
    parser.add_argument("--resonances", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--skip", type=int, default=0, help="leave out so many background events first")
    parser.add_argument("--events", type=int, help="use so many of them at most")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    options = parser.parse_args()
    try:
        train(options)
    except ResonautError as error:
        raise SystemExit(f"error: {error}") from None


def train(options: argparse.Namespace) -> None:
    last = None if options.events is None else options.skip + options.events
    background = read(options.background)[options.skip : last]
    resonances = DijetClouds.concatenate([read(path) for path in options.resonances])
    events = DijetClouds.concatenate([background, resonances])
    y = np.repeat([0, 1], [len(background), len(resonances)])
    # Both classes count alike.
    weight = np.repeat([1 / len(background), 1 / len(resonances)], [len(background), len(resonances)])
    aside = np.random.default_rng(1).random(len(y)) < TESTED
    trainer = Trainer(
        epochs=options.epochs,
        batch_size=128,
        learning_rate=1e-3,
        schedule="one-cycle",
        device=options.device,
        precision=options.precision,
        progress=True,
    )
    backbone = CloudTransformer(**SHAPE, trainer=trainer, random_state=1)
    backbone.fit(events[~aside], y[~aside], weight[~aside] / weight.mean())
    auc = roc_auc_score(y[aside], backbone.decision_function(events[aside]))
    save(backbone, options.out)
    print(
        f"{len(background):,} background events and {len(resonances):,} resonances in {len(options.resonances)} files: "
        f"AUC {auc:.3f} on {aside.sum():,} of them kept aside, {backbone.history_.seconds:.0f} s, {options.out}"
    )


def read(path: Path) -> DijetClouds:
    """The particles of a table's events of the signal region, background alone where there are labels of both."""
    labels = ["label"] if "label" in column_names(path) else []
    table = read_table(path, ["mjj", *CONSTITUENTS, *labels])
    keep = Region().in_signal(table["mjj"].to_numpy())
    if labels and 0 in (label := table["label"].to_numpy()):
        keep &= label == 0
    clouds, _, _ = read_clouds(table.filter(keep))
    if not len(clouds):
        raise EventsError(f"{path} has no event between 3300 and 3700 GeV; simulate some with --mass-range 3300:3700")
    return clouds


if __name__ == "__main__":
    main()
