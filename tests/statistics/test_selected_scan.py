"""The vectorised statistics of a scan say what a hunt says of the same counts."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit
from resonaut.statistics.bump_hunt import judge_cut
from resonaut.statistics.counting import significance, z_after_trials
from resonaut.statistics.selected_scan import Estimates, SelectedScan, WindowCuts, quoted_z

RANGES = ((2600.0, 5000.0), (2700.0, 4900.0))
WINDOWS = ((3000.0, 3350.0), (3300.0, 3700.0))
CUTS = (0.1, 0.01)
ERRORS = (0.02, 0.1)


@pytest.fixture(scope="module")
def scan() -> SelectedScan:
    return SelectedScan(
        windows=[
            WindowCuts(window=window, fit_range=fit_range, efficiencies=CUTS, errors=ERRORS)
            for window, fit_range in zip(WINDOWS, RANGES, strict=True)
        ]
    )


def events(seed: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Masses, and what each window's cuts select of them."""
    rng = np.random.default_rng(seed)
    mass = 2500 + rng.exponential(500, 40_000)
    selections = [np.ones(len(mass), dtype=bool)]
    for _ in WINDOWS:
        score = rng.uniform(size=len(mass))
        selections += [score > 1 - cut for cut in CUTS]
    return mass, selections


@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_judge_cut_for_many(scan: SelectedScan, seed: int) -> None:
    mass, selections = events(seed)
    counts = np.stack([np.histogram(mass[selected], scan.edges)[0] for selected in selections])
    estimates = scan.estimate(counts[None])
    for w, (window, fit_range) in enumerate(zip(WINDOWS, RANGES, strict=True)):
        whole = SpectrumFit().fit(mass, fit_range, window)
        for c, (efficiency, error) in enumerate(zip(CUTS, ERRORS, strict=True)):
            chosen = mass[selections[1 + 2 * w + c]]
            observed = int(((chosen >= window[0]) & (chosen < window[1])).sum())
            try:
                own = SpectrumFit().fit(chosen, fit_range, window, like=whole)
            except FitError:
                own = None
            row = judge_cut(
                efficiency=efficiency,
                observed=observed,
                background_yield=whole.integral(*window),
                threshold_error=error,
                closure=None,
                selected_fit=own,
                window=window,
            )
            # Minuit and Newton agree to a hundredth of an error.
            assert estimates.z_template[0, w, c] == pytest.approx(row.z_template, abs=0.02)
            if row.z_fit is not None:
                assert estimates.z_fit[0, w, c] == pytest.approx(row.z_fit, abs=0.02)
                assert estimates.described[0, w, c]


def test_an_efficiency_that_is_off_shifts_the_template_alone(scan: SelectedScan) -> None:
    mass, selections = events(3)
    counts = np.stack([np.histogram(mass[selected], scan.edges)[0] for selected in selections])[None]
    here, there = scan.estimate(counts), scan.estimate(counts, shifts=1.0)
    assert (there.z_template > here.z_template).all()  # believed smaller than it is: what is seen looks like more
    np.testing.assert_array_equal(here.z_fit, there.z_fit)


def test_closure_is_that_of_each_spectrum() -> None:
    """Half as many selected events again beside the window: the template expects half as many again inside."""
    cuts = WindowCuts(
        window=WINDOWS[1], fit_range=RANGES[1], efficiencies=CUTS, errors=(0.1, 0.3), neighbourhood=(3000.0, 4000.0)
    )
    scan = SelectedScan(windows=[cuts])
    mass, selections = events(4)
    chosen = [mass[selected] for selected in (selections[0], *selections[3:])]
    mean = np.stack([np.histogram(masses, scan.edges)[0].astype(float) for masses in chosen])
    np.testing.assert_allclose(scan.estimate(mean[None], mean=mean).z_template, scan.estimate(mean[None]).z_template)
    centres = (scan.edges[1:] + scan.edges[:-1]) / 2
    beside = (centres > 3000) & (centres < 4000) & ~((centres > 3300) & (centres < 3700))
    more, spectrum = mean.copy(), SpectrumFit().fit(mass, RANGES[1], WINDOWS[1]).integral(*WINDOWS[1])
    more[1, beside] *= 1.5
    z = scan.estimate(more[None], mean=mean).z_template[0, 0, 0]
    kept, passed = mean[1, beside].sum(), more[1, beside].sum()
    ratio = (passed + 4) / (kept + 4)  # the prior's four events: `statistics/closure.py`
    inside = mean[1][(centres > 3300) & (centres < 3700)].sum()
    width = np.hypot(np.sqrt(0.1**2 - 1 / (kept + 4)), 1 / np.sqrt(passed + 4))
    expected = 0.1 * ratio * spectrum.value
    error = np.hypot(expected * width, 0.1 * ratio * spectrum.error)
    assert z == pytest.approx(significance(int(inside), expected, error).z, abs=0.02)


def test_the_smaller_estimate_and_the_best_cut_count_after_the_trials() -> None:
    estimates = Estimates(
        z_template=np.array([[[2.0, 3.0], [1.0, 9.0]]]),
        z_fit=np.array([[[2.5, np.nan], [0.5, 8.0]]]),
        described=np.array([[[True, True], [True, False]]]),
    )
    z = quoted_z(estimates)
    # Without a fit of its own a cut has its template; one that is not described says nothing.
    np.testing.assert_allclose(z, [[z_after_trials(3.0, 2), z_after_trials(0.5, 2)]])
    nothing = Estimates(estimates.z_template, estimates.z_fit, np.zeros((1, 2, 2), dtype=bool))
    assert np.isnan(quoted_z(nothing)).all()


def test_toys_are_counted_from_their_mean() -> None:
    one = np.ones((1, 1, 1))
    toy, centre = Estimates(2.0 * one, 3.0 * one, one > 0), Estimates(0.5 * one, np.nan * one, one > 0)
    assert quoted_z(toy, centre=centre)[0, 0] == pytest.approx(1.5)
