"""The table of dijet events: one row an event, the columns every other part of the library shares.

Two orders of the jets occur in it, told apart by name: columns of single jets (`jet1_pt`, ...) are ordered by pT,
features (`mj1`, `tau21_1`, ...) by mass, 1 being the lighter jet.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from resonaut.features.clustering import Dijets
from resonaut.features.constituents import constituent_columns
from resonaut.features.observables import compute_features

__all__ = ["dijet_table"]


def dijet_table(
    dijets: Dijets,
    features: str | Sequence[str] = "baseline",
    constituents: bool = False,
    *,
    event: Int[np.ndarray, " M"] | None = None,
    label: Int[np.ndarray, " M"] | None = None,
) -> pa.Table:
    """Features and jets of the selected events.

    Args:
        dijets: The clustered and selected events.
        features: Name of a feature set, or columns out of `resonaut.features.observables.FEATURES`.
        constituents: Also list each jet's particles, hardest first.
        event: Ids of all clustered events, of which `dijets.index` selects; without them their position counts.
        label: Truth of all clustered events: 1 signal, 0 background; without it there is no such column.
    """
    table: dict[str, object] = {
        "event": np.asarray(dijets.index if event is None else event[dijets.index], dtype=np.int64),
        "mjj": dijets.mjj,
    }
    table |= compute_features(features, mass=dijets.mass, constituents=dijets.constituents)
    for jet in (0, 1):
        for quantity in ("pt", "eta", "phi", "mass", "n"):
            table[f"jet{jet + 1}_{quantity}"] = getattr(dijets, quantity)[:, jet]
    table["met"] = np.hypot(*dijets.missing.T)
    table["met_phi"] = np.arctan2(dijets.missing[:, 1], dijets.missing[:, 0])
    if label is not None:
        table["label"] = np.asarray(label[dijets.index], dtype=np.int8)
    if constituents:
        table |= constituent_columns(dijets.constituents)
    return pa.table(table)
