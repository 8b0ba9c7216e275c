"""More features for a table of dijet events that has kept its constituents.

Jets are there already: nothing is clustered or selected again, and every column stays as it is. Which jet is the
lighter is decided by the masses in the table, so that new columns go with old ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import awkward as ak
import numpy as np
import pyarrow as pa

from resonaut.features.constituents import CONSTITUENTS, NOT_FINITE, read_constituents
from resonaut.features.observables import compute_features

__all__ = ["NEEDED", "add_features"]

MASSES = ("jet1_mass", "jet2_mass")
NEEDED = (*MASSES, *CONSTITUENTS)
"""The columns that features are made from."""


def add_features(table: pa.Table, features: Sequence[str]) -> tuple[pa.Table, dict[str, int]]:
    """The table with those features, and what had to be left out of it: events whose jets are not finite.

    Args:
        table: With at least the columns `NEEDED`.
        features: Columns out of `resonaut.features.observables.FEATURES` that the table does not have.
    """
    constituents = read_constituents(table)
    mass = np.stack([table.column(name).to_numpy() for name in MASSES], axis=1)
    finite = np.isfinite(mass).all(axis=1)
    for component in ("px", "py", "pz", "e"):
        finite &= ak.to_numpy(ak.all(ak.all(np.isfinite(constituents[component]), axis=2), axis=1))
    table = table.filter(finite)
    for name, values in compute_features(features, mass=mass[finite], constituents=constituents[finite]).items():
        table = table.append_column(name, pa.array(values))
    return table, {NOT_FINITE: int((~finite).sum())}
