"""A scan claims its largest excess that nothing speaks against, after the trials over the windows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from report.conftest import write_run
from resonaut.analysis.result import HuntResult
from resonaut.analysis.scan.claim import judge_scan
from resonaut.statistics.counting import z_after_trials

TOYS = np.random.default_rng(1).standard_normal((2_000, 3))


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> HuntResult:
    run = write_run(tmp_path_factory.mktemp("claim") / "run", signal=False, claim="none")
    return HuntResult.from_json(json.loads((run / "result.json").read_text()))


def with_z(window: HuntResult, z: float, withheld: str | None = None, uncut: str | None = None) -> HuntResult:
    """The window with this z at its second cut, and nothing anywhere else."""
    cuts = [replace(row, z_local=-1.0, withheld=None) for row in window.cuts]
    cuts[0] = replace(cuts[0], withheld=uncut)
    cuts[2] = replace(cuts[2], z_local=z, withheld=withheld)
    return replace(window, cuts=cuts, z_quoted=z_after_trials(z, 3))


def test_a_large_excess_is_claimed_where_it_is(window: HuntResult) -> None:
    judged = judge_scan([with_z(window, 0.0), with_z(window, 6.0), with_z(window, 1.0)], TOYS)
    assert (judged.best, judged.claim) == (1, "made")
    assert judged.significance is not None
    assert judged.significance.extrapolated
    assert 3 < judged.significance.z < 6


def test_the_trials_over_the_windows_count(window: HuntResult) -> None:
    local = 3.4  # 3.0 after three cuts
    judged = judge_scan([with_z(window, 0.0), with_z(window, local), with_z(window, 1.0)], TOYS)
    assert judged.claim == "none"
    assert judged.significance is not None
    assert judged.significance.z < z_after_trials(local, 3) < local


def test_what_is_withheld_is_not_claimed(window: HuntResult) -> None:
    doubtful = with_z(window, 7.0, withheld="it does not close")
    judged = judge_scan([with_z(window, 1.0), doubtful], TOYS[:, :2])
    assert judged.claim.startswith("withheld because at ")
    assert "it does not close" in judged.claim
    assert judged.significance is not None
    # The rest of that window was looked at, too: z of -1 there, and 1 in the other.
    assert judged.best == 0
    # A spectrum that is not described takes every cut with it.
    judged = judge_scan([with_z(window, 1.0), with_z(window, 7.0, uncut="is not described")], TOYS[:, :2])
    assert "before any cut is not described" in judged.claim


def test_a_doubt_about_nothing_does_not_withhold(window: HuntResult) -> None:
    judged = judge_scan([with_z(window, 1.0), with_z(window, 1.5, withheld="it does not close")], TOYS[:, :2])
    assert judged.claim == "none"


def test_without_a_window_to_trust_there_is_no_significance(window: HuntResult) -> None:
    judged = judge_scan([with_z(window, z, uncut="is not described") for z in (1.0, 2.0)], TOYS[:, :2])
    assert judged.significance is None
    assert (judged.best, judged.claim) == (1, "none")
