"""Selecting rows, merging bins, and the error bars of counts."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import poisson

from resonaut.plots.histograms import count_errors, ratio
from resonaut.plots.table import centres, edges, merge_bins, select, values

TABLE = {
    "efficiency": np.array([1.0, 1.0, 0.1, 0.1]),
    "where": np.array(["a", "b", "a", "b"], dtype=object),
    "low": np.array([0.0, 2.0, 0.0, 2.0]),
    "high": np.array([2.0, 4.0, 2.0, 4.0]),
    "data": np.array([1, 2, 3, 4]),
}


def test_select_takes_rows_that_agree_in_every_column() -> None:
    assert select(TABLE, efficiency=0.1, where="b")["data"].tolist() == [4]
    assert select(TABLE, where="a")["data"].tolist() == [1, 3]
    assert select(TABLE, efficiency=0.5)["data"].tolist() == []


def test_select_finds_an_efficiency_that_went_through_arithmetic() -> None:
    assert select(TABLE, efficiency=0.3 - 0.2)["data"].tolist() == [3, 4]


def test_values_keep_their_order() -> None:
    assert values(TABLE, "efficiency") == [1.0, 0.1]


def test_edges_and_centres() -> None:
    rows = select(TABLE, efficiency=1.0)
    assert edges(rows).tolist() == [0, 2, 4]
    assert centres(rows).tolist() == [1, 3]


def test_a_histogram_with_a_gap_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="gaps"):
        edges({"low": np.array([0.0, 3.0]), "high": np.array([2.0, 4.0])})


def test_merging_keeps_sums_and_variances() -> None:
    rng = np.random.default_rng(1)
    table = {
        "low": np.arange(8.0),
        "high": np.arange(8.0) + 1,
        "data": rng.poisson(5, 8),
        "template": rng.uniform(4, 6, 8),
        "template_error": rng.uniform(0.1, 0.2, 8),
        "feature": np.array(["x"] * 8, dtype=object),
    }
    merged = merge_bins(table, 4)
    assert edges(merged).tolist() == [0, 4, 8]
    assert merged["data"].sum() == table["data"].sum()
    assert merged["template"].sum() == pytest.approx(table["template"].sum())
    assert (merged["template_error"] ** 2).sum() == pytest.approx((table["template_error"] ** 2).sum())
    assert merged["feature"].tolist() == ["x", "x"]


@pytest.mark.parametrize("n", [0, 1, 3, 10, 100])
def test_count_errors_are_garwoods(n: int) -> None:
    """At the upper end n or fewer, at the lower end n or more events have a probability of 15.87 %."""
    [[down], [up]] = count_errors(np.array([n]))
    assert poisson.cdf(n, n + up) == pytest.approx(0.158655, rel=1e-6)
    if n == 0:
        assert down == 0
    else:
        assert poisson.sf(n - 1, n - down) == pytest.approx(0.158655, rel=1e-6)


def test_a_point_beyond_the_ratio_panel_is_a_triangle_at_its_edge() -> None:
    ax = Figure().add_subplot()
    counts = np.array([100, 101, 99, 100, 900])
    expected = np.full(5, 100.0)
    assert ratio(ax, np.arange(6.0), counts, expected, np.full(5, 2.0)) is ax
    low, high = ax.get_ylim()
    up = [line for line in ax.lines if line.get_marker() == "^"]
    assert [line.get_xdata().tolist() for line in up] == [[4.5]]
    assert all(low < y < high for line in up for y in line.get_ydata())


def test_a_ratio_to_nothing_is_left_out() -> None:
    ax = Figure().add_subplot()
    ratio(ax, np.arange(3.0), np.array([3, 0]), np.zeros(2), np.zeros(2))
    assert all(len(line.get_xdata()) == 0 for line in ax.lines if line.get_marker() in ("^", "v", "o"))
