"""How alike methods see events: exact in the limits, and right for Gaussians."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.errors import EventsError
from resonaut.statistics.agreement import agreement, agreement_by_truth


def test_a_method_agrees_with_itself_and_with_any_monotonic_function_of_it():
    score = np.random.default_rng(1).normal(size=1000)
    found = agreement({"a": score, "b": np.exp(3 * score), "opposite": -score}, fraction=0.1)
    np.testing.assert_allclose(found.rank_correlation, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])
    np.testing.assert_array_equal(found.overlap, [[1, 1, 0], [1, 1, 0], [0, 0, 1]])


def test_methods_with_nothing_in_common_share_what_chance_gives():
    rng = np.random.default_rng(1)
    found = agreement({"a": rng.normal(size=100_000), "b": rng.normal(size=100_000)}, fraction=0.05)
    assert found.expected_overlap == pytest.approx(0.05)
    assert found.overlap[0, 1] == pytest.approx(0.05, abs=0.012)  # 5000 selected: 0.003
    assert found.rank_correlation[0, 1] == pytest.approx(0, abs=0.012)  # 0.003


def test_spearman_of_a_gaussian():
    """6/pi arcsin(rho/2), Pearson 1907."""
    x = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 100_000)
    found = agreement({"a": x[:, 0], "b": x[:, 1]}).rank_correlation[0, 1]
    assert found == pytest.approx(6 / np.pi * np.arcsin(0.3), abs=0.01)


def test_with_and_without_signal():
    """Two methods that agree on the signal only: that is what their overlap without signal tells."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], [20_000, 400])
    scores = {name: rng.normal(size=20_400) + 6 * labels for name in ("a", "b")}
    found = agreement_by_truth(scores, labels, fraction=0.02)
    assert found["all"].overlap[0, 1] > 0.9
    assert found["background"].overlap[0, 1] == pytest.approx(0.02, abs=0.03)
    assert found["signal"].n_events == 400


def test_equal_scores_are_selected_as_often_as_asked():
    found = agreement({"a": np.zeros(100), "b": np.zeros(100)}, fraction=0.1)
    assert found.overlap[0, 1] == 1


@pytest.mark.parametrize(
    ("scores", "fraction", "message"),
    [
        ({"a": np.zeros(10), "b": np.zeros(11)}, 0.1, "same events"),
        ({"a": np.zeros(10)}, 0.01, "0.01 of 10 events are 0"),
    ],
)
def test_what_cannot_be_compared_is_refused(scores, fraction, message):
    with pytest.raises(EventsError, match=message):
        agreement(scores, fraction=fraction)
