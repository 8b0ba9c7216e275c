"""Jets in two steps: what is generated has the prongs of its jet, and as many particles."""

from dataclasses import replace

import numpy as np
import pytest

from closure.toy_clouds import small_subjet_cloud, two_prongs
from resonaut.errors import ConfigError, EventsError
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import jets_of
from resonaut.features.subjets import subjets_of
from resonaut.models.density.spline import SplineFlow
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.protocols import CloudDensity


def momenta(cloud):
    return PointCloud(np.column_stack([np.exp(cloud.points[:, 0]), 1e-3 * cloud.points[:, 1:]]), cloud.offsets)


def apart(cloud):
    """Distance of the two exclusive subjets."""
    axes = jets_of(subjets_of(momenta(cloud), 2)[0])
    eta, phi = axes.eta.reshape(-1, 2), axes.phi.reshape(-1, 2)
    return 1e3 * np.hypot(np.diff(eta)[:, 0], np.diff(phi)[:, 0])


@pytest.fixture(scope="module")
def fitted():
    return small_subjet_cloud().fit(*two_prongs(2000, seed=1), seed=1)


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


def test_outside_of_a_bridge_nothing_changes(fitted):
    real, context = two_prongs(200, seed=4)
    # Those outside first: how many particles subjets have decides which noise those of later jets get.
    order = np.argsort((context[:, 0] > 0.5) & (context[:, 0] < 0.7), kind="stable")
    context, counts = context[order], real.counts[order]
    inside = (context[:, 0] > 0.5) & (context[:, 0] < 0.7)
    plain, bridged = (one.sample(context, counts, seed=3) for one in (fitted, fitted.bridged(0, 0.5, 0.7)))
    np.testing.assert_allclose(bridged[~inside].points, plain[~inside].points, atol=1e-3)
    assert not np.isclose(bridged[inside].points, plain[inside].points, atol=1e-3).any(axis=1).all()


def test_what_cannot_be_learnt_from_is_refused():
    with pytest.raises(EventsError, match="no jet has 40 particles; set subjets to fewer"):
        replace(small_subjet_cloud(), subjets=40).fit(*two_prongs(50, seed=7), seed=1)
    still = DijetGenerator(particles=replace(small_subjet_cloud(), skeleton=SplineFlow()))
    with pytest.raises(ConfigError, match="the density of the subjets of the particles has no velocity"):
        still.require_velocities()
