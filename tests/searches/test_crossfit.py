"""Cross-fitting: no classifier scores what it was trained on, and no background is held against what it learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonaut.errors import ConfigError, EventsError, RegionError
from resonaut.events.events import Events, Samples
from resonaut.protocols import CrossFitted, Seed, Templated
from resonaut.registry import read_config
from resonaut.searches.cathode import CATHODE
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region

REGION = Region()


def events(n: int = 2000, seed: int = 0) -> Events:
    rng = np.random.default_rng(seed)
    return Events(mass=rng.uniform(2300, 5000, n), features=rng.normal(size=(n, 2)), names=("a", "b"))


@dataclass(kw_only=True)
class Memory:
    """A search that remembers whom it has seen: the score is 1 for events of the training, 0 for others."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> Memory:
        self.learnt = set(samples.data.ids.tolist())
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Memory:
        self.seen = set(samples.data.ids.tolist())
        return self

    def score(self, events: Events) -> np.ndarray:
        return np.array([float(i in self.seen) for i in events.ids])

    def background(self, n: int, *, seed: Seed = None) -> Events:
        return self.background_at(np.full(n, 3500.0))

    def masses(self, n: int, *, seed: Seed = None) -> np.ndarray:
        return np.full(n, 3500.0)

    def background_at(self, mass: np.ndarray, *, seed: Seed = None) -> Events:
        return Events(mass=mass, features=np.full((len(mass), 2), len(self.learnt)), names=("a", "b"))


@pytest.fixture
def fitted() -> CrossFit:
    samples = Samples(data=events())
    return (
        CrossFit(search=Memory(), folds=4).fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)
    )


def test_no_event_is_scored_by_what_it_trained(fitted: CrossFit) -> None:
    assert fitted.score(events()).max() == 0.0


def test_no_background_model_has_seen_the_events_it_is_judged_by(fitted: CrossFit) -> None:
    data = events()
    fold = fitted.fold_of(data)
    for k in range(4):
        assert not fitted.background_model(k).learnt & set(data.ids[fold == k].tolist())
        assert fitted.searches_[k].learnt == fitted.background_model(k).learnt


def test_no_template_shares_an_event_with_what_the_classifiers_were_trained_against(fitted: CrossFit) -> None:
    for k in range(4):
        assert fitted.template_fold(k).learnt
        assert not fitted.template_fold(k).learnt & fitted.searches_[k].learnt


def test_background_of_a_fold_is_its_template_s(fitted: CrossFit) -> None:
    for k in range(4):
        background = fitted.background_fold(5, k)
        assert (background.features == len(fitted.template_fold(k).learnt)).all()


def test_two_parts_cost_as_much_as_one_fit_of_all(fitted: CrossFit) -> None:
    assert sum(len(search.learnt) for search in fitted.backgrounds_) == 2000


def test_with_one_part_all_folds_share_one_background() -> None:
    samples = Samples(data=events())
    search = CrossFit(search=Memory(), folds=4, background_folds=1).fit_background(samples, REGION)
    assert {id(search.template_fold(k)) for k in range(4)} == {id(search.backgrounds_[0])}
    assert len(search.backgrounds_[0].learnt) == 2000


@pytest.mark.parametrize("parts", [0, 6])
def test_an_impossible_number_of_parts_is_refused(parts: int) -> None:
    with pytest.raises(ConfigError, match=f"background_folds is {parts}; set 1 to 5"):
        CrossFit(background_folds=parts)


def test_folds_are_even_and_go_by_id(fitted: CrossFit) -> None:
    data = events(20_000)
    fold = fitted.fold_of(data)
    # 5 sigma of a binomial with n = 20000, p = 1/4
    assert np.abs(np.bincount(fold, minlength=4) - 5000).max() < 5 * np.sqrt(20_000 * 0.25 * 0.75)
    order = np.random.default_rng(3).permutation(len(data))
    assert (fitted.fold_of(data[order]) == fold[order]).all()


def test_neighbouring_ids_land_in_unrelated_folds(fitted: CrossFit) -> None:
    fold = fitted.fold_of(events(20_000))
    same = (fold[1:] == fold[:-1]).mean()
    assert abs(same - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 20_000)


@given(n=st.integers(0, 50))
def test_background_gives_as_many_events_as_asked(n: int) -> None:
    samples = Samples(data=events(200))
    search = CrossFit(search=Memory(), folds=3).fit_background(samples, REGION).fit_region(samples, REGION)
    assert len(search.background(n)) == n


def test_it_is_what_the_protocols_say(fitted: CrossFit) -> None:
    assert isinstance(fitted, CrossFitted)
    assert isinstance(fitted.template_fold(0), Templated)
    assert isinstance(fitted.background_model(0), Templated)


def test_one_fold_is_refused() -> None:
    with pytest.raises(ConfigError, match="folds is 1"):
        CrossFit(folds=1)


def test_a_typo_is_refused_with_the_choice() -> None:
    with pytest.raises(ConfigError, match=r"(?s)catode.*cathode"):
        read_config("search", {"name": "crossfit", "search": "catode"})


def test_oversampling_must_be_positive() -> None:
    with pytest.raises(ConfigError, match="oversample is 0"):
        CATHODE(oversample=0)


def test_an_empty_region_is_refused() -> None:
    data = events()
    data = data[~REGION.in_signal(data.mass)]
    with pytest.raises(RegionError, match="holds no event"):
        CATHODE().fit_region(Samples(data=data), REGION)


def test_a_truth_that_is_not_there_is_refused() -> None:
    with pytest.raises(EventsError, match="known to be signal"):
        Samples(data=events()).blinded(frozenset({"signal"}))
