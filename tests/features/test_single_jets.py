"""Single jets of dijet events keep what belongs to them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from resonaut.errors import EventsError
from resonaut.features.single_jets import needed_columns, single_jets


@pytest.fixture
def dijets():
    """Two events: in the first the harder jet is the heavier, in the second the lighter."""
    columns = {name: [0.0, 0.0] for name in needed_columns(["msd"])}
    columns |= {"jet1_pt": [600.0, 650.0], "jet2_pt": [500.0, 550.0]}
    columns |= {"jet1_mass": [170.0, 20.0], "jet2_mass": [30.0, 90.0]}
    columns |= {"msd_1": [25.0, 15.0], "msd_2": [165.0, 85.0]}  # 1 is the lighter
    return pa.table(columns)


def test_every_jet_has_its_own_features(dijets):
    jets = single_jets(dijets, ["msd"])
    assert jets.num_rows == 4
    pt, *others = (jets[name].to_pylist() for name in ("pt", "mass", "msd"))
    by_pt = dict(zip(pt, zip(*others, strict=True), strict=True))
    assert by_pt == {600.0: (170.0, 165.0), 500.0: (30.0, 25.0), 650.0: (20.0, 15.0), 550.0: (90.0, 85.0)}
    np.testing.assert_array_equal(jets["event"], [0, 1, 0, 1])
    np.testing.assert_array_equal(jets["jet"], [1, 1, 2, 2])


def test_a_missing_column_is_named(dijets):
    with pytest.raises(EventsError, match=r"no column 'msd_2'.*--features substructure"):
        single_jets(dijets.drop_columns("msd_2"), ["msd"])
