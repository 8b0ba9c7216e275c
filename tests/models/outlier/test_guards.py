"""Trainings that have gone wrong are told from those that only go up and down."""

from __future__ import annotations

import pytest

from resonaut.models.outlier.guards import COLLAPSED, LASTING, RUN_AWAY, Guard
from resonaut.models.training import TrainingHistory

FLOOR = 1.0
GUARD = Guard(events=100, floor=FLOOR)


def history(distance, ratio=1.0):
    ratios = ratio if isinstance(ratio, list) else [ratio] * len(distance)
    return TrainingHistory(
        measures={
            "distance": distance,
            "energy_data": [0.1] * len(distance),
            "energy_samples": [0.1 * r for r in ratios],
        }
    )


def test_a_good_training_goes_on():
    assert GUARD.verdict(history([3.0, 2.0, 1.5, 1.2] + [1.1] * 50)) is None


def test_a_distance_far_above_its_best_for_long_is_a_collapse():
    far = [1.2 * COLLAPSED + 0.01] * LASTING
    said = GUARD.verdict(history([2.0, 1.2, *far]))
    assert said is not None
    assert "collapsed" in said
    assert "1.2 at epoch 2" in said
    assert GUARD.verdict(history([2.0, 1.2, *far[1:]])) is None  # not for long enough
    assert GUARD.verdict(history([2.0, 1.2, *far[:-1], 1.3])) is None  # it has come back


def test_below_the_floor_nothing_is_far():
    # A lucky epoch below the floor does not make the others bad.
    assert GUARD.verdict(history([0.5] + [1.4] * LASTING)) is None


def test_samples_of_much_higher_energy_are_a_runaway():
    good = [1.1] * (LASTING + 3)
    said = GUARD.verdict(history(good, [1.0] * 3 + [RUN_AWAY + 0.1] * LASTING))
    assert said is not None
    assert "run away" in said
    assert GUARD.verdict(history(good, [RUN_AWAY + 0.1] * 3 + [1.0] * LASTING)) is None


@pytest.mark.parametrize("wrong", [([1.1] + [9.0] * 20, 1.0), ([1.1] * 20, 50.0)])
def test_a_guard_may_be_told_to_watch_only(wrong):
    assert Guard(events=100, floor=FLOOR, stop=False).verdict(history(*wrong)) is None
