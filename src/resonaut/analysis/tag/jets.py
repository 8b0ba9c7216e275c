"""The jets that are tagged: read from tables of single jets or of dijet events, by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError
from resonaut.events import parquet
from resonaut.features.single_jets import needed_columns, single_jets

__all__ = ["CLASS", "Jets", "read_jets"]

CLASS = "class"
NOT_FINITE = "a feature is NaN or infinite"
OUTSIDE = "pT or eta outside of the window"


@dataclass(frozen=True)
class Jets:
    """Jets of one class.

    Args:
        pt: Transverse momenta, GeV.
        features: What they are judged by.
    """

    pt: Float[np.ndarray, " N"]
    features: Float[np.ndarray, "N F"]

    def __len__(self) -> int:
        return len(self.pt)

    def __getitem__(self, which: Bool[np.ndarray, " N"] | Int[np.ndarray, " M"]) -> Jets:
        """Some of them."""
        return Jets(self.pt[which], self.features[which])

    @classmethod
    def together(cls, parts: Sequence[Jets]) -> Jets:
        """All of several."""
        return cls(np.concatenate([part.pt for part in parts]), np.concatenate([part.features for part in parts]))


def read_jets(
    path: Path, features: Sequence[str], *, pt: tuple[float, float], eta_max: float
) -> tuple[dict[str, Jets], dict[str, int]]:
    """The jets of a Parquet file by class, and how many were left out, by reason.

    A class is what the column `class` says, or else the file's name, with the label where there are both kinds.

    Raises:
        FormatError: the file is no Parquet.
        EventsError: a column is missing, or nothing is left.
    """
    table = _single(path, features)
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in ("pt", "eta", *features)}
    inside = (columns["pt"] > pt[0]) & (columns["pt"] < pt[1]) & (np.abs(columns["eta"]) < eta_max)
    values = np.stack([columns[name] for name in features], axis=1)
    finite = np.isfinite(values).all(axis=1)
    excluded = {OUTSIDE: int((~inside).sum()), NOT_FINITE: int((inside & ~finite).sum())}
    usable = inside & finite
    if not usable.any():
        raise EventsError(
            f"{path} has no usable jet of {pt[0]:g} < pT < {pt[1]:g} GeV and |eta| < {eta_max:g} ({len(usable):,} in "
            "all); widen --pt, or check the file"
        )
    kinds = np.asarray(table[CLASS])[usable]
    jets = Jets(columns["pt"][usable], values[usable])
    return {str(kind): jets[kinds == kind] for kind in sorted(set(kinds.tolist()))}, _noted(excluded)


def _noted(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in counts.items() if count}


def _single(path: Path, features: Sequence[str]) -> pa.Table:
    """Columns pt, eta, class and the features, a row a jet."""
    there = parquet.column_names(path)
    truth = [name for name in (CLASS, "label") if name in there]
    if "pt" in there:
        jets = parquet.read_table(path, ["pt", "eta", *features, *truth])
    else:
        dijets = parquet.read_table(path, [name for name in (*needed_columns(features), *truth) if name in there])
        try:
            jets = single_jets(dijets, features)
        except EventsError as error:
            raise EventsError(f"{path}: {error}") from None
        for name in truth:
            jets = jets.append_column(name, dijets[name].take(jets["event"]))
    if CLASS not in truth:
        jets = jets.append_column(CLASS, _named_by_label(jets, path.stem))
    return jets


def _named_by_label(jets: pa.Table, stem: str) -> pa.Array:
    if "label" in jets.column_names and pc.count_distinct(jets["label"]).as_py() > 1:
        return pa.array([f"{stem} (label {label})" for label in jets["label"].to_pylist()])
    return pa.array([stem] * jets.num_rows)
