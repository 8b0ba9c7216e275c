"""Whole events are resampled: what windows and cuts share fluctuates together."""

from __future__ import annotations

import numpy as np
import pytest

from resonaut.errors import EventsError
from resonaut.statistics.resampling import EventPool, smear

EDGES = np.linspace(2600, 5000, 25)
N_TOYS = 4_000


def pool(n: int = 5_000) -> tuple[np.ndarray, np.ndarray]:
    """Masses and three selections: nested ones, and one that is disjoint from the first."""
    rng = np.random.default_rng(1)
    mass, score = 2500 + rng.exponential(700, n), rng.uniform(size=n)
    return mass, np.stack([score > 0.9, score > 0.7, score < 0.5], axis=1)


def test_toys_have_the_pools_mean_and_poisson_scatter() -> None:
    mass, passes = pool()
    toys = EventPool.of(mass, passes, EDGES).toys(N_TOYS, seed=2)
    assert toys.shape == (N_TOYS, 3, 24)
    expected = np.stack([np.histogram(mass[passes[:, s]], EDGES)[0] for s in range(3)])
    np.testing.assert_array_equal(EventPool.of(mass, passes, EDGES).mean, expected)
    error = np.sqrt(np.maximum(expected, 1) / N_TOYS)
    assert (np.abs(toys.mean(0) - expected) < 5 * error).all()
    full = expected > 20
    np.testing.assert_allclose(toys.var(0)[full] / expected[full], 1, atol=5 * np.sqrt(2 / N_TOYS))


def test_shared_events_fluctuate_together_and_others_do_not() -> None:
    mass, passes = pool()
    totals = EventPool.of(mass, passes, EDGES).toys(N_TOYS, seed=3).sum(2)
    inside = (mass >= EDGES[0]) & (mass < EDGES[-1])
    n = passes[inside].sum(0)
    correlation = np.corrcoef(totals.T)
    # Of nested selections it is the root of the ratio of their sizes, of disjoint ones 0; 1 / sqrt(4,000) is its error.
    assert correlation[0, 1] == pytest.approx(np.sqrt(n[0] / n[1]), abs=0.06)
    assert correlation[0, 2] == pytest.approx(0, abs=0.06)


def test_one_draw_a_kind_is_one_draw_an_event() -> None:
    # Every event a kind of its own: the same distribution as when they are all alike.
    mass = np.full(50, 3000.0)
    alike = EventPool.of(mass, np.ones((50, 1), dtype=bool), EDGES).toys(N_TOYS, seed=4).sum((1, 2))
    apart = EventPool.of(mass, np.eye(50, dtype=bool), EDGES).toys(N_TOYS, seed=5).sum((1, 2))
    for toys in (alike, apart):
        assert toys.mean() == pytest.approx(50, abs=5 * np.sqrt(50 / N_TOYS))
        assert toys.var() == pytest.approx(50, rel=5 * np.sqrt(2 / N_TOYS))


def test_weights_are_events_of_the_data() -> None:
    mass, passes = pool()
    toys = EventPool.of(mass, passes, EDGES, weight=np.full(len(mass), 0.01)).toys(500, seed=6)
    inside = (mass >= EDGES[0]) & (mass < EDGES[-1])
    n = 0.01 * passes[inside, 2].sum()
    assert toys[:, 2].sum(1).mean() == pytest.approx(n, abs=5 * np.sqrt(n / 500))
    assert (toys == EventPool.of(mass, passes, EDGES, weight=np.full(len(mass), 0.01)).toys(500, seed=6)).all()


def test_selections_that_nothing_passes_stay_empty() -> None:
    mass, _ = pool()
    assert not EventPool.of(mass, np.zeros((len(mass), 2), dtype=bool), EDGES).toys(10, seed=7).any()


def test_a_pool_elsewhere_is_refused() -> None:
    with pytest.raises(EventsError, match="2600-5000 GeV"):
        EventPool.of(np.full(3, 100.0), np.ones((3, 1), dtype=bool), EDGES)


def test_smearing_takes_the_fluctuations_out_and_leaves_the_events() -> None:
    """Of the bins' scatter about a flat spectrum bin / (2 sqrt(pi) width) is left, and 1 / copies."""
    rng = np.random.default_rng(8)
    mass, edges = rng.uniform(0, 10_000, 40_000), np.linspace(2_000, 8_000, 121)
    near, copied = smear(mass, 200.0, 8, seed=9)
    assert (np.bincount(copied) == 8).all()
    assert np.std(near - mass[copied]) == pytest.approx(200, rel=0.01)
    before, after = (
        np.var(EventPool.of(m, np.ones((len(m), 1), dtype=bool), edges, weight=w).mean[0])
        for m, w in ((mass, None), (near, np.full(len(near), 1 / 8)))
    )
    # 50 GeV bins: 0.07 + 0.125 of the variance, which 120 bins tell to 13 %, the long waves that are left to 40 %.
    assert before == pytest.approx(200, rel=0.5)
    assert 0.1 < after / before < 0.32
