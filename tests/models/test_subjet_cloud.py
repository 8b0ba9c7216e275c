"""Jets in two steps: what is generated has the prongs of its jet, and as many particles."""

from dataclasses import replace

import numpy as np
import pytest

from resonaut.errors import ConfigError, EventsError
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import jets_of
from resonaut.features.scaling import Quantile
from resonaut.features.subjets import subjets_of
from resonaut.models.density.epic_flow_matching import EPiCFlowMatching
from resonaut.models.density.flow_matching import FlowMatching
from resonaut.models.density.spline import SplineFlow
from resonaut.models.density.subjet_cloud import SubjetCloud
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer
from resonaut.protocols import CloudDensity

TRAINER = Trainer(epochs=12, batch_size=64, learning_rate=4e-3, ema=0.98, device="cpu")


def two_prongs(n, seed):
    """Particles (log of pT over the jet's, eta, phi) about two axes, whose distance is the context; 4 to 20 of them."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(4, 21, n)
    distance, angle = rng.uniform(0.2, 1.0, n), rng.uniform(-np.pi, np.pi, n)
    side = np.where(rng.random(counts.sum()) < 0.6, 0.4, -0.6)
    of = np.repeat(np.arange(n), counts)
    axis = side * distance[of] * np.exp(1j * angle[of])
    pt = rng.exponential(1, counts.sum()) + 0.05
    place = axis + 0.03 * (rng.normal(size=len(of)) + 1j * rng.normal(size=len(of)))
    total = np.bincount(of, weights=pt)
    centre = (np.bincount(of, pt * place.real) + 1j * np.bincount(of, pt * place.imag)) / total
    place -= centre[of]
    points = np.stack([np.log(pt / total[of]), place.real, place.imag], axis=1)
    return PointCloud.of_counts(points, counts), distance[:, None]


def momenta(cloud):
    return PointCloud(np.column_stack([np.exp(cloud.points[:, 0]), 1e-3 * cloud.points[:, 1:]]), cloud.offsets)


def apart(cloud):
    """Distance of the two exclusive subjets."""
    axes = jets_of(subjets_of(momenta(cloud), 2)[0])
    eta, phi = axes.eta.reshape(-1, 2), axes.phi.reshape(-1, 2)
    return 1e3 * np.hypot(np.diff(eta)[:, 0], np.diff(phi)[:, 0])


@pytest.fixture(scope="module")
def small():
    return SubjetCloud(
        subjets=3,
        skeleton=FlowMatching(
            width=48, blocks=2, scaling=Quantile(knots=50), trainer=replace(TRAINER, epochs=60, batch_size=256)
        ),
        particles=EPiCFlowMatching(width=24, global_width=24, layers=2, steps=6, trainer=TRAINER),
    )


@pytest.fixture(scope="module")
def fitted(small):
    return small.fit(*two_prongs(2000, seed=1), seed=1)


def test_prongs_are_as_far_apart_as_the_context_says(fitted):
    assert isinstance(fitted, CloudDensity)
    real, context = two_prongs(700, seed=2)
    fake = fitted.sample(context, real.counts, seed=3)
    np.testing.assert_array_equal(fake.counts, real.counts)
    wanted, made = apart(real), apart(fake)
    assert np.corrcoef(made, context[:, 0])[0, 1] > 0.6  # the real ones: 0.93
    np.testing.assert_allclose(np.quantile(made, [0.2, 0.5, 0.8]), np.quantile(wanted, [0.2, 0.5, 0.8]), rtol=0.15)
    # The axis of what is made is the jet's.
    pt = np.exp(fake.points[:, 0])
    for column in (1, 2):
        np.testing.assert_allclose(fake.sum(pt * fake.points[:, column]) / fake.sum(pt), 0, atol=1e-3)


def test_the_numbers_of_particles_are_obeyed_down_to_none(fitted):
    _, context = two_prongs(6, seed=4)
    counts = np.array([0, 1, 300, 2, 0, 5])
    sample = fitted.sample(context, counts, seed=1)
    np.testing.assert_array_equal(sample.counts, counts)
    assert np.isfinite(sample.points).all()
    assert len(fitted.sample(context[:0], counts[:0], seed=1)) == 0


def test_it_follows_the_seed_and_is_saved_to_the_bit(fitted, tmp_path):
    real, context = two_prongs(30, seed=6)
    expected = fitted.sample(context, real.counts, seed=1)
    assert not np.allclose(fitted.sample(context, real.counts, seed=2).points, expected.points)
    save(fitted, tmp_path / "cloud.safetensors")
    loaded = load(tmp_path / "cloud.safetensors")
    np.testing.assert_array_equal(loaded.sample(context, real.counts, seed=1).points, expected.points)


def test_outside_of_a_bridge_nothing_changes(fitted):
    real, context = two_prongs(200, seed=4)
    # Those outside first: how many particles subjets have decides which noise those of later jets get.
    order = np.argsort((context[:, 0] > 0.5) & (context[:, 0] < 0.7), kind="stable")
    context, counts = context[order], real.counts[order]
    inside = (context[:, 0] > 0.5) & (context[:, 0] < 0.7)
    plain, bridged = (one.sample(context, counts, seed=3) for one in (fitted, fitted.bridged(0, 0.5, 0.7)))
    np.testing.assert_allclose(bridged[~inside].points, plain[~inside].points, atol=1e-3)
    assert not np.isclose(bridged[inside].points, plain[inside].points, atol=1e-3).any(axis=1).all()


def test_what_cannot_be_learnt_from_is_refused(small):
    cloud, context = two_prongs(50, seed=7)
    empty = PointCloud.of_counts(cloud.points, np.append(cloud.counts, 0))
    with pytest.raises(EventsError, match="1 of 51 point clouds are empty"):
        small.fit(empty, np.vstack([context, context[:1]]), seed=1)
    with pytest.raises(EventsError, match="no jet has 40 particles; set subjets to fewer"):
        replace(small, subjets=40).fit(cloud, context, seed=1)
    cloud.points[3, 1] = np.nan
    with pytest.raises(EventsError, match="NaN or infinite"):
        small.fit(cloud, context, seed=1)
    still = DijetGenerator(particles=replace(small, skeleton=SplineFlow()))
    with pytest.raises(ConfigError, match="the density of the subjets of the particles has no velocity"):
        still.require_velocities()
