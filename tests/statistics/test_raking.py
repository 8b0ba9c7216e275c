"""Raked weights add up to what they should, and are changed no more than that needs."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.statistics.raking import rake


def test_groups_that_do_not_overlap_are_scaled() -> None:
    weight = rake(np.array([1.0, 3.0, 2.0, 5.0]), [(np.array([0, 1]), 8.0), (np.array([2]), 1.0)])
    np.testing.assert_allclose(weight, [2.0, 6.0, 1.0, 5.0])  # the last is in no group


def test_margins_of_a_table_are_met_and_its_odds_ratio_kept() -> None:
    """Deming and Stephan's own case: rows and columns of a 2 x 2 table get new sums, the association stays."""
    table = np.array([4.0, 1.0, 2.0, 3.0])
    rows = [(np.array([0, 1]), 10.0), (np.array([2, 3]), 20.0)]
    columns = [(np.array([0, 2]), 12.0), (np.array([1, 3]), 18.0)]
    weight = rake(table, rows + columns)
    for members, target in rows + columns:
        assert weight[members].sum() == pytest.approx(target, rel=1e-3)
    assert weight[0] * weight[3] / (weight[1] * weight[2]) == pytest.approx(4 * 3 / (1 * 2))


def test_what_is_empty_stays_so_and_the_input_is_left_alone() -> None:
    given = np.array([1.0, 0.0])
    weight = rake(given, [(np.array([1]), 5.0), (np.array([], dtype=int), 3.0), (np.array([0]), 0.0)])
    np.testing.assert_allclose(weight, [0.0, 0.0], atol=1e-6)
    np.testing.assert_array_equal(given, [1.0, 0.0])
