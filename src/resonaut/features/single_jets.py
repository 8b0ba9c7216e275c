"""Single jets out of a table of dijet events: one row a jet, both jets of an event after one another.

Where a jet is judged by itself it does not matter which of the two it was. The columns lose their numbers: `jet1_pt`
and `jet2_pt` become `pt`, and `msd_1` and `msd_2` (1 is the lighter jet) `msd`, each for the jet that it belongs to;
and so do, if asked for, the lists of their particles, `jet1_constituent_pt` and the like.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resonaut.errors import EventsError
from resonaut.features.constituents import COORDINATES
from resonaut.features.sets import SUBSTRUCTURE

__all__ = ["KINEMATICS", "PARTICLES", "needed_columns", "single_jets"]

KINEMATICS = ("pt", "eta", "mass")
PARTICLES = tuple(f"constituent_{name}" for name in COORDINATES)
"""Lists of a jet's particles."""


def needed_columns(features: Sequence[str] = SUBSTRUCTURE, *, particles: bool = False) -> list[str]:
    """The columns of a dijet table that its single jets are made from."""
    return [
        *(f"jet{jet}_{name}" for name in _of_jets(particles) for jet in (1, 2)),
        *(f"{name}_{jet}" for name in features for jet in (1, 2)),
    ]


def single_jets(dijets: pa.Table, features: Sequence[str] = SUBSTRUCTURE, *, particles: bool = False) -> pa.Table:
    """The jets of all events: `event` (the row), `jet` (1 is the harder), pt, eta, mass, the features, the particles.

    Raises:
        EventsError: a column that is needed is not there.
    """
    if missing := [name for name in needed_columns(features, particles=particles) if name not in dijets.column_names]:
        raise EventsError(
            f"the table has no column '{missing[0]}', which its single jets need; make it with --features substructure"
            f"{' --constituents' if particles else ''}"
        )
    mass = np.stack([dijets.column(f"jet{jet}_mass").to_numpy() for jet in (1, 2)], axis=1)
    # Number of the features of the harder and of the softer jet: 1 for the lighter.
    number = np.where(mass.argmin(axis=1)[:, None] == [0, 1], 1, 2)
    rows = np.arange(dijets.num_rows)
    parts = []
    for jet in (1, 2):
        columns: dict[str, object] = {"event": rows, "jet": np.full(len(rows), jet, dtype=np.int8)}
        columns |= {name: dijets.column(f"jet{jet}_{name}") for name in _of_jets(particles)}
        is_lighter = pa.array(number[:, jet - 1] == 1)
        columns |= {
            name: pc.if_else(is_lighter, dijets.column(f"{name}_1"), dijets.column(f"{name}_2")) for name in features
        }
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _of_jets(particles: bool) -> tuple[str, ...]:
    """What is named by the jet rather than by its feature."""
    return (*KINEMATICS, *PARTICLES) if particles else KINEMATICS
