"""The table of dijet events: one row an event, the columns every other part of the library shares.

Two orders of the jets occur in it, told apart by name: columns of single jets (`jet1_pt`, ...) are ordered by pT,
features (`mj1`, `tau21_1`, ...) by mass, 1 being the lighter jet.
"""

from collections.abc import Callable, Sequence

import awkward as ak
import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from resonaut.errors import ConfigError
from resonaut.features.clustering import Dijets
from resonaut.features.nsubjettiness import tau21
from resonaut.features.sets import resolve

__all__ = ["FEATURES", "dijet_table"]

_Column = Float[np.ndarray, " N"]


def _by_mass(dijets: Dijets, heavier: bool) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    return np.arange(len(dijets)), 1 - dijets.lighter if heavier else dijets.lighter


def _mj1(dijets: Dijets) -> _Column:
    return dijets.mass.min(axis=1)


def _delta_mj(dijets: Dijets) -> _Column:
    return np.ptp(dijets.mass, axis=1)


def _tau21_1(dijets: Dijets) -> _Column:
    return tau21(dijets.constituents[_by_mass(dijets, heavier=False)])


def _tau21_2(dijets: Dijets) -> _Column:
    return tau21(dijets.constituents[_by_mass(dijets, heavier=True)])


# What can be computed from the two jets, by column name.
FEATURES: dict[str, Callable[[Dijets], _Column]] = {
    "mj1": _mj1,
    "delta_mj": _delta_mj,
    "tau21_1": _tau21_1,
    "tau21_2": _tau21_2,
}


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
        features: Name of a feature set, or columns out of `FEATURES`.
        constituents: Also list each jet's particles, hardest first.
        event: Ids of all clustered events, of which `dijets.index` selects; without them their position counts.
        label: Truth of all clustered events: 1 signal, 0 background; without it there is no such column.
    """
    columns = resolve(features)
    unknown = [column for column in columns if column not in FEATURES]
    if unknown:
        raise ConfigError(f"no feature {unknown[0]!r} can be made from jets; there are: {', '.join(FEATURES)}")

    table: dict[str, object] = {
        "event": np.asarray(dijets.index if event is None else event[dijets.index], dtype=np.int64),
        "mjj": dijets.mjj,
    }
    table |= {column: FEATURES[column](dijets) for column in columns}
    for jet in (0, 1):
        for quantity in ("pt", "eta", "phi", "mass", "n"):
            table[f"jet{jet + 1}_{quantity}"] = getattr(dijets, quantity)[:, jet]
    table["met"] = np.hypot(*dijets.missing.T)
    table["met_phi"] = np.arctan2(dijets.missing[:, 1], dijets.missing[:, 0])
    if label is not None:
        table["label"] = np.asarray(label[dijets.index], dtype=np.int8)
    if constituents:
        for jet in (0, 1):
            table |= _constituent_columns(dijets.constituents[:, jet], f"jet{jet + 1}")
    return pa.table(table)


def _constituent_columns(jets: ak.Array, prefix: str) -> dict[str, pa.Array]:
    pt = np.hypot(jets.px, jets.py)
    hardest_first = ak.argsort(pt, axis=1, ascending=False, stable=True)
    pt, jets = pt[hardest_first], jets[hardest_first]
    values = {"pt": pt, "eta": np.arcsinh(jets.pz / pt), "phi": np.arctan2(jets.py, jets.px)}
    return {
        f"{prefix}_constituent_{name}": ak.to_arrow(
            ak.values_astype(ak.drop_none(column), np.float32), list_to32=True, extensionarray=False
        )
        for name, column in values.items()
    }
