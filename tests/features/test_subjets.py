"""Exclusive subjets are FastJet's, and rows of numbers are subjets and back."""

import awkward as ak
import fastjet
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.oracle import fastjet_momenta, random_jets
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import jets_of
from resonaut.features.subjets import from_rows, into_rows, subjets_of


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
