"""Sets of points of different sizes, against Python lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonaut.errors import EventsError
from resonaut.events.point_cloud import PointCloud

counts = st.lists(st.integers(0, 5), min_size=1, max_size=8)


def cloud(sizes, seed=0):
    points = np.random.default_rng(seed).normal(size=(sum(sizes), 3))
    return PointCloud.of_counts(points, np.array(sizes))


def lists(x):
    return [x.points[a:b].tolist() for a, b in zip(x.offsets[:-1], x.offsets[1:], strict=True)]


@given(counts, st.data())
def test_selecting_and_joining_are_those_of_lists(sizes, data):
    x = cloud(sizes)
    rows = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=10))
    assert lists(x[np.array(rows, dtype=int)]) == [lists(x)[i] for i in rows]
    mask = np.array(sizes) > 2
    assert lists(x[mask]) == [row for row, keep in zip(lists(x), mask, strict=True) if keep]
    assert lists(PointCloud.concatenate([x, x[mask]])) == lists(x) + lists(x[mask])


@given(counts)
def test_sums_and_owners(sizes):
    x = cloud(sizes)
    np.testing.assert_allclose(x.sum(x.points[:, 1]), [sum(p[1] for p in row) for row in lists(x)], atol=1e-12)
    np.testing.assert_array_equal(np.bincount(x.owner, minlength=len(x)), sizes)


@given(counts, st.integers(1, 4))
def test_the_hardest_are_the_largest(sizes, n):
    x = cloud(sizes)
    expected = [sorted(row, reverse=True)[:n] for row in lists(x)]
    assert lists(x.hardest(n)) == expected


@pytest.mark.parametrize("offsets", [[], [0, 2], [1, 3], [0, 2, 1, 3]])
def test_offsets_that_do_not_fit_are_refused(offsets):
    with pytest.raises(EventsError, match="offsets of a point cloud"):
        PointCloud(np.zeros((3, 2)), np.array(offsets, dtype=int))
