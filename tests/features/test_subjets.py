"""Exclusive subjets are FastJet's, and rows of numbers are subjets and back."""

import awkward as ak
import fastjet
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.oracle import fastjet_momenta, random_jets
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, jets_of
from resonaut.features.subjets import Place, from_rows, into_rows, subjets_of


def clouds(jets):
    """(pT, eta, phi) of lists of massless momenta."""
    flat = ak.flatten(jets, axis=1)
    px, py, pz = (ak.to_numpy(flat[name]) for name in ("px", "py", "pz"))
    points = np.stack([np.hypot(px, py), np.arcsinh(pz / np.hypot(px, py)), np.arctan2(py, px)], axis=1)
    return PointCloud.of_counts(points, ak.to_numpy(ak.num(jets, axis=1)))


@pytest.mark.filterwarnings("ignore:dcut and exclusive jets")
@pytest.mark.parametrize("n", [1, 2, 5])
def test_they_are_those_of_fastjet(n):
    jets = random_jets(np.random.default_rng(1), 60)
    jets = jets[ak.num(jets, axis=1) >= n]
    sets, counts = subjets_of(clouds(jets), n)
    assert (counts == n).all()
    wide = fastjet.JetDefinition(fastjet.kt_algorithm, 1000.0)
    expected = fastjet.ClusterSequence(fastjet_momenta(jets), wide).exclusive_jets(n)
    pt = np.sort(np.hypot(ak.to_numpy(expected.px), ak.to_numpy(expected.py)), axis=1)[:, ::-1]
    np.testing.assert_allclose(jets_of(sets).pt.reshape(-1, n), pt, rtol=1e-9)


def test_every_particle_is_in_one_subjet_and_few_particles_are_as_many_subjets():
    rng = np.random.default_rng(2)
    counts = np.array([0, 1, 3, 40])
    points = np.column_stack([rng.exponential(1, 44) + 0.01, 0.3 * rng.normal(size=(44, 2))])
    cloud = PointCloud.of_counts(points, counts)
    sets, found = subjets_of(cloud, 4)
    np.testing.assert_array_equal(found, [0, 1, 3, 4])
    assert (sets.counts[:4] == 1).all()
    for jet, part in enumerate(np.split(sets.points, np.cumsum(counts)[:-1])):
        inside = cloud.points[cloud.owner == jet]
        np.testing.assert_array_equal(np.sort(part, axis=0), np.sort(inside, axis=0))


@given(st.lists(st.integers(3, 30), min_size=1, max_size=5), st.integers(0, 1000))
def test_rows_and_back(counts, seed):
    rng = np.random.default_rng(seed)
    counts = np.array(counts)
    points = np.column_stack([rng.exponential(1, counts.sum()) + 0.01, 0.1 * rng.normal(size=(counts.sum(), 2))])
    cloud = PointCloud.of_counts(points, counts)
    subjets = jets_of(subjets_of(cloud, 3)[0])
    back = from_rows(into_rows(subjets, 3, rng), counts)
    np.testing.assert_array_equal(back.n, subjets.n)
    total = subjets.pt.reshape(-1, 3).sum(axis=1).repeat(3)
    np.testing.assert_allclose(back.pt * total, subjets.pt, rtol=1e-9)
    several = subjets.n > 1
    np.testing.assert_allclose((back.mass * total)[several], subjets.mass[several], rtol=1e-4, atol=1e-6)
    assert not back.mass[~several].any()
    for name in ("eta", "phi"):
        place, wanted = (getattr(jets, name).reshape(-1, 3) for jets in (back, subjets))
        np.testing.assert_allclose(place - place[:, :1], wanted - wanted[:, :1], atol=1e-9)
        np.testing.assert_allclose((back.pt.reshape(-1, 3) * place).sum(axis=1), 0, atol=1e-9)


@given(st.integers(4, 300), st.integers(0, 1000))
def test_all_rows_of_numbers_are_jets_of_so_many_particles(count, seed):
    rows = 3 * np.random.default_rng(seed).normal(size=(5, 18))
    subjets = from_rows(rows, np.full(5, count))
    assert (subjets.n.reshape(5, 4).sum(axis=1) == count).all()
    assert (subjets.n >= 1).all()
    assert (subjets.pt > 0).all()
    np.testing.assert_allclose(subjets.pt.reshape(5, 4).sum(axis=1), 1)


def plane(rng, jets, n):
    """Subjets about their jets' axes, and particles relative to them."""
    eta, phi = rng.normal(0, 0.3, (2, jets * n))
    ones = np.ones(jets * n)
    subjets = Jets(pt=ones, eta=eta, phi=phi, mass=0.1 * ones, n=np.full(jets * n, 3))
    return subjets, PointCloud.of_counts(rng.normal(size=(3 * jets * n, 3)), subjets.n)


def rotated(eta, phi, angle):
    turned = (eta + 1j * phi) * np.exp(1j * angle)
    return turned.real, turned.imag


@given(st.integers(2, 8), st.floats(-3, 3), st.integers(0, 100))
def test_what_is_known_of_a_place_does_not_depend_on_how_the_jet_is_turned(n, angle, seed):
    subjets, particles = plane(np.random.default_rng(seed), 5, n)
    eta, phi = rotated(subjets.eta, subjets.phi, angle)
    other = Jets(**(vars(subjets) | {"eta": eta, "phi": phi}))
    turned_eta, turned_phi = rotated(*particles.points[:, 1:].T, angle)
    points = np.stack([particles.points[:, 0], turned_eta, turned_phi], axis=1)
    place, turned = Place.of(subjets, n), Place.of(other, n)
    np.testing.assert_allclose(turned.columns(), place.columns(), atol=1e-9)
    made = turned.turn(PointCloud(points, particles.offsets))
    np.testing.assert_allclose(made.points, place.turn(particles).points, atol=1e-9)
    np.testing.assert_allclose(place.turn(place.turn(particles), back=True).points, particles.points, atol=1e-12)


def test_the_axis_lies_behind_and_the_nearest_is_the_nearest():
    rng = np.random.default_rng(1)
    subjets, _ = plane(rng, 50, 4)
    place = Place.of(subjets, 4)
    # A particle on the jet's axis.
    axis = PointCloud.of_counts(np.column_stack([0 * subjets.pt, -subjets.eta, -subjets.phi]), np.ones(200, dtype=int))
    distance = np.hypot(subjets.eta, subjets.phi)
    expected = np.column_stack([0 * distance, -distance, 0 * distance])
    np.testing.assert_allclose(place.turn(axis).points, expected, atol=1e-12)
    eta, phi = (column.reshape(-1, 4) for column in (subjets.eta, subjets.phi))
    apart = np.hypot(eta[:, :, None] - eta[:, None], phi[:, :, None] - phi[:, None])
    least = np.sort(apart, axis=2)[:, :, 1].ravel()  # the first is itself
    np.testing.assert_allclose(place.columns()[:, :2], np.log(np.column_stack([distance, least])), atol=1e-12)
