from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit, find_fit_range

WINDOW = (3300.0, 3700.0)
OUTER = (2300.0, 5000.0)


def spectrum(n: int, *, turn_on: float, width: float = 60.0, seed: int) -> np.ndarray:
    """Falling masses whose acceptance rises around `turn_on`, as behind a trigger on the jet."""
    rng = np.random.default_rng(seed)
    mass = 2300 + rng.exponential(480, 3 * n)
    efficient = rng.random(len(mass)) < 1 / (1 + np.exp(-(mass - turn_on) / width))
    return mass[efficient & (mass < 5000)][:n]


def test_starts_above_the_turn_on_of_real_dijets(validation_data: Path) -> None:
    table = pq.read_table(validation_data / "lhco_rnd_v1_jets_50k.parquet", columns=["mjj", "label"])
    mass = table["mjj"].to_numpy()[table["label"].to_numpy() == 0]
    assert find_fit_range(mass, OUTER, WINDOW) == (2600.0, 5000.0)


def test_keeps_everything_where_there_is_no_turn_on() -> None:
    starts = [find_fit_range(spectrum(20_000, turn_on=0, seed=s), OUTER, WINDOW)[0] for s in range(10)]
    # The true start fails the 5 % criterion once in twenty.
    assert np.mean(np.array(starts) == 2300) >= 0.7


@pytest.mark.parametrize("seed", range(5))
def test_never_starts_where_the_spectrum_still_rises(seed: int) -> None:
    mass = spectrum(40_000, turn_on=2500, seed=seed)
    low, high = find_fit_range(mass, OUTER, WINDOW)
    assert low >= 2500
    assert SpectrumFit().fit(mass, (low, high), WINDOW).falls


@pytest.mark.parametrize("seed", range(3))
def test_with_few_events_a_good_p_value_is_not_enough(seed: int) -> None:
    # Four parameters describe a soft turn-on by rising with it, so that p alone would let the fit start there.
    mass = spectrum(4_000, turn_on=2500, width=120, seed=seed)
    rising = SpectrumFit().fit(mass, OUTER, WINDOW)
    assert rising.p_value > 0.05
    assert not rising.falls
    assert find_fit_range(mass, OUTER, WINDOW)[0] >= 2500


def test_where_nothing_is_described_the_fit_says_so() -> None:
    rng = np.random.default_rng(3)
    mass = np.concatenate([spectrum(50_000, turn_on=0, seed=2), rng.normal(4200, 30, 1500), rng.normal(3100, 20, 1500)])
    low, high = find_fit_range(mass, OUTER, WINDOW)
    assert low <= 3000
    assert SpectrumFit().fit(mass, (low, high), WINDOW).p_value < 0.01


def test_leaves_a_sideband_below_the_window() -> None:
    mass = spectrum(20_000, turn_on=3400, seed=4)
    assert find_fit_range(mass, OUTER, WINDOW)[0] <= 3000
    assert find_fit_range(mass, (3150.0, 5000.0), WINDOW)[0] == 3150


def test_too_few_events_are_refused() -> None:
    with pytest.raises(FitError, match="events"):
        find_fit_range(np.array([2500.0, 2700.0, 4000.0]), OUTER, WINDOW)
