"""Limits: pyhf says the same of the exported model, counting has a textbook answer, and toys agree."""

from __future__ import annotations

import numpy as np
import pyhf
import pytest
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from resonaut.errors import FitError
from resonaut.statistics.limit_model import LimitModel
from resonaut.statistics.limits import asymptotic_cls, q_tilde, upper_limits
from resonaut.statistics.profile_likelihood import profile
from resonaut.statistics.toy_limits import toy_limits
from resonaut.statistics.workspace import hs3_json, pyhf_workspace

BACKGROUND = np.array([40.0, 35, 30, 26, 23, 20, 17, 15])
SIGNAL = np.array([100.0, 300, 800, 1200, 900, 400, 200, 100])
BARE = LimitModel(signal=SIGNAL, background=BACKGROUND)


def model(scale: float = 1.0) -> LimitModel:
    """Every kind of uncertainty, one of them in signal and background at once."""
    tilt = np.linspace(-0.3, 0.3, 8)
    return LimitModel(
        signal=SIGNAL,
        background=scale * BACKGROUND,
        signal_factors={"luminosity": 0.016, "efficiency": 0.15},
        signal_shifts={"energy_scale": SIGNAL * tilt},
        background_shifts={
            "background_1": 0.08 * scale * BACKGROUND,
            "background_2": 0.2 * scale * BACKGROUND * tilt,
            "energy_scale": 0.01 * scale * BACKGROUND,
        },
    )


@pytest.mark.parametrize(
    ("scale", "counts"),
    [
        (1.0, np.round(BACKGROUND)),
        (1.0, np.round(BACKGROUND + 0.03 * SIGNAL)),
        (1.0, np.round(0.8 * BACKGROUND)),
        (30.0, np.round(29.0 * BACKGROUND)),
        (0.2, np.array([9.0, 5, 7, 6, 4, 3, 5, 2])),
    ],
)
def test_pyhf_reads_the_workspace_and_reproduces_cls(scale: float, counts: np.ndarray) -> None:
    ours = model(scale)
    limits = upper_limits(ours, counts)
    reference = limits.expected[2]
    workspace = pyhf.Workspace(pyhf_workspace(ours, counts, reference_pb=reference))  # checks the schema
    theirs = workspace.model()
    strengths = np.array([0.7, 1.0, 1.8]) * reference
    cls = asymptotic_cls(ours, counts, strengths)
    blind = [*ours.background, *theirs.config.auxdata]
    for i, mu in enumerate(strengths / reference):
        observed = pyhf.infer.hypotest(mu, workspace.data(theirs), theirs, test_stat="qtilde")
        _, bands = pyhf.infer.hypotest(mu, blind, theirs, test_stat="qtilde", return_expected_set=True)
        # 2 % is asked for; both minimise the same function (but pyhf holds its thetas within 5 sigma).
        assert cls.observed[i] == pytest.approx(float(observed), rel=2e-3)
        np.testing.assert_allclose(cls.expected[i], [float(band) for band in bands], rtol=2e-3)


def test_the_limit_is_pyhfs_limit() -> None:
    counts = np.round(BACKGROUND + 0.05 * SIGNAL)
    limits = upper_limits(model(), counts)
    workspace = pyhf.Workspace(pyhf_workspace(model(), counts, reference_pb=1.0))
    theirs = workspace.model()
    cls = pyhf.infer.hypotest(limits.observed, workspace.data(theirs), theirs, test_stat="qtilde")
    assert float(cls) == pytest.approx(0.05, rel=0.01)


def test_without_uncertainties_one_bin_has_a_closed_form() -> None:
    b, n = 400.0, 410.0

    def cls(s: float) -> float:
        """From the likelihood ratio of one Poisson count, and that of its Asimov value."""

        def root_q(n: float) -> float:
            best = max(n - b, 0.0)
            return float(np.sqrt(max(2 * (s - best + n * np.log((b + best) / (b + s))), 0)))

        q, asimov = root_q(n), root_q(b)
        return float(norm.sf(q) / norm.cdf(asimov - q)) - 0.05

    bare = LimitModel(signal=np.array([1.0]), background=np.array([b]))
    # The formula holds below the Asimov value, where an excess lies.
    assert upper_limits(bare, np.array([n])).observed == pytest.approx(brentq(cls, 10, 200), rel=1e-3)


def test_the_maximum_is_one() -> None:
    counts = np.random.default_rng(1).poisson(model().expected(np.array([[0.05, *np.zeros(5)]])), (20, 8))
    centres = np.random.default_rng(2).normal(size=(20, 5))
    best = profile(model(), counts, centres)
    for held in (best.mu + 0.003, np.maximum(best.mu - 0.003, 0)):
        assert (profile(model(), counts, centres, held).nll2 >= best.nll2 - 1e-6).all()
    assert (best.mu >= 0).all()


def test_derivatives_are_those_of_the_expectation() -> None:
    rng = np.random.default_rng(6)
    x = np.concatenate([[[0.03]], rng.normal(size=(1, 5))], axis=1)
    weights, step = rng.normal(size=(1, 8)), 1e-5
    first, second = model().derivatives(x), model().curvature(x, weights)
    for p, shift in enumerate(step * np.eye(6)[:, None]):
        by_hand = (model().expected(x + shift) - model().expected(x - shift)) / (2 * step)
        np.testing.assert_allclose(first[..., p], by_hand, rtol=1e-6, atol=1e-6)
        twice = (model().derivatives(x + shift) - model().derivatives(x - shift)) / (2 * step)
        np.testing.assert_allclose(second[:, p], np.einsum("tb,tbp->tp", weights, twice), rtol=1e-6, atol=1e-6)


def test_bands_are_ordered_and_follow_the_square_root_of_the_background() -> None:
    limits = upper_limits(BARE, np.round(BACKGROUND))
    assert list(limits.expected) == sorted(limits.expected)
    assert limits.observed == pytest.approx(limits.expected[2], rel=0.05)
    larger = LimitModel(signal=SIGNAL, background=100 * BACKGROUND)
    assert upper_limits(larger, 100 * BACKGROUND).expected[2] / limits.expected[2] == pytest.approx(
        10, rel=0.07
    )  # of few events the median is a little higher


def test_uncertainties_weaken_limits_and_excesses_too() -> None:
    bare, full = (upper_limits(m, np.round(BACKGROUND)) for m in (BARE, model()))
    assert full.expected[2] > bare.expected[2]
    assert upper_limits(model(), np.round(BACKGROUND + 0.1 * SIGNAL)).observed > full.observed + 0.05
    assert upper_limits(model(), np.round(BACKGROUND + 0.1 * SIGNAL)).expected == pytest.approx(full.expected, rel=1e-4)


def test_toys_agree_where_events_are_many() -> None:
    counts = np.round(10 * BACKGROUND)
    asymptotic = upper_limits(model(10.0), counts)
    toys = toy_limits(model(10.0), counts, asymptotic, 1_000, seed=3)
    # CLs of 0.05 from 1,000 toys is known to 14 %, which moves a limit by about 4 %.
    assert toys.observed == pytest.approx(asymptotic.observed, rel=0.1)
    assert toys.median == pytest.approx(asymptotic.expected[2], rel=0.1)


def test_toys_of_a_single_count_are_poissons() -> None:
    # No background to speak of, none seen: exp(-s) = 0.05. Asymptotics are wrong here, toys are not.
    rare = LimitModel(signal=np.array([1.0]), background=np.array([0.5]))
    counts = np.array([0])
    toys = toy_limits(rare, counts, upper_limits(rare, counts), 4_000, seed=4)
    exact = brentq(lambda s: poisson.cdf(0, s + 0.5) / poisson.cdf(0, 0.5) - 0.05, 0.1, 10)
    assert exact == pytest.approx(-np.log(0.05))
    assert toys.observed == pytest.approx(exact, rel=0.08)


def test_limits_cover_the_truth_at_least_as_often_as_they_say() -> None:
    truth = upper_limits(model(), np.round(BACKGROUND)).expected[2]
    rng = np.random.default_rng(5)
    theta = np.zeros((1, 1 + len(model().sources)))
    theta[0, 0] = truth
    counts = rng.poisson(model().expected(theta)[0], (300, 8))
    centres = rng.normal(size=(300, len(model().sources)))
    q = q_tilde(model(), counts, centres, np.full(300, truth))
    # Excluded by the test alone in 5 % of experiments (CLs less often): 3 sigma of 300.
    assert (np.sqrt(q) > norm.isf(0.05)).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_hs3_names_every_parameter() -> None:
    document = hs3_json(model(), BACKGROUND, np.linspace(3300, 3700, 9), reference_pb=0.05)
    names = {bound["name"] for bound in document["domains"][0]["axes"]}
    modifiers = {m["parameter"] for s in document["distributions"][0]["samples"] for m in s["modifiers"]}
    assert modifiers == names == {"mu", *(f"alpha_{source}" for source in model().sources)}
    assert document["data"][0]["contents"] == list(BACKGROUND)
    signal = next(s for s in document["distributions"][0]["samples"] if s["name"] == "signal")
    np.testing.assert_allclose(signal["data"]["contents"], 0.05 * SIGNAL)


def test_impossible_models_are_refused() -> None:
    with pytest.raises(FitError, match="0 background events"):
        LimitModel(signal=np.ones(2), background=np.array([1.0, 0.0]))
    with pytest.raises(FitError, match="0 signal events"):
        LimitModel(signal=np.zeros(2), background=np.ones(2))
