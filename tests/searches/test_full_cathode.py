"""CATHODE on all particles: it finds a signal that no chosen feature names."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from closure.toy_dijets import toy_events
from resonaut.errors import ConfigError, EventsError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.events import Events, Samples
from resonaut.models.classifier.cloud_ensemble import CloudEnsemble
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.density.epic_flow_matching import EPiCFlowMatching
from resonaut.models.density.spline import SplineFlow
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.models.training import Trainer
from resonaut.registry import read_config
from resonaut.searches.full_cathode import FullCATHODE
from resonaut.searches.regions import Region

TRAINER = Trainer(epochs=8, batch_size=128, learning_rate=4e-3, ema=0.98, device="cpu")
REGION = Region.parse("2900:3300", "2500:4000")


def small_search():
    return FullCATHODE(
        generator=DijetGenerator(
            jets=replace(DijetGenerator().jets, width=32, blocks=2, trainer=replace(TRAINER, epochs=15)),
            particles=EPiCFlowMatching(width=24, global_width=24, layers=2, steps=6, trainer=TRAINER),
        ),
        classifier=CloudTransformer(width=16, blocks=1, trainer=replace(TRAINER, ema=None)),
    )


def events_of(n, seed, spread, region=None):
    clouds, mass = toy_events(n, seed=seed, spread=spread)
    inside = np.ones(n, dtype=bool) if region is None else region.in_signal(mass)
    return Events(mass=mass[inside], features=np.empty((inside.sum(), 0)), names=(), particles=clouds[inside])


def test_it_ranks_signal_above_background_without_a_feature():
    background, signal = events_of(1500, 1, 0.15), events_of(1500, 2, 0.07, REGION)[:120]
    data = Events.concatenate([background, signal])
    search = small_search().fit_background(Samples(data=data), REGION, seed=1)
    search.fit_region(Samples(data=data), REGION, seed=2)
    unseen = events_of(800, 3, 0.15, REGION), events_of(800, 4, 0.07, REGION)
    scores = [search.score(part) for part in unseen]
    assert roc_auc_score(np.repeat([0, 1], [len(part) for part in unseen]), np.concatenate(scores)) > 0.7
    # Thresholds come from events of the region that were generated afresh.
    fresh = search.background(50, seed=3)
    assert REGION.in_signal(fresh.mass).all()
    assert len(fresh.particles) == 50


def test_one_training_serves_every_region_where_it_interpolates():
    data = events_of(1200, 1, 0.15)
    search = small_search()
    quick = replace(TRAINER, epochs=1)
    search.generator.jets = replace(search.generator.jets, trainer=quick)
    search.generator.particles = replace(search.generator.particles, trainer=quick)
    search = replace(search, interpolate=True)
    networks = []
    for window in ("2900:3300", "3000:3400"):
        region = Region.parse(window, "2500:4000")
        fitted = replace(search).fit_background(Samples(data=data), region, seed=1)
        networks.append(fitted.generator_.particles_.network_.velocity)
        assert len(fitted.background_at(np.full(5, 3100.0), seed=1).particles) == 5
    for one, other in zip(*(bridge.velocity.parameters() for bridge in networks), strict=True):
        assert (one == other).all()
    assert networks[0].low < networks[1].low < networks[0].high < networks[1].high
    flows = replace(search, generator=replace(search.generator, jets=SplineFlow(trainer=quick)))
    with pytest.raises(ConfigError, match="no velocity to interpolate"):
        flows.fit_background(Samples(data=data), REGION, seed=1)


def test_the_bounds_take_the_same_classifier():
    search = read_config("search", {"name": "supervised", "classifier": {"name": "cloud-transformer", "width": 16}})
    assert search.needs == {"background", "signal", "particles"}
    assert read_config("search", "supervised").needs == {"background", "signal"}
    with pytest.raises(ConfigError, match=r"trees, cloud-ensemble, cloud-transformer$"):
        read_config("search", {"name": "idealised", "classifier": "nothing"})
    search.classifier = replace(search.classifier, blocks=1, trainer=replace(TRAINER, epochs=3, ema=None))
    background, signal = events_of(900, 1, 0.15, REGION), events_of(900, 2, 0.07, REGION)
    half = slice(0, None, 2)
    samples = Samples(data=background[1::2], background=background[half], signal=signal[half])
    search.fit_background(samples, REGION).fit_region(samples, REGION, seed=1)
    scores = [search.score(part[1::2]) for part in (background, signal)]
    assert roc_auc_score(np.repeat([0, 1], [len(part) for part in scores]), np.concatenate(scores)) > 0.8


def test_an_ensemble_averages_its_members():
    events = Events.concatenate([events_of(200, 1, 0.15), events_of(200, 2, 0.07)])
    y = np.repeat([0, 1], 200)
    one = CloudTransformer(width=8, blocks=1, trainer=replace(TRAINER, epochs=1, ema=None))
    fitted = CloudEnsemble(model=one, members=2, random_state=1).fit(events.particles, y)
    members = [model.decision_function(events.particles) for model in fitted.models_]
    np.testing.assert_allclose(fitted.decision_function(events.particles), np.mean(members, axis=0))
    assert not np.allclose(*members)


def test_events_without_particles_are_refused():
    events = Events(mass=np.full(5, 2700.0), features=np.empty((5, 0)), names=())
    with pytest.raises(EventsError, match="came without"):
        small_search().fit_background(Samples(data=events), REGION, seed=1)


def test_particles_go_with_their_events():
    events = events_of(30, 1, 0.15)
    rows = np.array([4, 20])
    assert np.array_equal(events[rows].particles.first.counts, events.particles.first.counts[rows])
    both = Events.concatenate([events[:3], events[10:]])
    assert len(both.particles) == len(both)
    with pytest.raises(EventsError, match="particles of 2 events"):
        replace(events, particles=DijetClouds(*(jet[:2] for jet in events.particles.jets)))
