"""Several searches as one, with searches whose scores are exact: nothing is trained here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from resonaut.errors import ConfigError
from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed
from resonaut.registry import read_config
from resonaut.searches.combination import Combination
from resonaut.searches.regions import Region

REGION = Region()


def toys(n_background: int, n_signal: int, seed: Seed) -> Events:
    """Two independent features, Gaussians of unit width that signal moves by one."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [n_background, n_signal])
    return Events(
        mass=np.full(len(labels), 3500.0),
        features=rng.normal(size=(len(labels), 2)) + labels[:, None],
        names=("a", "b"),
        labels=labels,
    )


@dataclass(kw_only=True)
class One:
    """Scores by one feature: its exact log-likelihood ratio, stretched."""

    column: int
    stretch: float = 1.0
    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> One:
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> One:
        return self

    def score(self, events: Events) -> np.ndarray:
        return self.stretch * (events.features[:, self.column] - 0.5)

    def background(self, n: int, *, seed: Seed = None) -> Events:
        return toys(n, 0, seed).blinded()


def combined(rule: Any, stretch: float = 1.0) -> Combination:
    both = Combination(searches=[One(column=0), One(column=1, stretch=stretch)], rule=rule)
    samples = Samples(data=toys(100, 0, 1))
    return both.fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)


# Of Gaussians moved by d the AUC is Phi(d / sqrt 2): one feature has d = 1, the product of both ratios d = sqrt 2.
ALONE, TOGETHER = norm.cdf(1 / np.sqrt(2)), norm.cdf(1.0)


@pytest.mark.parametrize(("rule", "least"), [("product", 0.0), ("rank", 0.02), ("maximum", 0.05)])
def test_two_are_better_than_one(rule: str, least: float) -> None:
    events = toys(40_000, 40_000, 3)
    auc = roc_auc_score(events.labels, combined(rule).score(events))
    assert ALONE + 0.02 < auc < TOGETHER + 0.006  # three standard errors
    assert auc > TOGETHER - least - 0.006


def test_the_product_is_the_likelihood_ratio_of_independent_features() -> None:
    events = toys(1000, 1000, 3)
    np.testing.assert_allclose(combined("product").score(events), events.features.sum(axis=1) - 1)


@pytest.mark.parametrize("rule", ["rank", "maximum"])
def test_ranks_do_not_know_the_scores_scale(rule: str) -> None:
    events = toys(1000, 1000, 3)
    np.testing.assert_allclose(combined(rule, stretch=50.0).score(events), combined(rule).score(events), rtol=1e-9)
    assert not np.allclose(combined("product", 50.0).score(events), combined("product").score(events))


def test_ranks_are_those_among_background() -> None:
    """Of two equal searches the rank is that of one: the score is -log of the share of background above."""
    same = Combination(searches=[One(column=0), One(column=0)])
    samples = Samples(data=toys(100, 0, 1))
    same.fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)
    background = toys(50_000, 0, 4)
    survival = np.exp(-same.score(background))
    for share in (0.5, 0.1, 0.01):  # within three standard errors of 20,000 reference events
        assert (survival < share).mean() == pytest.approx(share, abs=3 * np.sqrt(share / 15_000))


@pytest.mark.parametrize("rule", ["rank", "maximum", "product"])
def test_beyond_all_background_events_are_still_ranked(rule: str) -> None:
    far = toys(50, 0, 1)
    ladder = Events(mass=far.mass, features=np.linspace(0, 30, 100).reshape(50, 2), names=far.names)
    assert (np.diff(combined(rule).score(ladder)) > 0).all()


def test_one_search_is_no_combination() -> None:
    with pytest.raises(ConfigError, match="at least 2"):
        read_config("search", {"name": "combination", "searches": ["cwola"]})


def test_it_needs_what_its_parts_need() -> None:
    search = read_config("search", {"name": "combination", "searches": ["supervised", "cwola"]})
    assert search.needs == {"signal", "background"}
