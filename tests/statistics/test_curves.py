from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from resonaut.errors import ConfigError, EventsError
from resonaut.statistics.curves import Curves
from resonaut.statistics.floor import FLOORS, Floor

SHIFT = 2.0


@pytest.fixture(scope="module")
def gaussian() -> tuple[np.ndarray, np.ndarray]:
    """Scores of background N(0, 1) and signal N(2, 1), whose curves are known in closed form."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], [200_000, 20_000])
    return labels, rng.normal(SHIFT * labels)


def test_auc_is_that_of_shifted_gaussians(gaussian: tuple[np.ndarray, np.ndarray]) -> None:
    # The error of the AUC is below 1 / sqrt(12 n) of the smaller class.
    assert Curves.from_scores(*gaussian).auc == pytest.approx(
        norm.cdf(SHIFT / np.sqrt(2)), abs=3 / np.sqrt(12 * 20_000)
    )


@pytest.mark.parametrize("fpr", [0.3, 0.1, 0.01, 0.001])
def test_sic_is_that_of_shifted_gaussians_within_its_error(gaussian: tuple[np.ndarray, np.ndarray], fpr: float) -> None:
    curves = Curves.from_scores(*gaussian)
    at = np.searchsorted(curves.fpr, fpr)
    analytic = norm.sf(norm.isf(fpr) - SHIFT) / np.sqrt(fpr)
    assert abs(curves.sic[at] - analytic) < 3 * curves.sic_error[at]
    assert curves.sic_error[at] < 0.1 * analytic


def test_sic_error_covers() -> None:
    rng, labels = np.random.default_rng(2), np.repeat([0, 1], [5000, 500])
    pulls = []
    for _ in range(200):
        curves = Curves.from_scores(labels, rng.normal(SHIFT * labels))
        threshold = np.searchsorted(curves.fpr, 0.02)
        pulls.append(
            (curves.sic[threshold] - norm.sf(norm.isf(0.02) - SHIFT) / np.sqrt(0.02)) / curves.sic_error[threshold]
        )
    assert abs(np.std(pulls) - 1) < 3 / np.sqrt(2 * 200)


def test_sic_at_a_thousandth(gaussian: tuple[np.ndarray, np.ndarray]) -> None:
    analytic = norm.sf(norm.isf(1e-3) - SHIFT) / np.sqrt(1e-3)
    # 200 background events pass: 3.5 % of SIC, and the signal adds 1 %.
    assert Curves.from_scores(*gaussian).sic_fpr_1e3 == pytest.approx(analytic, rel=3 * 0.04)


def test_the_maximum_is_taken_where_25_background_events_pass() -> None:
    # So far apart that ever tighter cuts have an ever larger SIC, until hardly an event is left to know it by.
    labels = np.repeat([1, 0], [1000, 10_000])
    rng = np.random.default_rng(3)
    scores = rng.normal(4.0 * labels)
    curves = Curves.from_scores(labels, scores)
    loose = Curves.from_scores(labels, scores, floor=Floor(events=1))
    assert round(loose.max_sic_fpr * 10_000) < 25 <= round(curves.max_sic_fpr * 10_000)
    assert (curves.passes_floor == (np.round(curves.fpr * 10_000) >= 25)).all()
    assert loose.max_sic > curves.max_sic == np.nanmax(curves.sic[curves.passes_floor])


def test_below_the_floor_there_is_no_maximum() -> None:
    curves = Curves.from_scores(np.array([0] * 24 + [1] * 5), np.arange(29.0))
    assert curves.max_sic is None
    assert curves.sic_fpr_1e3 is None
    assert curves.auc == 1


def test_a_random_score_improves_nothing() -> None:
    labels = np.repeat([0, 1], [50_000, 5_000])
    curves = Curves.from_scores(labels, np.random.default_rng(4).random(55_000))
    assert abs(curves.auc - 0.5) < 3 / np.sqrt(12 * 5_000)
    # SIC = sqrt(FPR) <= 1, reached where everything passes.
    assert curves.sic[-1] == 1
    wide = curves.fpr > 0.01
    np.testing.assert_allclose(curves.sic[wide], np.sqrt(curves.fpr[wide]), rtol=0.5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 10), offset=st.floats(-5, 5))
def test_only_the_order_of_scores_matters(seed: int, scale: float, offset: float) -> None:
    rng = np.random.default_rng(seed)
    labels = np.arange(300) % 3 == 0
    scores = np.round(rng.normal(labels), 2)
    plain, warped = (Curves.from_scores(labels, s) for s in (scores, np.exp(scores * scale + offset)))
    np.testing.assert_array_equal(plain.tpr, warped.tpr)
    assert plain.auc == warped.auc
    order = rng.permutation(300)
    assert Curves.from_scores(labels[order], scores[order]).max_sic == plain.max_sic


def test_a_weight_of_two_is_an_event_twice() -> None:
    rng = np.random.default_rng(5)
    labels = np.arange(2000) % 2
    scores = rng.normal(labels)
    twice = np.where(scores > 0, 2.0, 1.0)
    repeated = np.repeat(np.arange(2000), twice.astype(int))
    weighted, doubled = (
        Curves.from_scores(labels, scores, twice),
        Curves.from_scores(labels[repeated], scores[repeated]),
    )
    np.testing.assert_allclose(weighted.tpr, doubled.tpr)
    np.testing.assert_allclose(weighted.fpr, doubled.fpr)
    assert weighted.auc == pytest.approx(doubled.auc)


def test_the_unit_of_the_weights_does_not_matter_and_their_spread_does() -> None:
    rng = np.random.default_rng(6)
    labels = np.arange(2000) % 2
    scores = rng.normal(labels)
    plain, scaled, spread = (
        Curves.from_scores(labels, scores, weights)
        for weights in (None, np.full(2000, 7.0), rng.exponential(1.0, 2000))
    )
    np.testing.assert_allclose(scaled.sic_error, plain.sic_error)
    assert scaled.max_sic == pytest.approx(plain.max_sic)
    # Exponential weights: <w>^2 / <w^2> = 1/2 of the events are effective.
    assert spread.tpr_error.max() / plain.tpr_error.max() == pytest.approx(np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_refused(label: int) -> None:
    with pytest.raises(EventsError, match="both classes"):
        Curves.from_scores(np.full(10, label), np.arange(10.0))


def test_average_precision_is_scikit_learns(gaussian: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = gaussian
    rounded = np.round(scores, 1)  # ties: a threshold takes or leaves all of them
    for given_scores in (scores, rounded):
        expected = average_precision_score(labels, given_scores)
        assert Curves.from_scores(labels, given_scores).auc_pr == pytest.approx(expected, rel=1e-12)
    weights = np.random.default_rng(7).exponential(1.0, len(labels))
    expected = average_precision_score(labels, rounded, sample_weight=weights)
    assert Curves.from_scores(labels, rounded, weights).auc_pr == pytest.approx(expected, rel=1e-9)
    assert Curves.from_scores(labels, rounded).auc == pytest.approx(roc_auc_score(labels, rounded), rel=1e-12)


def test_area_under_sic_is_that_of_shifted_gaussians(gaussian: tuple[np.ndarray, np.ndarray]) -> None:
    def integrand(threshold: float) -> float:
        return norm.sf(threshold - SHIFT) / np.sqrt(norm.sf(threshold)) * norm.pdf(threshold - SHIFT)

    analytic, _ = quad(integrand, -8, 8)
    # 9 % is what fifty other samples of this size scatter by at most.
    assert Curves.from_scores(*gaussian).area_sic == pytest.approx(analytic, rel=0.09)


def test_floors_by_name_by_events_and_by_efficiency(gaussian: tuple[np.ndarray, np.ndarray]) -> None:
    for given_floor, least in [("background-20", 25), ("sic-20", 6.25), (100, 100), (1e-3, 200), ("cathode", 3.68)]:
        floor = Floor.read(given_floor)
        curves = Curves.from_scores(*gaussian, floor=floor)
        passing = np.round(curves.fpr[curves.passes_floor] * 200_000)
        assert passing.min() == np.ceil(least)
    assert Floor() == Floor.read("background-20") == Floor.read("25")
    assert FLOORS["cathode"] * 340_000 == pytest.approx(FLOORS["sic-20"], rel=2e-3)
    for wrong in ("bacground", "", 0, -1, "nan", "inf"):
        with pytest.raises(ConfigError, match="background-20"):
            Floor.read(wrong)
