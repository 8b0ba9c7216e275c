from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from resonaut.statistics.background_fit import SpectrumFit, SpectrumFitResult
from resonaut.statistics.bump_hunt import CutResult, claim, expected_z, judge_cut, quoted
from resonaut.statistics.closure import ClosureResult, closure
from resonaut.statistics.counting import Estimate, significance

WINDOW = (3300.0, 3700.0)
TWO = SpectrumFit(max_parameters=2)
CLOSES = closure(1000, 10_000, 5000, 50_000)
Spectrum = Callable[..., np.ndarray]


class Search:
    """A counting experiment with a known background: what remains of a hunt once the scores are there."""

    def __init__(self, edges: np.ndarray, inside: np.ndarray, background: np.ndarray) -> None:
        self.edges, self.inside, self.background = edges, inside, background

    def cut(
        self,
        efficiency: float,
        seed: int,
        *,
        signal: int = 0,
        sculpted: np.ndarray | float = 1.0,
        closes: ClosureResult | None = CLOSES,
        threshold_error: float = 0.01,
    ) -> CutResult:
        rng = np.random.default_rng(seed)
        counts = rng.poisson(self.background)
        selected = rng.binomial(counts, np.minimum(efficiency * sculpted, 1.0))
        in_window = np.flatnonzero(self.inside)
        np.add.at(selected, rng.choice(in_window, signal), 1)
        whole = TWO.fit_counts(self.edges, counts, WINDOW)
        return judge_cut(
            efficiency=efficiency,
            observed=int(selected[self.inside].sum()),
            background_yield=whole.integral(*WINDOW),
            threshold_error=threshold_error,
            closure=closes,
            selected_fit=TWO.fit_counts(self.edges, selected, WINDOW),
            window=WINDOW,
        )


@pytest.fixture(scope="module")
def search(edges: np.ndarray, inside: np.ndarray, falling: Spectrum) -> Search:
    return Search(edges, inside, falling(100_000))


@pytest.fixture(scope="module")
def fit(edges: np.ndarray, falling: Spectrum) -> SpectrumFitResult:
    return TWO.fit_counts(edges, np.random.default_rng(0).poisson(falling(10_000)), WINDOW)


def judged(efficiency: float, z: float, *, withheld: str | None = None) -> CutResult:
    """A cut of known significance, and what speaks against it."""
    background = Estimate(1e6, 0.0)
    row = judge_cut(
        efficiency=efficiency,
        observed=round(efficiency * 1e6 + z * np.sqrt(efficiency * 1e6)),
        background_yield=background,
        threshold_error=0.0,
        closure=None,
        selected_fit=None,
        window=WINDOW,
    )
    return replace(row, withheld=withheld)


def test_template_errors_are_the_three_in_quadrature() -> None:
    row = judge_cut(
        efficiency=0.01,
        observed=130,
        background_yield=Estimate(10_000.0, 200.0),
        threshold_error=0.03,
        closure=closure(1200, 100_000, 5000, 500_000),
        selected_fit=None,
        window=WINDOW,
    )
    assert row.closure is not None
    # A fifth more real than sampled events pass beside the region: so do they inside.
    assert row.expected == pytest.approx(100 * row.closure.ratio) == pytest.approx(120, rel=1e-3)
    assert (row.threshold_error, row.spectrum_error) == (pytest.approx(3.6, rel=1e-3), pytest.approx(2.4, rel=1e-3))
    assert row.closure_error == pytest.approx(100 * row.closure.error)
    assert row.expected_error == pytest.approx(np.sqrt(3.6**2 + 2.4**2 + row.closure_error**2), rel=1e-3)
    assert row.z_local == significance(130, row.expected, row.expected_error).z


def test_the_larger_p_is_quoted(search: Search) -> None:
    for seed in range(20):
        row = search.cut(0.1, seed, signal=150)
        assert row.p_local == max(row.p_template, row.p_fit)
        assert row.z_local == min(row.z_template, row.z_fit)


def test_without_signal_no_p_is_small_more_often_than_it_says(search: Search) -> None:
    rows = [search.cut(0.1, seed) for seed in range(200)]
    for p in (0.32, 0.16, 0.05):
        fake = np.mean([row.p_local < p for row in rows])
        assert fake < p + 3 * np.sqrt(p * (1 - p) / 200)
    # Each estimate by itself is exact, up to the threshold's error, which these toys do not throw.
    z_fit = [row.z_fit for row in rows if row.z_fit is not None]  # the 1 % that a good fit rejects has none
    assert len(z_fit) > 190
    assert abs(np.mean(z_fit)) < 3 / np.sqrt(200)
    assert abs(np.std(z_fit) - 1) < 3 / np.sqrt(400)


def test_disagreement_is_in_sigma_of_the_difference_of_estimates_that_share_events(search: Search) -> None:
    rows = [search.cut(0.5, seed, threshold_error=1e-9, closes=None) for seed in range(200)]
    rows = [row for row in rows if row.expected_fit is not None]
    assert np.sqrt(np.mean([row.disagreement**2 for row in rows])) == pytest.approx(1, abs=3 / np.sqrt(400))
    # As if they were independent, at a cut of one half the sum in quadrature would be too large by sqrt(3).
    naive = [
        abs(row.expected - row.expected_fit) / np.hypot(row.expected_error, row.expected_fit_error) for row in rows
    ]
    assert np.sqrt(np.mean(np.square(naive))) == pytest.approx(1 / np.sqrt(3), rel=0.15)


def test_a_signal_is_claimed(search: Search) -> None:
    # 1,140 background events pass: 400 of signal are more than ten sigma.
    rows = [search.cut(0.1, 1, signal=400), search.cut(0.01, 1, signal=300)]
    assert min(row.z_local for row in rows) > 5
    assert claim(rows) == "made"


def test_no_signal_is_no_claim(search: Search) -> None:
    assert claim([search.cut(0.1, 1), search.cut(0.01, 1)]) == "none"


def test_a_cut_that_sculpts_a_bump_is_not_a_discovery(search: Search, edges: np.ndarray) -> None:
    # A score that prefers masses of the region, by up to 40 %, which the sampled background does not know.
    centres = (edges[1:] + edges[:-1]) / 2
    sculpted = 1 + 0.4 * np.exp(-(((centres - 3500) / 300) ** 2) / 2)
    row = search.cut(0.1, 2, sculpted=sculpted)
    assert row.z_template > 5
    assert row.withheld is not None
    assert claim([row]).startswith("withheld because after the 10 % cut")


def test_a_fit_that_describes_nothing_gives_no_estimate_and_no_claim(edges: np.ndarray, falling: Spectrum) -> None:
    centres = (edges[1:] + edges[:-1]) / 2
    wavy = falling(100_000) * (1 + 0.2 * np.sin(centres / 100))
    bad = TWO.fit_counts(edges, wavy, WINDOW)
    assert bad.p_value < 0.01
    settings = {"threshold_error": 0.0, "closure": None, "selected_fit": bad, "window": WINDOW}
    row = judge_cut(efficiency=0.1, observed=9000, background_yield=Estimate(10_000.0, 50.0), **settings)
    assert (row.expected_fit, row.p_fit, row.z_fit, row.disagreement) == (None, None, None, None)
    assert row.p_local == row.p_template
    assert "the selected spectrum is not described (p = " in row.withheld
    uncut = judge_cut(efficiency=1.0, observed=10_000, background_yield=Estimate(10_000.0, 50.0), **settings)
    assert claim([uncut, judged(0.1, 9)]).startswith(
        "withheld because before any cut the mass spectrum is not described"
    )


def test_failed_closure_withholds(fit: SpectrumFitResult) -> None:
    value, error = fit.integral(*WINDOW)
    row = judge_cut(
        efficiency=0.1,
        observed=round(value),
        background_yield=Estimate(10 * value, 10 * error),
        threshold_error=0.01,
        closure=closure(600, 10_000, 5000, 50_000),
        selected_fit=fit,
        window=WINDOW,
    )
    assert "does not close in the sidebands (pull -1" in row.withheld


def test_disagreement_withholds(fit: SpectrumFitResult) -> None:
    value, error = fit.integral(*WINDOW)
    row = judge_cut(
        efficiency=0.1,
        observed=round(value),
        background_yield=Estimate(10 * (value + 4 * error), 1.0),
        threshold_error=1e-6,
        closure=None,
        selected_fit=fit,
        window=WINDOW,
    )
    assert row.disagreement == pytest.approx(4, rel=0.01)
    assert "disagree by 4.0 sigma" in row.withheld


def test_uncut_both_estimates_are_the_same(fit: SpectrumFitResult) -> None:
    row = judge_cut(
        efficiency=1.0,
        observed=1200,
        background_yield=fit.integral(*WINDOW),
        threshold_error=0.0,
        closure=None,
        selected_fit=fit,
        window=WINDOW,
    )
    assert (row.expected, row.expected_error) == (row.expected_fit, row.expected_fit_error) == fit.integral(*WINDOW)
    assert row.disagreement == 0
    assert row.withheld is None


def test_too_few_events_for_a_fit_withhold_a_discovery_and_nothing_less() -> None:
    assert judged(0.1, 4).withheld is None
    row = judge_cut(
        efficiency=0.1,
        observed=40,
        background_yield=Estimate(50.0, 5.0),
        threshold_error=0.1,
        closure=None,
        selected_fit=None,
        window=WINDOW,
    )
    assert row.z_local > 5
    assert "too few events" in row.withheld


def test_the_trials_are_the_cuts_and_not_the_uncut_row() -> None:
    rows = [judged(1.0, 4.0), judged(0.1, 3.0), judged(0.01, 2.0), judged(0.001, 1.0)]
    best = quoted(rows)
    assert best.n_trials == 3
    assert best.p == pytest.approx(1 - (1 - norm.sf(rows[1].z_local)) ** 3, rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([judged(1.0, 0), judged(0.1, 5.5)], "made"),
        # 5.1 sigma are 5.1 in one look and 4.8 in five.
        ([judged(1.0, 0), judged(0.1, 5.1)], "made"),
        ([judged(1.0, 0), judged(0.1, 5.1), *(judged(e, 0) for e in (0.05, 0.02, 0.01, 0.005))], "none"),
        ([judged(1.0, 0), judged(0.1, 6, withheld="it is wrong")], "withheld because after the 10 % cut it is wrong"),
        ([judged(1.0, 0), judged(0.1, 0, withheld="it is wrong")], "withheld because after the 10 % cut it is wrong"),
        # One cut in doubt does not take away from what another shows by itself.
        ([judged(1.0, 0), judged(0.1, 0, withheld="it is wrong"), judged(0.01, 7)], "made"),
        ([judged(1.0, 0, withheld="nothing fits"), judged(0.1, 7)], "withheld because before any cut nothing fits"),
        ([judged(1.0, 7), judged(0.1, 0)], "none"),
    ],
)
def test_the_claim(rows: list[CutResult], verdict: str) -> None:
    assert claim(rows) == verdict


def test_expected_significance_is_that_of_the_median_experiment() -> None:
    row = judge_cut(
        efficiency=0.01,
        observed=100,
        background_yield=Estimate(10_000.0, 100.0),
        threshold_error=0.02,
        closure=None,
        selected_fit=None,
        window=WINDOW,
    )
    assert expected_z(50.0, row) == significance(150, 100.0, row.expected_error).z
    assert expected_z(0.0, row) == 0
