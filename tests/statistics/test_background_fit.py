from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit, SpectrumFitResult
from resonaut.statistics.counting import excess_z

FIT_RANGE = (2600.0, 5000.0)
WINDOW = (3300.0, 3700.0)
TWO = SpectrumFit(max_parameters=2)
Spectrum = Callable[..., np.ndarray]
N_TOYS = 200


def toys(expected: np.ndarray, fit: SpectrumFit, edges: np.ndarray, n: int = N_TOYS) -> list[SpectrumFitResult]:
    rng = np.random.default_rng(11)
    return [fit.fit_counts(edges, rng.poisson(expected), WINDOW) for _ in range(n)]


@pytest.mark.parametrize("events", [300, 30_000])
def test_yield_is_unbiased_and_its_error_covers(
    events: int, edges: np.ndarray, inside: np.ndarray, falling: Spectrum
) -> None:
    expected = falling(events)
    yields = [result.integral(*WINDOW) for result in toys(expected, TWO, edges)]
    pulls = np.array([(value - expected[inside].sum()) / error for value, error in yields])
    # Three sigma of 200 toys; the error moves with the value where events are few, which pulls the mean down a little.
    assert abs(pulls.mean()) < 3 / np.sqrt(N_TOYS) + 1 / np.sqrt(events)
    assert abs(pulls.std() - 1) < 3 / np.sqrt(2 * N_TOYS)


def test_p_values_and_significances_without_signal_are_those_of_chance(
    edges: np.ndarray, inside: np.ndarray, falling: Spectrum
) -> None:
    results = toys(falling(20_000), TWO, edges)
    assert kstest([result.p_value for result in results], "uniform").pvalue > 0.001
    z = [excess_z(result.counts[inside].sum(), *result.integral(*WINDOW)) for result in results]
    assert kstest(z, "norm").pvalue > 0.001


def test_f_test_takes_a_needless_parameter_as_often_as_asked(edges: np.ndarray, falling: Spectrum) -> None:
    results = toys(falling(20_000), SpectrumFit(max_parameters=3, f_test=0.05), edges)
    taken = np.mean([result.n_shape_parameters == 3 for result in results])
    assert abs(taken - 0.05) < 3 * np.sqrt(0.05 * 0.95 / N_TOYS)


def test_f_test_takes_a_parameter_that_is_needed(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> None:
    curved = falling(200_000, -10.0, 35.0, 10.0)
    results = toys(curved, SpectrumFit(), edges, n=20)
    assert all(result.n_shape_parameters >= 3 for result in results)
    assert min(TWO.fit_counts(edges, result.counts, WINDOW).p_value for result in results) < 1e-6


def test_error_covers_where_the_f_test_stops_too_early(
    edges: np.ndarray, inside: np.ndarray, falling: Spectrum
) -> None:
    # The tail of a turn-on leaves a shape that needs four parameters, which at this size the F-test sees half the time.
    centres = (edges[1:] + edges[:-1]) / 2
    spectrum = falling(1.0) / (1 + np.exp(-(centres - 2450) / 150))
    spectrum *= 20_000 / spectrum.sum()
    truth = spectrum[inside].sum()

    def rms_pull(fit: SpectrumFit, stopped: list[SpectrumFitResult]) -> float:
        yields = [fit.fit_counts(edges, result.counts, WINDOW).integral(*WINDOW) for result in stopped]
        return float(np.sqrt(np.mean([((value - truth) / error) ** 2 for value, error in yields])))

    stopped = [result for result in toys(spectrum, SpectrumFit(), edges) if result.n_shape_parameters == 3]
    assert len(stopped) > N_TOYS / 4
    # Without the next function's say the error is half as large as the mistakes; with it they agree.
    assert rms_pull(SpectrumFit(max_parameters=3), stopped) > 1.3
    assert rms_pull(SpectrumFit(), stopped) < 1.2


def test_a_wrong_background_shape_is_detected(edges: np.ndarray, falling: Spectrum) -> None:
    centres = (edges[1:] + edges[:-1]) / 2
    wavy = falling(100_000) * (1 + 0.08 * np.sin(centres / 100))
    assert all(result.p_value < 0.01 for result in toys(wavy, SpectrumFit(), edges, n=20))


def test_what_is_in_the_window_is_not_seen(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> None:
    counts = np.random.default_rng(3).poisson(falling(20_000))
    blind = SpectrumFit().fit_counts(edges, counts, WINDOW)
    signal = SpectrumFit().fit_counts(edges, counts + 500 * inside, WINDOW)
    assert signal.integral(*WINDOW) == blind.integral(*WINDOW)
    assert signal.p_value == blind.p_value


def test_four_times_the_events_halve_the_relative_error(edges: np.ndarray, falling: Spectrum) -> None:
    one, four = (TWO.fit_counts(edges, falling(n), WINDOW) for n in (1e6, 4e6))
    ratio = [result.integral(*WINDOW).error / result.integral(*WINDOW).value for result in (one, four)]
    assert ratio[0] / ratio[1] == pytest.approx(2, rel=1e-3)


def test_the_truth_is_recovered_from_its_own_expectation(edges: np.ndarray, falling: Spectrum) -> None:
    truth = falling(1e9, 8.0, 5.0)
    result = TWO.fit_counts(edges, truth, WINDOW)
    np.testing.assert_allclose(result.expected, truth, rtol=1e-6)
    assert result.parameters[1:3] == pytest.approx([8.0, 5.0], abs=5 * np.sqrt(result.covariance[1, 1]) + 0.01)


def test_a_selection_is_fitted_with_the_shape_of_all(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> None:
    """Behind a trigger all events need three or four parameters; few take two, and are wrong without the shape."""
    expected = falling(200_000, -35.0, 72.0, 22.5)
    rng = np.random.default_rng(12)
    kept = 0.006 * (1 + 0.1 * np.linspace(-1, 1, len(expected)))  # the cut's efficiency, which rises with the mass
    truth = (kept * expected)[inside].sum()
    pulls: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(N_TOYS):
        counts = rng.poisson(expected)
        whole = SpectrumFit().fit_counts(edges, counts, WINDOW)
        for known, found in pulls.items():
            fit = SpectrumFit().fit_counts(edges, rng.binomial(counts, kept), WINDOW, like=whole if known else None)
            value, error = fit.integral(*WINDOW)
            found.append((value - truth) / error)
    assert abs(np.mean(pulls[True])) < 2 / np.sqrt(N_TOYS)
    assert abs(np.std(pulls[True]) - 1) < 0.2
    assert np.mean(pulls[False]) < -3 / np.sqrt(N_TOYS)


def test_signal_beside_the_region_is_not_taken_for_the_shape(
    edges: np.ndarray, inside: np.ndarray, falling: Spectrum
) -> None:
    """Of a cut's events next to the region some are signal: three parameters would follow them up to the region."""
    expected = falling(4000)
    whole = TWO.fit_counts(edges, np.random.default_rng(15).poisson(falling(200_000)), WINDOW)
    leaked = 0.1 * 400 * np.exp(-0.5 * (((edges[1:] + edges[:-1]) / 2 - 3500) / 150) ** 2)
    rng = np.random.default_rng(16)
    taken = {0.05: 0, 0.01: 0}
    for _ in range(N_TOYS):
        counts = rng.poisson(expected + leaked)
        for chance in taken:
            fit = SpectrumFit(selection_f_test=chance).fit_counts(edges, counts, WINDOW, like=whole)
            taken[chance] += fit.n_shape_parameters > 2
    assert taken[0.01] < 0.5 * taken[0.05]


def test_the_shape_of_all_costs_no_parameter(edges: np.ndarray, falling: Spectrum) -> None:
    """What two parameters describe, they describe with a shape to start from: both span the same functions."""
    counts = np.random.default_rng(13).poisson(falling(20_000))
    whole = TWO.fit_counts(edges, np.random.default_rng(14).poisson(falling(200_000)), WINDOW)
    plain, like = TWO.fit_counts(edges, counts, WINDOW), TWO.fit_counts(edges, counts, WINDOW, like=whole)
    np.testing.assert_allclose(like.expected, plain.expected, rtol=1e-3)
    np.testing.assert_allclose(like.expected_error, plain.expected_error, rtol=1e-2)


def test_integrals_add_up(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> None:
    result = SpectrumFit().fit_counts(edges, np.random.default_rng(4).poisson(falling(20_000)), WINDOW)
    parts = result.integral(2600, 3123).value + result.integral(3123, 5000).value
    assert parts == pytest.approx(result.integral(2600, 5000).value, rel=1e-9)
    assert result.integral(*WINDOW).value == pytest.approx(result.expected[inside].sum(), rel=1e-12)


def test_pulls_square_to_the_chi2_where_no_bin_is_sparse(edges: np.ndarray, falling: Spectrum) -> None:
    result = SpectrumFit().fit_counts(edges, np.random.default_rng(5).poisson(falling(200_000)), WINDOW)
    assert (result.pulls[~result.masked] ** 2).sum() == pytest.approx(result.chi2)
    assert result.n_dof == (~result.masked).sum() - result.n_shape_parameters - 1


def test_toys_scatter_about_the_fit_and_repeat_by_seed(edges: np.ndarray, falling: Spectrum) -> None:
    result = TWO.fit_counts(edges, np.random.default_rng(6).poisson(falling(20_000)), WINDOW)
    sample = result.sample(7)
    assert (sample == result.sample(7)).all()
    # Chi-squared with 48 degrees of freedom is within 20 and 90 in all but 1 of 10,000 cases.
    assert 20 < ((sample - result.expected) ** 2 / result.expected).sum() < 90


def test_masses_are_counted_in_half_open_bins(edges: np.ndarray, falling: Spectrum) -> None:
    rng = np.random.default_rng(8)
    counts = rng.poisson(falling(5_000))
    centres = np.repeat((edges[1:] + edges[:-1]) / 2, counts)
    on_edges = np.array([2599.9, *edges])
    result = SpectrumFit().fit(np.concatenate([centres, on_edges]), FIT_RANGE, WINDOW)
    assert (result.counts == counts + 1).all()


@settings(max_examples=50, deadline=None)
@given(low=st.floats(1000, 3000), below=st.floats(1, 800), width=st.floats(10, 900), above=st.floats(1, 3000))
def test_bins_end_where_the_window_does(low: float, below: float, width: float, above: float) -> None:
    window = (low + below, low + below + width)
    edges = SpectrumFit().bin_edges((low, window[1] + above), window)
    assert set(window) <= set(edges)
    assert np.all(np.diff(edges) > 0)
    assert (edges[0], edges[-1]) == (low, window[1] + above)


sparse = st.sampled_from([0] * 8 + [1, 3, 25])
dense = st.integers(0, 30) | st.integers(0, 10**6)


@settings(max_examples=100, deadline=None)
@given(counts=st.one_of(st.lists(events, min_size=48, max_size=48) for events in (sparse, dense)).map(np.array))
def test_any_counts_give_a_finite_result_or_a_reason(counts: np.ndarray) -> None:
    edges = SpectrumFit().bin_edges(FIT_RANGE, WINDOW)
    try:
        result = SpectrumFit().fit_counts(edges, counts, WINDOW)
    except FitError:
        return
    assert np.isfinite([*result.integral(*WINDOW), result.chi2, result.p_value]).all()
    # A property of every maximum of this likelihood: the fit keeps the number of events it was made from.
    assert result.expected[~result.masked].sum() == pytest.approx(counts[~result.masked].sum(), rel=1e-2)


@pytest.mark.parametrize("bin_with_all", [0, 5, 30, 47])
def test_all_events_in_one_bin_are_refused(bin_with_all: int, edges: np.ndarray) -> None:
    counts = np.where(np.arange(48) == bin_with_all, 100, 0)
    with pytest.raises(FitError, match=r"holds 100 events in too few bins to fit; loosen the cut"):
        SpectrumFit().fit_counts(edges, counts, WINDOW)


@pytest.mark.parametrize(
    ("fit_range", "window", "says"),
    [
        ((3300.0, 5000.0), WINDOW, "one side"),
        ((2600.0, 3700.0), WINDOW, "one side"),
        (FIT_RANGE, (3700.0, 3300.0), "one side"),
        ((2600.0, 14_000.0), WINDOW, "energy of the collisions"),
        ((3200.0, 3760.0), WINDOW, "bins"),
    ],
)
def test_impossible_ranges_are_refused(fit_range: tuple[float, float], window: tuple[float, float], says: str) -> None:
    mass = np.random.default_rng(9).uniform(2600, 5000, 1000)
    with pytest.raises(FitError, match=says):
        SpectrumFit().fit(mass, fit_range, window)


def test_too_few_events_are_refused() -> None:
    mass = np.random.default_rng(10).uniform(2600, 5000, 15)
    with pytest.raises(FitError, match=r"events, a fit needs 20; loosen the cut"):
        SpectrumFit().fit(mass, FIT_RANGE, WINDOW)


def test_real_dijets_are_described_above_the_trigger_and_not_below(validation_data: Path) -> None:
    table = pq.read_table(validation_data / "lhco_rnd_v1_jets_50k.parquet", columns=["mjj", "label"])
    mass = table["mjj"].to_numpy()[table["label"].to_numpy() == 0]
    below, above = (SpectrumFit(max_parameters=3).fit(mass, (low, 5000.0), WINDOW) for low in (2300.0, 2600.0))
    # Known from an independent fit of the same events: chi2/dof of about 700/42 and 34/36.
    assert below.n_dof == 42
    assert below.chi2 > 600
    assert above.n_dof == 36
    assert above.chi2 == pytest.approx(34, abs=1)
    observed = int(((mass >= WINDOW[0]) & (mass < WINDOW[1])).sum())
    assert abs(excess_z(observed, *above.integral(*WINDOW))) < 2
