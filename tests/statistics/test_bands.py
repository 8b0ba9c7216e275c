"""Medians, bands and bootstrap errors, against Gaussians whose curves are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from resonaut.statistics.bands import TPR_GRID, Band, fpr_at, quantiles
from resonaut.statistics.bootstrap import bootstrap_errors
from resonaut.statistics.curves import FIGURES, Curves
from resonaut.statistics.floor import Floor

SHIFT, N_BACKGROUND, N_SIGNAL = 2.0, 20_000, 2_000
LABELS = np.repeat([0, 1], [N_BACKGROUND, N_SIGNAL])


def trained(seed: int, shift: float = SHIFT) -> Curves:
    return Curves.from_scores(LABELS, np.random.default_rng(seed).normal(shift * LABELS))


def test_the_cut_keeps_at_least_the_signal_asked_for() -> None:
    # Five signal events among ten: keeping three of them lets the one background event above the third pass.
    curves = Curves.from_scores(np.array([1, 1, 0, 1, 0, 1, 1, 0, 0, 0]), np.arange(10.0, 0.0, -1))
    np.testing.assert_allclose(fpr_at(curves, np.array([0.2, 0.4, 0.41, 0.6, 0.8, 1.0])), [0, 0, 0.2, 0.2, 0.4, 0.4])


def test_the_median_curve_is_that_of_shifted_gaussians() -> None:
    fpr = np.stack([fpr_at(trained(seed)) for seed in range(15)])
    band = Band.of(fpr, TPR_GRID, N_BACKGROUND)
    analytic = norm.sf(norm.isf(TPR_GRID) + SHIFT)
    at = np.searchsorted(TPR_GRID, [0.3, 0.5, 0.7, 0.9])
    # A median of 15 scatters by 1.25 / sqrt(15) of one curve, whose FPR and TPR are known to some per cent.
    np.testing.assert_allclose(band.fpr[at], analytic[at], rtol=0.06)
    middle, low, high = band.sic()
    # SIC goes with the root of FPR: half of its relative error.
    np.testing.assert_allclose(middle[at], TPR_GRID[at] / np.sqrt(analytic[at]), rtol=0.03)
    assert (low[at] < middle[at]).all()
    assert (middle[at] < high[at]).all()


def test_the_band_holds_68_percent_of_trainings() -> None:
    fpr = np.stack([fpr_at(trained(seed, shift=1.0 + 0.02 * seed)) for seed in range(50)])
    band = Band.of(fpr, TPR_GRID, N_BACKGROUND)
    at = np.searchsorted(TPR_GRID, [0.3, 0.5, 0.7])
    inside = ((fpr >= band.fpr_low) & (fpr <= band.fpr_high)).mean(axis=0)
    np.testing.assert_allclose(inside[at], 0.68, atol=0.021)  # one of fifty


def test_the_maximum_of_the_median_curve_respects_the_floor() -> None:
    fpr = np.stack([fpr_at(trained(seed, shift=4.0)) for seed in range(5)])
    strict, loose = (Band.of(fpr, TPR_GRID, N_BACKGROUND, Floor(events=n)) for n in (25, 1))
    assert strict.max_sic is not None
    assert loose.max_sic is not None
    assert strict.max_sic < loose.max_sic
    assert (strict.fpr[strict.passes_floor] * N_BACKGROUND).min() > 24.99
    assert Band.of(fpr, TPR_GRID, n_background=20).max_sic is None


def test_quantiles_of_what_is_known() -> None:
    known = quantiles([1.0, None, 3.0, 2.0])
    assert known is not None
    assert known.median == 2
    assert known.low < 2 < known.high
    assert quantiles([None]) is None


def test_bootstrap_errors_are_the_scatter_of_other_samples() -> None:
    others = [trained(seed).figures() for seed in range(60)]
    scores = np.random.default_rng(1000).normal(SHIFT * LABELS)
    errors = bootstrap_errors(LABELS, scores, n=60, seed=1)
    for name in FIGURES:
        scatter = np.std([one[name] for one in others])
        # Each of the two is known to 1 / sqrt(2 x 60) = 9 %; the maximum's depends on where it happens to lie.
        assert errors[name] == pytest.approx(scatter, rel=0.6 if "sic" in name else 0.4)


def test_without_a_maximum_it_has_no_error() -> None:
    errors = bootstrap_errors(np.repeat([0, 1], [20, 20]), np.random.default_rng(0).normal(size=40), n=5, seed=1)
    assert errors["max_sic"] is None
    assert errors["auc"] is not None
