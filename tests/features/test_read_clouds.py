"""Constituents of a table as point clouds: what is usable, and what is counted."""

import numpy as np
import pyarrow as pa
import pytest

from resonaut.errors import EventsError
from resonaut.features.cloud_frame import jets_of
from resonaut.features.constituents import CONSTITUENTS, read_clouds


def table(first, second, dtype=np.float32):
    """Events of jets given as lists of pT; the other coordinates are the particle's number over ten."""
    columns = {}
    for name, lists in ((1, first), (2, second)):
        kind = pa.list_(pa.from_numpy_dtype(dtype))
        columns[f"jet{name}_constituent_pt"] = pa.array([[dtype(p) for p in jet] for jet in lists], kind)
        angle = pa.array([[dtype(i / 10) for i in range(len(jet))] for jet in lists], kind)
        columns |= {f"jet{name}_constituent_{a}": angle for a in ("eta", "phi")}
    return pa.table(columns).select(CONSTITUENTS)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_usable_events_are_kept_and_others_counted(dtype):
    nan = float("nan")
    first = [[3, 2, 1], [5, 4], [1, nan], [7], [2, 1], [1] * 300, [4, 3, 0]]
    second = [[2, 2], [], [2, 1], [2, 1], [9], [2, 1], [1, 1]]
    clouds, usable, excluded = read_clouds(table(first, second, dtype))
    assert usable.tolist() == [True, False, False, False, False, True, True]
    assert excluded == {"a particle is NaN or infinite": 1, "a jet of fewer than two particles": 3}
    # More particles than any jet of the LHC Olympics has are no obstacle, and those without pT are none.
    assert clouds.first.counts.tolist() == [3, 300, 2]
    np.testing.assert_allclose(clouds.first.points[:3, 0], [3, 2, 1])
    assert jets_of(clouds.second).n.tolist() == [2, 2, 2]


def test_lists_of_different_lengths_are_refused():
    events = table([[3, 2], [1, 1]], [[2, 2], [1, 1]])
    shorter = pa.array([[0.1], [0.1, 0.2]], pa.list_(pa.float32()))
    events = events.set_column(1, "jet1_constituent_eta", shorter)
    with pytest.raises(EventsError, match="differ in their numbers"):
        read_clouds(events)
