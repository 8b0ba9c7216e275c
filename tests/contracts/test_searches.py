"""What every search of the registry keeps, whatever its method."""

from __future__ import annotations

import numpy as np
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.events.events import Events, Samples
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.protocols import Search
from resonaut.registry import dump_config, members, names, read_config
from resonaut.searches.cathode import CATHODE
from resonaut.searches.regions import Region

REGION = Region()
SMALL = {
    "density": SplineFlow(transforms=1, hidden=(16,), bins=4, trainer=Trainer(epochs=1, batch_size=512)),
    "classifier": BoostedTrees(max_iter=10),
}


def small(name: str) -> Search:
    """A member with small parts: those of its settings that the quick parts fit into."""
    cls = members("search")[name]
    settings = {part: value for part, value in SMALL.items() if part in cls.__dataclass_fields__}  # type: ignore[attr-defined]
    if "search" in cls.__dataclass_fields__:  # type: ignore[attr-defined]
        settings["search"] = CATHODE(**SMALL)  # type: ignore[arg-type]
    search: Search = cls(**settings)
    return search


@pytest.fixture(scope="module")
def events() -> Events:
    return MiniOlympics(4000, 100).events(seed=1)


@pytest.fixture(scope="module", params=names("search"))
def fitted(request: pytest.FixtureRequest, events: Events) -> tuple[str, Search]:
    samples = Samples(data=events).blinded()
    search = small(request.param)
    return request.param, search.fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)


def test_it_has_the_verbs(fitted: tuple[str, Search]) -> None:
    assert isinstance(fitted[1], Search)


def test_one_finite_score_an_event(fitted: tuple[str, Search], events: Events) -> None:
    scores = fitted[1].score(events)
    assert scores.shape == (len(events),)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("n", [0, 1, 7, 500])
def test_background_is_in_the_region(fitted: tuple[str, Search], events: Events, n: int) -> None:
    background = fitted[1].background(n, seed=3)
    assert len(background) == n
    assert REGION.in_signal(background.mass).all()
    assert background.names == events.names


def test_background_is_fresh_unless_the_seed_is_the_same(fitted: tuple[str, Search]) -> None:
    search = fitted[1]
    np.testing.assert_array_equal(search.background(50, seed=4).features, search.background(50, seed=4).features)
    assert not np.array_equal(search.background(50, seed=4).features, search.background(50, seed=5).features)


def test_the_same_seeds_give_the_same_scores(fitted: tuple[str, Search], events: Events) -> None:
    name, search = fitted
    samples = Samples(data=events).blinded()
    again = small(name).fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)
    np.testing.assert_array_equal(again.score(events), search.score(events))


def test_the_score_depends_on_the_event_alone(fitted: tuple[str, Search], events: Events) -> None:
    order = np.random.default_rng(0).permutation(len(events))
    scores = fitted[1].score(events)
    np.testing.assert_array_equal(fitted[1].score(events[order]), scores[order])


@pytest.mark.parametrize("name", names("search"))
def test_settings_survive_being_written_down(name: str) -> None:
    written = dump_config(small(name))
    assert dump_config(read_config("search", written)) == written
