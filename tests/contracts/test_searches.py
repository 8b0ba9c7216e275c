"""What every search of the registry keeps, whatever its method."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from closure.mini_olympics import MiniOlympics
from closure.toy_dijets import with_particles
from resonaut.errors import EventsError
from resonaut.events.events import TRUTH, Events, Samples
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.epic_flow_matching import EPiCFlowMatching
from resonaut.models.density.spline import SplineFlow
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.models.outlier.autoencoder import Autoencoder
from resonaut.models.training import Trainer
from resonaut.protocols import Search
from resonaut.registry import dump_config, members, names, read_config
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region

REGION = Region()
FLOW = SplineFlow(transforms=1, hidden=(16,), bins=4, trainer=Trainer(epochs=1, batch_size=512))
QUICK = Trainer(epochs=1, batch_size=256, device="cpu")
CLOUDS = EPiCFlowMatching(width=4, global_width=4, layers=1, solver="euler", steps=1, trainer=QUICK)
SMALL = {
    "density": FLOW,
    "data_density": FLOW,
    "signal": FLOW,
    "classifier": BoostedTrees(max_iter=10),
    "detector": Autoencoder(hidden=(4,), trainer=Trainer(epochs=1, batch_size=256, device="cpu")),
    "generator": DijetGenerator(jets=FLOW, particles=CLOUDS),
}
FROM_PARTICLES = {"classifier": CloudTransformer(width=4, blocks=1, most=8, trainer=QUICK)}


def small(name: str) -> Search:
    """A member with small parts: those of its settings that the quick parts fit into."""
    cls = members("search")[name]
    parts = SMALL | (FROM_PARTICLES if name == "full-cathode" else {})
    settings = {part: value for part, value in parts.items() if part in cls.__dataclass_fields__}  # type: ignore[attr-defined]
    if "search" in cls.__dataclass_fields__:  # type: ignore[attr-defined]
        settings["search"] = small("cathode")  # type: ignore[assignment]
    if "searches" in cls.__dataclass_fields__:  # type: ignore[attr-defined]
        settings["searches"] = [small("cathode"), small("cwola")]  # type: ignore[assignment]
    search: Search = cls(**settings)
    return search


def described(events: Events) -> Events:
    """With particles, and features that can be made of these without compiling anything."""
    return with_particles(replace(events, features=events.features[:, :2], names=("mj1", "delta_mj")), seed=3)


def fit(search: Search, samples: Samples) -> Search:
    """Both steps, on what the search asks for and no more."""
    samples = samples.blinded(search.needs)
    return search.fit_background(samples, REGION, seed=1).fit_region(samples, REGION, seed=2)


@pytest.fixture(scope="module")
def events() -> Events:
    return described(MiniOlympics(4000, 100).events(seed=1))


@pytest.fixture(scope="module")
def scored(events: Events) -> Events:
    """Events well within the masses that the densities were fitted on."""
    return events[(events.mass > 2400) & (events.mass < 4400)]


@pytest.fixture(scope="module")
def samples(events: Events) -> Samples:
    """All that a search may ask for, half of which is held out."""
    known = described(MiniOlympics(4000, 1000).events(seed=2, first_id=10**6))
    every = Samples(data=events, background=known[known.labels == 0], signal=known[known.labels == 1])
    return replace(
        every.select(lambda events: events.ids % 2 == 0), held_out=every.select(lambda events: events.ids % 2 == 1)
    )


@pytest.fixture(scope="module", params=names("search"))
def fitted(request: pytest.FixtureRequest, samples: Samples) -> tuple[str, Search]:
    return request.param, fit(small(request.param), samples)


def test_it_has_the_verbs(fitted: tuple[str, Search]) -> None:
    assert isinstance(fitted[1], Search)


def test_one_finite_score_an_event(fitted: tuple[str, Search], scored: Events) -> None:
    scores = fitted[1].score(scored)
    assert scores.shape == (len(scored),)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("n", [0, 1, 7, 80])
def test_background_is_as_much_as_asked_for(fitted: tuple[str, Search], events: Events, n: int) -> None:
    name, search = fitted
    background = search.background(n, seed=3)
    assert len(background) == n
    assert background.names == events.names
    # These have none in the region itself, and take the strips next to it.
    strips = name in ("cwola", "outlier")
    assert (REGION.in_neighbourhood(background.mass, 200) if strips else REGION.in_signal(background.mass)).all()


def test_background_was_not_trained_on(fitted: tuple[str, Search], samples: Samples) -> None:
    """Real events that stand for background are among those held out, and none comes twice."""
    name, search = fitted
    background = search.background(10**4, seed=3)
    if len(background) == 10**4:
        assert name in ("anode", "ranode", "cathode", "full-cathode", "lacathode", "combination", "crossfit")  # sampled
        return
    assert samples.held_out is not None
    kinds = (samples.held_out.data, samples.held_out.background)
    held_out = np.concatenate([kind.ids for kind in kinds if kind is not None])
    assert len(background) > 40
    assert np.isin(background.ids, held_out).all()
    assert len(np.unique(background.ids)) == len(background)


def test_labels_change_nothing(fitted: tuple[str, Search], samples: Samples, scored: Events) -> None:
    """Neither those of the data nor a truth that was not asked for: with both turned round, the scores are the same."""
    name, search = fitted
    data = replace(samples.data, labels=1 - samples.data.labels)  # type: ignore[operator]
    wrong = replace(samples, data=data)
    if not search.needs & TRUTH:
        wrong = replace(wrong, background=samples.signal, signal=samples.background)
    elif "signal" not in search.needs:
        wrong = replace(wrong, signal=None)
    np.testing.assert_array_equal(fit(small(name), wrong).score(scored), search.score(scored))


@pytest.mark.parametrize("name", [name for name in names("search") if name != "crossfit"])
def test_crossfitted_background_of_a_fold_is_unseen(name: str, samples: Samples, scored: Events) -> None:
    search = small(name)
    crossed = fit(CrossFit(search=search, folds=2), replace(samples, held_out=None))
    assert isinstance(crossed, CrossFit)
    assert np.isfinite(crossed.score(scored)).all()
    for fold in range(2):
        background = crossed.background_fold(10**4, fold, seed=1)
        assert len(background) > 40
        if len(background) < 10**4:  # real events: each of the fold whose classifiers score it
            assert (crossed.fold_of(background) == fold).all()


@pytest.mark.parametrize("name", [name for name in names("search") if small(name).needs & TRUTH])
def test_truth_that_is_not_there_is_refused(name: str, samples: Samples) -> None:
    with pytest.raises(EventsError, match="needs events known to be"):
        fit(small(name), Samples(data=samples.data))


def test_what_was_trained_on_everything_has_no_background(samples: Samples) -> None:
    search = fit(small("cwola"), replace(samples, held_out=None))
    with pytest.raises(EventsError, match="wrap it in CrossFit"):
        search.background(10)


def test_background_is_fresh_unless_the_seed_is_the_same(fitted: tuple[str, Search]) -> None:
    search = fitted[1]
    np.testing.assert_array_equal(search.background(50, seed=4).features, search.background(50, seed=4).features)
    assert not np.array_equal(search.background(50, seed=4).features, search.background(50, seed=5).features)


def test_the_same_seeds_give_the_same_scores(fitted: tuple[str, Search], samples: Samples, scored: Events) -> None:
    name, search = fitted
    np.testing.assert_array_equal(fit(small(name), samples).score(scored), search.score(scored))


def test_the_score_depends_on_the_event_alone(fitted: tuple[str, Search], scored: Events) -> None:
    order = np.random.default_rng(0).permutation(len(scored))
    scores = fitted[1].score(scored)
    # A transformer sums in an order that depends on how far an event is padded, and so on its company.
    tolerance = 1e-4 if "particles" in fitted[1].needs else 0
    np.testing.assert_allclose(fitted[1].score(scored[order]), scores[order], rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", names("search"))
def test_settings_survive_being_written_down(name: str) -> None:
    written = dump_config(small(name))
    assert dump_config(read_config("search", written)) == written
