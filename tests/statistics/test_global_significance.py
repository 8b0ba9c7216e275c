"""A global p-value against what can be calculated, and against pyBumpHunter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyBumpHunter import BumpHunter1D
from scipy.stats import norm

from resonaut.errors import FitError, RegionError
from resonaut.statistics.counting import binomial_interval, excess_z, z_to_p
from resonaut.statistics.global_significance import count_toys, global_significance, upcrossings
from resonaut.statistics.spectrum_scan import SpectrumScan, overlapping_windows

Spectrum = Callable[..., np.ndarray]
N_TOYS = 4_000


@pytest.mark.parametrize("z", [1.5, 2.0, 2.5])
def test_independent_windows_give_sidak(z: float) -> None:
    toys = np.random.default_rng(1).normal(size=(N_TOYS, 10))
    sidak = 1 - (1 - z_to_p(z)) ** 10
    result = global_significance(z, toys)
    low, high = binomial_interval(result.toys.k, N_TOYS, level=0.999)
    assert low < sidak < high
    # Windows far apart cross more often than the exponential allows for: conservative, and not by much.
    assert sidak < result.p_upcrossings < 1.7 * sidak


def test_upcrossings_of_a_smooth_process_extrapolate_as_rice_says() -> None:
    # Stationary Gaussian with covariance cos: it rises through z exp(-z^2 / 2) / (2 pi) times a radian (Rice 1944).
    rng = np.random.default_rng(2)
    phase = np.linspace(0, 8.0, 400)
    toys = rng.normal(size=(N_TOYS, 1)) * np.cos(phase) + rng.normal(size=(N_TOYS, 1)) * np.sin(phase)
    for level in (1.0, 2.0):
        crossings = upcrossings(toys, level)
        assert abs(crossings.value - 8.0 / (2 * np.pi) * np.exp(-(level**2) / 2)) < 4 * crossings.error
    # The process is a wave of Rayleigh amplitude: over a full turn its maximum exceeds z with exp(-z^2 / 2).
    full_turn = toys[:, phase <= 2 * np.pi]
    for z in (3.0, 4.5):
        assert global_significance(z, full_turn).p_upcrossings == pytest.approx(
            np.exp(-(z**2) / 2) + norm.sf(z), rel=0.1
        )


def test_beyond_the_toys_the_extrapolation_takes_over_and_says_so() -> None:
    toys = np.random.default_rng(3).normal(size=(N_TOYS, 10))
    near, far = global_significance(2.0, toys), global_significance(6.0, toys)
    assert not near.extrapolated
    assert near.p == near.toys.p
    assert far.extrapolated
    assert far.p == far.p_upcrossings
    assert z_to_p(6.0) < far.p < 1e-6
    assert (far.toys.k, far.toys.low) == (0, 0.0)
    assert far.toys.high > 0


def test_no_p_value_is_zero() -> None:
    fraction = count_toys(8.0, np.zeros((99, 3)))
    assert fraction.p == 0.01
    assert global_significance(38.0, np.zeros((99, 3))).p > 0


def test_toys_without_a_fit_do_not_count_as_excesses() -> None:
    toys = np.array([[np.nan, 1.0], [np.nan, np.nan], [3.0, np.nan]])
    assert count_toys(0.5, toys).k == 2
    assert upcrossings(toys, 0.5).value == pytest.approx(1 / 3)
    with pytest.raises(FitError, match="there are none"):
        count_toys(1.0, np.empty((0, 3)))


def test_global_p_is_that_of_pybumphunter() -> None:
    edges = np.linspace(2600, 5000, 25)
    background = 20_000 * -np.diff(np.exp(-edges / 500)) / (np.exp(-2600 / 500) - np.exp(-5000 / 500))
    rng = np.random.default_rng(4)
    data = rng.poisson(background)
    data[9:13] += 25
    peer = BumpHunter1D(
        rang=(2600, 5000), bins=edges, width_min=4, width_max=4, width_step=1, scan_step=1, npe=2_000, nworker=1, seed=5
    )
    peer.bump_scan(data, background, is_hist=True)

    def windows(counts: np.ndarray) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(counts, 4, axis=-1).sum(-1)

    z = excess_z(windows(data), windows(background), 0.0)
    toys = excess_z(windows(rng.poisson(background, (2_000, 24))), windows(background), 0.0)
    ours = count_toys(float(z.max()), toys)
    # Theirs counts with exact Poisson tails, which shifts a p by a few per cent; both have the error of 2,000 toys.
    theirs = float(peer.global_Pval)
    assert 0.005 < theirs < 0.5
    assert ours.p == pytest.approx(theirs, abs=4 * np.sqrt(2 * theirs / 2_000) + 0.1 * theirs)
    assert int(peer.min_loc_ar[0]) == int(z.argmax())


@pytest.fixture(scope="module")
def scan() -> SpectrumScan:
    return SpectrumScan(windows=overlapping_windows(3000, 4400), fit_range=(2600, 5000))


def expected(scan: SpectrumScan, n: float) -> np.ndarray:
    x = (scan.edges[1:] + scan.edges[:-1]) / 2 / 13_000
    shape = (1 - x) ** 8 / x**5 * np.diff(scan.edges)
    return n * shape / shape.sum()


def test_windows_are_as_wide_as_the_mass_allows_and_overlap_by_half() -> None:
    windows = overlapping_windows(3500, 4500)
    assert windows[0] == pytest.approx((3300, 3700))
    centres = np.mean(windows, axis=1)
    widths = np.diff(windows, axis=1)[:, 0]
    np.testing.assert_allclose(widths / centres, 400 / 3500)
    np.testing.assert_allclose(np.diff(centres), widths[:-1] / 2)
    assert centres[-1] <= 4500
    with pytest.raises(RegionError, match=r"LOW:HIGH"):
        overlapping_windows(4500, 3500)


def test_each_window_of_a_scan_is_fitted_as_if_it_were_alone(scan: SpectrumScan) -> None:
    counts = np.random.default_rng(6).poisson(expected(scan, 20_000))
    mass = np.repeat((scan.edges[1:] + scan.edges[:-1]) / 2, counts)
    assert (scan.count(mass) == counts).all()
    result = scan.scan(counts[None])
    for w, window in enumerate(scan.windows):
        alone = scan.fit.fit(mass, scan.fit_range, window)
        observed = ((mass >= window[0]) & (mass < window[1])).sum()
        assert result.observed[0, w] == observed
        z = excess_z(observed, *alone.integral(*window))
        assert result.z[0, w] == pytest.approx(z, abs=0.01)


def test_a_resonance_stands_out_where_it_is_and_background_does_not(scan: SpectrumScan) -> None:
    rng = np.random.default_rng(7)
    background = expected(scan, 20_000)
    toys = scan.scan(rng.poisson(background, (500, len(background))))
    peak = np.diff(norm.cdf(scan.edges, 3600, 90)) * 600
    with_peak = scan.scan(rng.poisson(background + peak)[None])
    best = int(np.nanargmax(with_peak.z[0]))
    low, high = scan.windows[best]
    assert low < 3600 < high
    found = global_significance(float(with_peak.z[0, best]), toys.z)
    assert found.extrapolated
    assert found.p < 1e-3
    # Of the scans without one, a tenth must look like the largest tenth of themselves.
    others = scan.scan(rng.poisson(background, (200, len(background)))).z.max(axis=1)
    p = np.array([count_toys(float(z), toys.z).p for z in others])
    assert abs((p < 0.1).mean() - 0.1) < 3 * np.sqrt(0.1 * 0.9 / 200) + 3 * np.sqrt(0.1 * 0.9 / 500)


def test_windows_without_sidebands_are_refused() -> None:
    with pytest.raises(FitError, match=r"2550-2700 GeV leaves no spectrum on one side"):
        SpectrumScan(windows=[(3000, 3300), (2550, 2700)], fit_range=(2600, 5000))
    with pytest.raises(FitError, match="at least one window"):
        SpectrumScan(windows=[], fit_range=(2600, 5000))
