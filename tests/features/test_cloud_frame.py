"""Jets' frames and the projection, against sums of four-momenta."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, from_frame, into_frame, jets_of, project


def particles(counts, seed, softest=0.1):
    """Jets somewhere, their particles within about 0.3 of it."""
    rng = np.random.default_rng(seed)
    counts = np.asarray(counts)
    of = np.repeat(np.arange(len(counts)), counts)
    eta, phi = rng.uniform(-2, 2, len(counts)), rng.uniform(-np.pi, np.pi, len(counts))
    angles = np.stack([eta[of], phi[of]], axis=1) + 0.3 * rng.normal(size=(len(of), 2))
    return PointCloud.of_counts(np.column_stack([rng.exponential(20, len(of)) + softest, angles]), counts)


counts = st.lists(st.integers(1, 30), min_size=1, max_size=6)


@given(counts, st.integers(0, 1000))
def test_the_projected_momenta_sum_to_the_jet(counts, seed):
    cloud = particles(counts, seed)
    rng = np.random.default_rng(seed + 1)
    n = len(counts)
    wanted = Jets(
        pt=rng.uniform(500, 3000, n),
        eta=rng.uniform(-2, 2, n),
        phi=rng.uniform(-np.pi, np.pi, n),
        mass=np.zeros(n),
        n=np.asarray(counts),
    )
    found = jets_of(project(cloud, wanted))
    np.testing.assert_allclose(found.pt, wanted.pt, rtol=1e-9)
    np.testing.assert_allclose(found.eta, wanted.eta, atol=1e-9)
    np.testing.assert_allclose(np.cos(found.phi - wanted.phi), 1, atol=1e-12)
    before = jets_of(cloud)
    # The shape stays: mass over pT is what it was (rounding of m^2 as a difference of squares, for single particles).
    np.testing.assert_allclose(found.mass / found.pt, before.mass / before.pt, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("softest", [0.1, 20])
@given(st.lists(st.integers(2, 30), min_size=1, max_size=6), st.integers(0, 1000))
def test_masses_are_projected_too_where_they_are_wanted(softest, counts, seed):
    cloud = particles(counts, seed, softest)
    before = jets_of(cloud)
    n = len(counts)
    # No jet of radius 1 has a larger mass.
    mass = 1000 * np.random.default_rng(seed).uniform(0.05, 0.6, n)
    wanted = Jets(pt=np.full(n, 1000.0), eta=before.eta, phi=before.phi, mass=mass, n=np.asarray(counts))
    found = jets_of(project(cloud, wanted, masses=True))
    # Only particles so soft that no angle between them and a harder one makes the mass leave a jet with the one it had.
    shape = before.mass / before.pt
    hardest = np.maximum.reduceat(cloud.points[:, 0], cloud.offsets[:-1]) / cloud.sum(cloud.points[:, 0])
    kept = (softest < 1) & (hardest > 0.6) & np.isclose(found.mass / found.pt, shape, rtol=1e-6)
    np.testing.assert_allclose(found.mass[~kept], wanted.mass[~kept], rtol=2e-5)
    np.testing.assert_allclose(found.pt, wanted.pt, rtol=1e-9)
    np.testing.assert_allclose(found.eta, wanted.eta, atol=1e-9)


def test_jets_that_no_angle_gives_the_mass_keep_theirs():
    alone, parallel, soft = (
        [[100.0, 0.0, 0.0]],
        [[60.0, 0.0, 0.0], [40.0, 0.0, 0.0]],
        [[99.99, 0.0, 0.0], [0.01, 0.1, 0.1]],
    )
    cloud = PointCloud.of_counts(np.array(alone + parallel + soft), np.array([1, 2, 2]))
    before = jets_of(cloud)
    wanted = Jets(pt=before.pt, eta=before.eta, phi=before.phi, mass=np.full(3, 50.0), n=cloud.counts)
    after = project(cloud, wanted, masses=True)
    np.testing.assert_allclose(after.points, cloud.points, atol=1e-12)


@pytest.mark.parametrize("in_openings", [False, True])
@given(counts, st.integers(0, 1000))
def test_the_frame_and_back(in_openings, counts, seed):
    cloud = particles(counts, seed)
    jets = jets_of(cloud)
    back = from_frame(into_frame(cloud, jets, in_openings=in_openings), jets, in_openings=in_openings)
    np.testing.assert_allclose(back.points[:, :2], cloud.points[:, :2], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.cos(back.points[:, 2] - cloud.points[:, 2]), 1, atol=1e-12)
    same = project(cloud, jets)
    np.testing.assert_allclose(same.points[:, :2], cloud.points[:, :2], rtol=1e-6, atol=1e-6)


def test_the_jet_of_two_particles_by_hand():
    back_to_back = PointCloud.of_counts(np.array([[3.0, 0.0, 0.5], [4.0, 0.0, 0.5 + np.pi / 2]]), np.array([2, 0]))
    jets = jets_of(back_to_back)
    assert jets.pt[0] == pytest.approx(5)
    assert jets.mass[0] == pytest.approx(np.sqrt(24))  # 2 p1 p2 (1 - cos 90 degrees)
    assert jets.phi[0] == pytest.approx(0.5 + np.arctan2(4, 3))
    assert [jets.pt[1], jets.eta[1], jets.mass[1], jets.n[1]] == [0, 0, 0, 0]


def test_particles_beyond_the_reach_are_mirrored_at_it():
    jets = jets_of(PointCloud.of_counts(np.array([[10.0, 0.3, 0.1], [12.0, -0.2, 0.4]]), np.array([2])))
    relative = PointCloud.of_counts(np.array([[-0.7, 3.0, -4.0], [-0.7, 0.3, 0.4]]), np.array([2]))
    back = into_frame(from_frame(relative, jets, reach=1.0), jets)
    np.testing.assert_allclose(back.points, [[-0.7, 0.12, -0.16], [-0.7, 0.3, 0.4]], atol=1e-12)
