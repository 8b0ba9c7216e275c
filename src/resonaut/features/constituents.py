"""Constituents of the two jets as columns of a table, and back.

Lists `jet1_constituent_pt`, `_eta` and `_phi`, hardest first, and the same of `jet2`; single precision, massless. From
them every feature can be made later, without clustering again.
"""

from __future__ import annotations

import awkward as ak
import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from resonaut.errors import EventsError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.point_cloud import PointCloud
from resonaut.features.clustering import massless

__all__ = [
    "CONSTITUENTS",
    "COORDINATES",
    "NOT_FINITE",
    "constituent_columns",
    "read_clouds",
    "read_constituents",
    "read_particles",
]

COORDINATES = ("pt", "eta", "phi")
NOT_FINITE = "a particle is NaN or infinite"
TOO_FEW_PARTICLES = "a jet of fewer than two particles"
CONSTITUENTS = tuple(f"jet{jet}_constituent_{name}" for jet in (1, 2) for name in COORDINATES)


def constituent_columns(constituents: ak.Array) -> dict[str, pa.Array]:
    """Columns of [N, 2, particles] records px, py, pz, e (GeV)."""
    columns: dict[str, pa.Array] = {}
    for jet in (0, 1):
        particles = constituents[:, jet]
        pt = np.hypot(particles.px, particles.py)
        hardest_first = ak.argsort(pt, axis=1, ascending=False, stable=True)
        pt, particles = pt[hardest_first], particles[hardest_first]
        values = (pt, np.arcsinh(particles.pz / pt), np.arctan2(particles.py, particles.px))
        for name, value in zip(COORDINATES, values, strict=True):
            single = ak.values_astype(ak.drop_none(value), np.float32)
            columns[f"jet{jet + 1}_constituent_{name}"] = ak.to_arrow(single, list_to32=True, extensionarray=False)
    return columns


def read_constituents(table: pa.Table) -> ak.Array:
    """The particles of both jets, [N, 2, particles] records px, py, pz, e (GeV); what is missing is NaN.

    Raises:
        EventsError: columns that do not hold lists of numbers, or lists of different lengths.
    """
    return ak.concatenate([read_particles(table, f"jet{jet}_")[:, np.newaxis] for jet in (1, 2)], axis=1)


def read_particles(table: pa.Table, prefix: str = "") -> ak.Array:
    """The particles of one jet a row, [N, particles] records px, py, pz, e (GeV); what is missing is NaN.

    Raises:
        EventsError: columns that do not hold lists of numbers, or lists of different lengths.
    """
    pt, eta, phi = (_lists(table, f"{prefix}constituent_{name}") for name in COORDINATES)
    if not (ak.all(ak.num(pt) == ak.num(eta)) and ak.all(ak.num(pt) == ak.num(phi))):
        raise EventsError(f"{prefix}constituent_pt, _eta and _phi differ in their numbers of particles; repair them")
    return massless(pt, eta, phi)


def read_clouds(table: pa.Table) -> tuple[DijetClouds, Bool[np.ndarray, " N"], dict[str, int]]:
    """The particles of both jets as (pT, eta, phi) sets, for methods that look at all of them.

    Particles without transverse momentum are left out. Jets of fewer than two particles have no mass, and particles
    that are NaN or infinite no place: such events are left out as well, and counted by reason.

    Returns:
        The events that can be used, which of the table's these are, and how many are not, by reason.

    Raises:
        EventsError: columns that do not hold lists of numbers, or lists of different lengths.
    """
    jets = [_cloud(table, jet) for jet in (1, 2)]
    finite = np.ones(table.num_rows, dtype=bool)
    enough = np.ones(table.num_rows, dtype=bool)
    for i, jet in enumerate(jets):
        finite &= jet.sum(~np.isfinite(jet.points).all(axis=1)) == 0
        hard = ~(jet.points[:, 0] <= 0)  # NaN is counted as such
        jets[i] = PointCloud.of_counts(jet.points[hard], jet.sum(hard).astype(int))
        enough &= jets[i].counts >= 2
    excluded = {NOT_FINITE: int((~finite).sum()), TOO_FEW_PARTICLES: int((finite & ~enough).sum())}
    usable = finite & enough
    return DijetClouds(*jets)[usable], usable, {reason: count for reason, count in excluded.items() if count}


def _cloud(table: pa.Table, jet: int) -> PointCloud:
    columns = [_lists(table, f"jet{jet}_constituent_{name}") for name in COORDINATES]
    counts = [ak.to_numpy(ak.num(column)) for column in columns]
    if any((count != counts[0]).any() for count in counts):
        raise EventsError(f"jet{jet}_constituent_pt, _eta and _phi differ in their numbers of particles; repair them")
    points = [ak.to_numpy(ak.flatten(column)).astype(np.float32) for column in columns]
    return PointCloud.of_counts(np.stack(points, axis=1), counts[0])


def _lists(table: pa.Table, name: str) -> ak.Array:
    column = table.column(name).combine_chunks()
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)) or not (
        pa.types.is_floating(column.type.value_type)
    ):
        raise EventsError(
            f"column '{name}' holds {column.type}, not a list of numbers an event; give the particles' pT"
        )
    values = ak.from_arrow(column)
    return ak.drop_none(ak.fill_none(ak.fill_none(values, [np.nan], axis=0), np.nan, axis=1))
