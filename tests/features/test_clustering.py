"""Jets: what clustering must not depend on, and the published events it must reproduce."""

import awkward as ak
import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from resonaut.features.clustering import Dijets, JetClustering, massless


def back_to_back(rng: np.random.Generator, n_events: int = 30, n_particles: int = 40) -> ak.Array:
    """Events of two sprays of massless particles in opposite azimuth, as (pt, eta, phi)."""
    shape = (n_events, 2, n_particles)
    pt = rng.exponential(1.0, shape)
    pt *= rng.uniform(1250, 1800, (n_events, 2, 1)) / pt.sum(axis=2, keepdims=True)
    axis_phi = rng.uniform(-np.pi, np.pi, (n_events, 1, 1)) + np.array([0, np.pi])[:, None]
    axis_eta = rng.uniform(-1, 1, (n_events, 2, 1))
    eta = axis_eta + 0.15 * rng.standard_normal(shape)
    phi = axis_phi + 0.15 * rng.standard_normal(shape)
    flat = (values.reshape(n_events, -1) for values in (pt, eta, phi))
    return ak.zip(dict(zip(("pt", "eta", "phi"), map(ak.Array, flat), strict=True)))


def cluster(events: ak.Array, clustering: JetClustering | None = None) -> Dijets:
    return (clustering or JetClustering()).cluster(massless(events.pt, events.eta, events.phi))


@pytest.fixture
def events() -> ak.Array:
    return back_to_back(np.random.default_rng(1))


def test_the_first_thousand_lhc_olympics_events_are_reproduced(validation_data):
    hdf5plugin = pytest.importorskip("hdf5plugin")
    assert hdf5plugin
    with h5py.File(validation_data / "lhco_rnd_v1_particles_1000.h5") as file:
        rows = file["df/block0_values"][:]
    pt, eta, phi = np.moveaxis(rows[:, :2100].reshape(-1, 700, 3), 2, 0)
    real = pt > 0
    ragged = [ak.unflatten(values[real], real.sum(axis=1)) for values in (pt, eta, phi)]
    dijets = JetClustering().cluster(massless(*ragged))
    reference = pq.read_table(validation_data / "lhco_rnd_v1_jets_50k.parquet").slice(0, 1000).to_pandas()

    assert len(dijets) == 1000
    np.testing.assert_allclose(dijets.mjj, reference.mjj, rtol=1e-8)
    for jet in (0, 1):
        # m^2 = E^2 - p^2 loses digits where m << E: there the error counts against the energy.
        tolerance = 1e-8 * np.maximum(reference[f"mass_{jet + 1}"], 1e-3 * dijets.e[:, jet])
        assert np.all(np.abs(dijets.mass[:, jet] - reference[f"mass_{jet + 1}"]) < tolerance)
        np.testing.assert_allclose(dijets.pt[:, jet], reference[f"pt_{jet + 1}"], rtol=1e-8)
        np.testing.assert_allclose(dijets.eta[:, jet], reference[f"eta_{jet + 1}"], atol=1e-8)


def test_masses_do_not_change_when_the_event_is_turned(events):
    turned = ak.zip({"pt": events.pt, "eta": events.eta, "phi": events.phi + 1.234})
    np.testing.assert_allclose(cluster(turned).mass, cluster(events).mass, rtol=1e-9)
    np.testing.assert_allclose(cluster(turned).mjj, cluster(events).mjj, rtol=1e-9)


def test_masses_do_not_change_under_a_boost_along_the_beam(events):
    anywhere = JetClustering(eta_max=10.0)
    boosted = ak.zip({"pt": events.pt, "eta": events.eta + 0.7, "phi": events.phi})
    before, after = cluster(events, anywhere), cluster(boosted, anywhere)
    np.testing.assert_allclose(after.mass, before.mass, rtol=1e-8)
    np.testing.assert_allclose(after.mjj, before.mjj, rtol=1e-8)


def test_jets_do_not_depend_on_the_order_of_the_particles(events):
    order = ak.argsort(events.eta, axis=1)
    np.testing.assert_allclose(cluster(events[order]).mass, cluster(events).mass, rtol=1e-9)


def test_a_soft_collinear_splitting_changes_nothing(events):
    """anti-kT is infrared and collinear safe: each particle as two parallel halves gives the same jets."""
    half = ak.zip({"pt": events.pt / 2, "eta": events.eta, "phi": events.phi})
    np.testing.assert_allclose(cluster(ak.concatenate([half, half], axis=1)).mass, cluster(events).mass, rtol=1e-6)


def test_constituents_add_up_to_their_jet(events):
    dijets = cluster(events)
    for component in ("px", "py", "pz", "e"):
        total = ak.to_numpy(ak.sum(dijets.constituents[component], axis=2))
        np.testing.assert_allclose(total, getattr(dijets, component), rtol=1e-9, atol=1e-6)
    assert np.all(dijets.n == ak.to_numpy(ak.num(dijets.constituents, axis=2)))
    assert np.all(dijets.pt[:, 0] >= dijets.pt[:, 1])


def test_libraries_that_register_vector_do_not_disturb_it(events):
    """As pylhe's import does, for the whole process."""
    import vector

    before = cluster(events)
    vector.register_awkward()
    after = cluster(events)
    np.testing.assert_array_equal(after.mass, before.mass)
    np.testing.assert_array_equal(after.n, before.n)


def test_every_event_is_selected_or_counted_once():
    rows = [
        [(1300.0, 0.0, 0.0), (1250.0, 0.1, 3.0)],  # selected
        [(1300.0, 0.0, 0.0)],  # one jet
        [],  # none
        [(1100.0, 0.0, 0.0), (1000.0, 0.1, 3.0)],  # too soft
        [(1300.0, 2.7, 0.0), (1250.0, 0.1, 3.0)],  # leading jet too far forward
        [(1300.0, 0.2, 0.0), (1250.0, 2.7, 3.0)],  # the second jet may be there: selected
    ]
    pt, eta, phi = (ak.Array([[particle[k] for particle in row] for row in rows]) for k in range(3))
    dijets = JetClustering().cluster(massless(pt, eta, phi))
    assert list(dijets.index) == [0, 5]
    assert dijets.exclusions == {
        "fewer than two jets": 2,
        "leading jet pT below 1200 GeV": 1,
        "leading jet beyond |eta| 2.5": 1,
    }


def test_no_event_selected_is_no_error():
    particles = ak.Array([[1.0, 2.0], [3.0]])
    dijets = JetClustering().cluster(massless(particles, 0 * particles, 0 * particles))
    assert len(dijets) == 0
    assert dijets.mass.shape == (0, 2)
    assert dijets.n.shape == (0, 2)
