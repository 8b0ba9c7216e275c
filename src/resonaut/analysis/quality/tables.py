"""The tables behind a comparison's figures, long-form; the report is drawn from these alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from resonaut.analysis.quality.cell import Agreement, Cell, Edges
from resonaut.analysis.quality.models import REAL
from resonaut.analysis.tables import stack
from resonaut.events.events import Events

__all__ = ["cost_table", "distance_table", "feature_table", "training_table"]

Cells = Mapping[str, Sequence[Cell]]
"""By row, one a seed."""


def distance_table(cells: Cells, floor: Sequence[Cell]) -> pa.Table:
    """Every value of every cell; those of all features together, or averaged over them, have no feature."""
    rows = [
        {"where": where, "model": model, "seed": seed, "distance": distance, "feature": feature, "value": value}
        for model, of_model in {**cells, REAL: floor}.items()
        for seed, cell in enumerate(of_model)
        for where, agreement in _regions(cell)
        for distance, feature, value in _values(agreement)
    ]
    return pa.Table.from_pylist(rows)


def feature_table(cells: Cells, real: Mapping[str, Events], edges: Mapping[str, Edges]) -> pa.Table:
    """Histograms of all real events (`data`), and of what each model generated over its seeds, scaled to as many."""
    rows = []
    for model, of_model in cells.items():
        for where, events in real.items():
            for name in events.names:
                bins = edges[where][name]
                counts = sum(np.asarray(dict(_regions(cell))[where].histograms[name]) for cell in of_model)
                generated = sum(dict(_regions(cell))[where].n for cell in of_model)
                rows.append(
                    {
                        "where": where,
                        "model": model,
                        "feature": name,
                        "low": bins[:-1],
                        "high": bins[1:],
                        "data": np.histogram(events.feature(name), bins)[0],
                        "template": counts * (len(events) / generated),
                        "template_error": np.sqrt(counts) * (len(events) / generated),
                    }
                )
    return stack(rows)


def training_table(cells: Cells) -> pa.Table:
    """Losses, a row an epoch; NaN where nothing was held out of the training itself."""
    rows = []
    for model, of_model in cells.items():
        for seed, cell in enumerate(of_model):
            assert cell.training is not None
            loss, validation = cell.training.train_loss, cell.training.validation_loss
            rows += [
                {"model": model, "seed": seed, "epoch": epoch + 1, "train_loss": train, "validation_loss": held_out}
                for epoch, (train, held_out) in enumerate(zip_longest(loss, validation, fillvalue=np.nan))
            ]
    return pa.Table.from_pylist(rows, schema=_TRAINING)


def cost_table(cells: Cells) -> pa.Table:
    """Seconds and samples a second of every training."""
    rows = []
    for model, of_model in cells.items():
        for seed, cell in enumerate(of_model):
            assert cell.training is not None
            cost = {name: getattr(cell.training, name) for name in ("seconds", "samples_per_second", "n_weights")}
            rows.append({"model": model, "seed": seed, **cost})
    return pa.Table.from_pylist(rows)


_TRAINING = pa.schema(
    {
        "model": pa.string(),
        "seed": pa.int64(),
        "epoch": pa.int64(),
        "train_loss": pa.float64(),
        "validation_loss": pa.float64(),
    }
)


def _regions(cell: Cell) -> list[tuple[str, Agreement]]:
    return [("sideband", cell.sideband), ("signal_region", cell.signal_region)]


def _values(agreement: Agreement) -> Iterator[tuple[str, str | None, float]]:
    for distance, value in agreement.values.items():
        yield distance, None, value
    for distance, of_features in agreement.per_feature.items():
        for feature, value in of_features.items():
            yield distance, feature, value
