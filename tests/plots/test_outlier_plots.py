"""Plots of outlier detectors show what happened, also where it left the range."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from resonaut.plots.outlier_training import energy_difference, samples_distance
from resonaut.plots.tagging import rejection, score_against_pt, score_by_class


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_a_runaway_leaves_the_panel_and_the_good_epochs_stay_visible(ax):
    data = np.full(20, 0.1)
    samples = np.concatenate([np.full(10, 0.1), np.geomspace(0.2, 1e6, 10)])
    energy_difference({"epoch": np.arange(20), "energy_data": data, "energy_samples": samples}, ax)
    low, high = ax.get_ylim()
    assert low < 1 < high <= 5


def test_the_kept_epoch_is_where_the_star_is(ax):
    distance = np.array([3.0, 1.5, 1.2, 1.4, 40.0])
    samples_distance({"epoch": np.arange(1, 6), "distance": distance}, ax, floor=1.0, best=3)
    [star] = [line for line in ax.lines if line.get_marker() == "*"]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (3, 1.2)
    assert ax.get_ylim()[1] < 40


def test_every_class_has_a_curve_and_an_outline(ax):
    rng = np.random.default_rng(1)
    kinds = np.repeat(["top", "qcd", "svj"], 100)
    score_by_class({"class": kinds, "score": rng.exponential(size=300)}, ax, background="top")
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"top", "qcd", "svj"}
    curves = {"class": np.repeat(["qcd", "svj"], 50), "method": np.repeat("detector", 100)}
    tpr = np.tile(np.linspace(0, 1, 50), 2)
    other = rejection(curves | {"tpr": tpr, "fpr": tpr**2}, Figure().add_subplot())
    assert {text.get_text() for text in other.get_legend().get_texts()} == {"qcd", "svj", "guessing"}


def test_bins_of_pt_reach_to_the_last_edge(ax):
    columns = {"low": np.array([400.0, 500.0]), "high": np.array([500.0, 600.0])}
    score_against_pt(columns | {"q10": np.ones(2), "q50": np.array([2.0, 3.0]), "q90": np.full(2, 4.0)}, ax)
    [median] = ax.lines
    np.testing.assert_array_equal(median.get_xdata(), [400, 500, 600])
    np.testing.assert_array_equal(median.get_ydata(), [2, 3, 3])
