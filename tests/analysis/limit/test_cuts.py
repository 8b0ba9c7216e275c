"""One cut's limit: from which estimate, with which efficiency, and when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.analysis.background import Background
from resonaut.analysis.limit.cuts import CutModels, Efficiency, exclude, measure_efficiencies
from resonaut.searches.regions import Region
from resonaut.statistics.background_fit import SpectrumFit
from resonaut.statistics.bump_hunt import judge_cut
from resonaut.statistics.counting import Estimate
from resonaut.statistics.region_model import Systematics
from resonaut.statistics.signal_shape import DoubleCrystalBall

REGION = Region()
SHAPE = DoubleCrystalBall(mean=3500.0, width=110.0, low=1.3, n_low=2.5, high=1.6, n_high=4.0)


def models(n: int, *, waves: float = 0.0, fitted: bool = True) -> CutModels:
    """A cut that leaves `n` events, of a falling spectrum or of one that no falling function describes."""
    edges = SpectrumFit().bin_edges((2600.0, 5000.0), REGION.window)
    centres = (edges[1:] + edges[:-1]) / 2
    expected = np.exp(-centres / 500) * (1 + waves * np.sin(centres / 100))
    counts = np.random.default_rng(1).poisson(n * expected / expected.sum())
    fit = SpectrumFit().fit_counts(edges, counts, REGION.window) if fitted else None
    row = judge_cut(
        efficiency=0.01,
        observed=int(counts[(edges[:-1] >= REGION.low) & (edges[1:] <= REGION.high)].sum()),
        background_yield=Estimate(20_000.0, 200.0),
        threshold_error=0.05,
        closure=None,
        selected_fit=fit,
        window=REGION.window,
    )
    return CutModels(
        row=row,
        background=Background([row], {} if fit is None else {0.01: fit}, (2600.0, 5000.0)),
        region=REGION,
        shape=SHAPE,
        events_per_pb=20_000.0,
        systematics=Systematics(),
    )


def efficiency(value: float, injected_pb: float) -> Efficiency:
    return Efficiency(cut=0.01, injected_pb=injected_pb, n_injected=0.0, value=value, error=0.01)


def test_twice_the_efficiency_halves_what_is_excluded() -> None:
    found = exclude(models(1_000), [efficiency(0.2, 1e-4), efficiency(0.4, 2e-4)])
    low, high = (row.observed_pb for row in found.rows)
    assert low is not None
    assert high is not None
    assert low / high == pytest.approx(2, rel=0.02)  # the finite simulation's error differs a little
    assert found.limit.observed_pb == high
    assert found.limit.estimate == "fit"
    assert not found.grid_limited


def test_what_needs_more_signal_than_it_excludes_is_not_excluded() -> None:
    found = exclude(models(1_000), [efficiency(0.4, 0.5)])
    assert found.limit.observed_pb == 0.5
    assert found.limit.expected_pb == (0.5,) * 5
    assert found.grid_limited


def test_a_spectrum_that_is_not_described_gives_no_limit_and_says_why() -> None:
    found = exclude(models(100_000, waves=0.08), [efficiency(0.4, 0.01)])
    assert found.limit.observed_pb is None
    assert found.limit.expected_pb is None
    assert "not described by its fit" in str(found.limit.refused)


def test_too_few_events_for_a_fit_are_counted_in_one_bin() -> None:
    found = exclude(models(10, fitted=False), [efficiency(0.4, 1e-4)])
    assert (found.limit.estimate, found.limit.n_bins) == ("template", 1)
    assert found.limit.observed_pb is not None


def test_a_cut_that_no_signal_passes_is_refused() -> None:
    found = exclude(models(1_000), [efficiency(0.0, 0.01)])
    assert found.limit.refused == "no simulated signal passes"
    assert found.rows[0].observed_pb is None


def test_efficiencies_are_those_of_all_trainings_together() -> None:
    cells = [{"injected_pb": strength, "repeat": k} for strength in (0.1, 0.2) for k in (0, 1)]
    results = [
        {"n_injected": 10 * (i + 1), "n_held_out": 1_000, "n_passed": passed}
        for i, passed in enumerate([[500, 90], [520, 110], [700, 300], [700, 300]])
    ]
    found = measure_efficiencies((0.1, 0.01), results, cells)
    assert [(each.cut, each.injected_pb) for each in found] == [(0.1, 0.1), (0.1, 0.2), (0.01, 0.1), (0.01, 0.2)]
    assert [each.value for each in found] == pytest.approx([0.51, 0.7, 0.1, 0.3])
    assert found[0].n_injected == 15
    # Binomial alone where the trainings agree; their scatter on top where they do not.
    assert found[3].error == pytest.approx(np.sqrt(0.3 * 0.7 / 2_000))
    assert found[2].error == pytest.approx(np.hypot(np.sqrt(0.1 * 0.9 / 2_000), 0.01))
