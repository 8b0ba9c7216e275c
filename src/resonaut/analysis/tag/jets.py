"""The jets that are tagged: read from tables of single jets or of dijet events, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from resonaut.errors import EventsError
from resonaut.events import parquet
from resonaut.features.constituents import NOT_FINITE as PARTICLE_NOT_FINITE
from resonaut.features.constituents import read_particles
from resonaut.features.jets import FlatJets
from resonaut.features.lund import lund_tree
from resonaut.features.single_jets import PARTICLES, needed_columns, single_jets

__all__ = ["CLASS", "Jets", "read_jets"]

CLASS = "class"
NOT_FINITE = "a feature is NaN or infinite"
OUTSIDE = "pT or eta outside of the window"
NO_SPLITTING = "no splitting (fewer than two particles)"


@dataclass(frozen=True)
class Jets:
    """Jets of one class.

    Args:
        pt: Transverse momenta, GeV.
        features: What they are judged by.
        trees: Their declusterings (`resonaut.features.lund.lund_tree`), for detectors that judge by those.
    """

    pt: Float[np.ndarray, " N"]
    features: Float[np.ndarray, "N F"]
    trees: ak.Array | None = None

    def __len__(self) -> int:
        return len(self.pt)

    def __getitem__(self, which: Bool[np.ndarray, " N"] | Int[np.ndarray, " M"]) -> Jets:
        """Some of them."""
        return Jets(self.pt[which], self.features[which], None if self.trees is None else self.trees[which])

    def seen(self, particles: bool) -> Any:
        """What a detector is given: features, or the declusterings."""
        return self.trees if particles else self.features

    @classmethod
    def together(cls, parts: Sequence[Jets]) -> Jets:
        """All of several."""
        trees = [part.trees for part in parts if part.trees is not None]
        return cls(
            np.concatenate([part.pt for part in parts]),
            np.concatenate([part.features for part in parts]),
            ak.concatenate(trees) if trees else None,
        )


def read_jets(
    path: Path, features: Sequence[str], *, pt: tuple[float, float], eta_max: float, particles: bool = False
) -> tuple[dict[str, Jets], dict[str, int]]:
    """The jets of a Parquet file by class, and how many were left out, by reason.

    A class is what the column `class` says, or else the file's name, with the label where there are both kinds.

    Args:
        path: The file.
        features: Columns of a single jet.
        pt: Window, GeV.
        eta_max: Largest |eta|.
        particles: Whether to make the trees of their particles.

    Raises:
        FormatError: the file is no Parquet.
        EventsError: a column is missing, or nothing is left.
    """
    table = _single(path, features, particles)
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in ("pt", "eta", *features)}
    inside = (columns["pt"] > pt[0]) & (columns["pt"] < pt[1]) & (np.abs(columns["eta"]) < eta_max)
    values = np.stack([columns[name] for name in features], axis=1)
    finite = np.isfinite(values).all(axis=1)
    excluded = {OUTSIDE: int((~inside).sum()), NOT_FINITE: int((inside & ~finite).sum())}
    usable = inside & finite
    jets, kinds = Jets(columns["pt"][usable], values[usable]), np.asarray(table[CLASS])[usable]
    if particles:
        trees, splitting, left_out = _trees(table.filter(usable))
        jets, kinds, excluded = replace(jets, trees=trees)[splitting], kinds[splitting], excluded | left_out
    excluded = {reason: count for reason, count in excluded.items() if count}
    if not len(jets):
        why = "; ".join(f"{reason}: {count:,}" for reason, count in excluded.items())
        raise EventsError(
            f"{path} has no usable jet of {pt[0]:g} < pT < {pt[1]:g} GeV and |eta| < {eta_max:g} ({len(usable):,} in "
            f"all; {why}); widen --pt, or check the file"
        )
    return {str(kind): jets[kinds == kind] for kind in sorted(set(kinds.tolist()))}, excluded


def _trees(table: pa.Table) -> tuple[ak.Array, Bool[np.ndarray, " N"], dict[str, int]]:
    """The declusterings of each jet, which jets have any, and how many have none, by reason."""
    particles = read_particles(table)
    finite = np.ones(len(particles), dtype=bool)
    for component in ak.fields(particles):
        finite &= ak.to_numpy(ak.all(np.isfinite(particles[component]), axis=1))
    trees = lund_tree(FlatJets.of(ak.where(finite, particles, particles[:, :0])))
    splitting = ak.to_numpy(ak.num(trees, axis=1)) > 0
    return trees, splitting, {PARTICLE_NOT_FINITE: int((~finite).sum()), NO_SPLITTING: int((finite & ~splitting).sum())}


def _single(path: Path, features: Sequence[str], particles: bool) -> pa.Table:
    """Columns pt, eta, class, the features, and the particles if they are asked for, a row a jet."""
    there = parquet.column_names(path)
    truth = [name for name in (CLASS, "label") if name in there]
    if particles and not any(name.endswith(PARTICLES) for name in there):
        raise EventsError(
            f"{path} has no particles of its jets, which this model looks at; simulate it with --constituents"
        )
    if "pt" in there:
        jets = parquet.read_table(path, ["pt", "eta", *features, *truth, *(PARTICLES if particles else ())])
    else:
        needed = needed_columns(features, particles=particles)
        dijets = parquet.read_table(path, [name for name in (*needed, *truth) if name in there])
        try:
            jets = single_jets(dijets, features, particles=particles)
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
