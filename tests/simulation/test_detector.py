"""The detector against its own card: single particles of known momentum must come back as the formulas say."""

import awkward as ak
import numpy as np
import pytest

from resonaut.simulation.detector import DelphesCMS, NoDetector
from resonaut.simulation.detector.card import ECAL, HCAL, TRACKER, tracking_efficiency, tracking_resolution
from resonaut.simulation.detector.pdg import is_invisible, pdg_charge

PION, KLONG, PHOTON, ELECTRON, MUON, NEUTRINO = 211, 130, 22, 11, 13, 12
MASS = {PION: 0.13957, KLONG: 0.49761, ELECTRON: 0.000511, MUON: 0.10566}


def gun(pdg_id: int, pt: float, eta: float = 0.2, n: int = 4000, **vertex: float) -> ak.Array:
    """n events of one particle each, at random azimuth and spread over a few towers in eta."""
    rng = np.random.default_rng(7)
    phi, eta_spread = rng.uniform(-np.pi, np.pi, n), eta + rng.uniform(-0.05, 0.05, n)
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta_spread)
    energy = np.sqrt(px**2 + py**2 + pz**2 + MASS.get(abs(pdg_id), 0.0) ** 2)
    fields = {"px": px, "py": py, "pz": pz, "e": energy, "id": np.full(n, pdg_id)}
    fields |= {axis: np.full(n, value) for axis, value in vertex.items()}
    return ak.unflatten(ak.zip(fields), np.ones(n, dtype=int))


def total_energy(observed: ak.Array) -> np.ndarray:
    return ak.to_numpy(ak.sum(observed.e, axis=1))


@pytest.mark.parametrize(("pdg_id", "calorimeter"), [(PHOTON, ECAL), (KLONG, HCAL)])
@pytest.mark.parametrize("eta", [0.2, 1.2, 2.0, 4.0])
def test_neutral_particles_have_the_calorimeters_resolution(pdg_id, calorimeter, eta):
    particles = gun(pdg_id, pt=200.0, eta=eta)
    true = total_energy(particles)
    ratio = total_energy(DelphesCMS().observe(particles, seed=1)) / true
    expected = np.mean(calorimeter.resolution(np.full_like(true, eta), true) / true)
    # 4000 events: the mean is known to 1.6 % of the width, the width to 1.1 % of itself; 4 sigma, and the resolution
    # changes a little over the gun's range in eta.
    assert ratio.mean() == pytest.approx(1.0, abs=4 * expected / np.sqrt(len(true)))
    assert ratio.std() == pytest.approx(expected, rel=0.08)


def test_muons_are_tracks_with_the_trackers_resolution_and_efficiency():
    """Muons leave nothing in the calorimeters, so that no energy flow touches their momentum."""
    particles = gun(MUON, pt=50.0, n=20_000)
    observed = DelphesCMS().observe(particles, seed=1)
    found = ak.to_numpy(ak.num(observed)) == 1
    assert found.mean() == pytest.approx(0.99, abs=4 * np.sqrt(0.99 * 0.01 / 20_000))
    ratio = ak.to_numpy(ak.flatten(np.hypot(observed.px, observed.py))) / 50.0
    width = np.hypot(0.01, 1e-4 * 50.0)
    assert ratio.mean() == pytest.approx(1.0, abs=4 * width / np.sqrt(20_000))
    assert ratio.std() == pytest.approx(width, rel=0.03)
    direction = np.arctan2(ak.flatten(observed.py), ak.flatten(observed.px))
    true_direction = np.arctan2(ak.flatten(particles.py), ak.flatten(particles.px))[found]
    np.testing.assert_allclose(direction, true_direction, atol=1e-6)  # tracks are bent back to where they started


@pytest.mark.parametrize("pt", [20.0, 100.0, 500.0])
def test_energy_flow_of_a_lone_hadron_is_the_textbook_rule(pt):
    """Significantly more in the tower than in the track: the tower's energy; otherwise the weighted mean of the two."""
    particles = gun(PION, pt=pt, eta=0.8, n=20_000)
    true = total_energy(particles)
    ratio = total_energy(DelphesCMS().observe(particles, seed=1)) / true

    rng = np.random.default_rng(11)
    eta = np.full_like(true, 0.8)
    track_error = tracking_resolution(np.full_like(true, pt), eta, np.full(len(true), PION))
    tower_error = HCAL.resolution(eta, true) / true
    # Log-normal numbers of mean 1, as every measurement in Delphes.
    track, tower = (
        rng.lognormal(-0.5 * np.log1p(error**2), np.sqrt(np.log1p(error**2))) for error in (track_error, tower_error)
    )
    tower_error = HCAL.resolution(eta, tower * true) / true
    track_error = track_error * track
    weight = tower_error**2 / (tower_error**2 + track_error**2)
    expected = np.where(
        tower - track > np.hypot(track_error, tower_error), tower, weight * track + (1 - weight) * tower
    )
    expected = np.where(rng.random(len(true)) < 0.95, expected, tower)  # no track found
    for quantile in (10, 50, 90):
        # Quantiles of 20,000: known to 0.012 widths each, the width being below 0.3.
        assert np.percentile(ratio, quantile) == pytest.approx(np.percentile(expected, quantile), abs=0.015)
    assert ratio.mean() == pytest.approx(1.0, abs=0.06)  # the rule itself is biased upwards, by a few per cent


def test_slow_charged_particles_curl_up_before_the_barrel():
    """In 3.8 T the circle of a 0.5 GeV track has 0.88 m diameter: it leaves through the end, far forward."""
    below, above = (
        TRACKER.propagate(
            *(np.array([p]) for p in (pt, 0.0, 0.3)), np.array([1.0]), tuple(np.zeros(1) for _ in range(3))
        )
        for pt in (0.5, 0.9)
    )
    assert abs(below.eta[0]) > 1.5
    assert abs(above.eta[0]) < 0.5


def test_the_field_turns_a_track_by_the_sagitta_formula():
    """From the origin sin(turn) = 0.3 B radius / (2 pT), to the right for positive charge."""
    pt = np.array([1.0, 5.0, 50.0, 1000.0])
    zero = np.zeros(4)
    for charge in (1.0, -1.0):
        impact = TRACKER.propagate(pt, zero, zero, np.full(4, charge), (zero, zero, zero))
        expected = -charge * np.arcsin(0.299792458 * 3.8 * 1.29 / (2 * pt))
        np.testing.assert_allclose(impact.phi, expected, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(impact.track_phi, 0.0, atol=1e-9)


def test_displaced_neutrals_point_to_where_they_hit():
    """From (0.5 m, 0, 0) straight up: the cylinder is met at x = 0.5 m."""
    one, zero = np.ones(1), np.zeros(1)
    impact = TRACKER.propagate(zero, one, zero, zero, (0.5 * one, zero, zero))
    assert impact.phi[0] == pytest.approx(np.arccos(0.5 / 1.29))
    assert impact.eta[0] == pytest.approx(0.0)


def test_what_is_born_behind_the_tracker_is_lost():
    assert ak.sum(ak.num(DelphesCMS().observe(gun(PHOTON, 50.0, n=50, x=1400.0, y=0.0, z=0.0), seed=1))) == 0
    assert ak.sum(ak.num(DelphesCMS().observe(gun(PHOTON, 50.0, n=50, x=100.0, y=0.0, z=0.0), seed=1))) == 50


@pytest.mark.parametrize("detector", [DelphesCMS(), NoDetector()])
def test_neutrinos_leave_no_trace(detector):
    observed = detector.observe(gun(NEUTRINO, 100.0, n=50), seed=1)
    assert len(observed) == 50
    assert ak.sum(ak.num(observed)) == 0


def test_events_do_not_mix():
    """Two events with the same particle, and an empty one between: each keeps its own."""
    photons = gun(PHOTON, 100.0, n=2)
    particles = ak.concatenate([photons[:1], photons[:0], photons[1:]])
    with_gap = ak.unflatten(ak.flatten(particles), [1, 0, 1])
    assert ak.num(DelphesCMS().observe(with_gap, seed=1)).to_list() == [1, 0, 1]


def test_same_seed_same_objects():
    particles = gun(PION, 10.0, n=100)
    first, again, other = (DelphesCMS().observe(particles, seed=seed) for seed in (3, 3, 4))
    assert ak.array_equal(first, again)
    assert not ak.array_equal(first, other)


def test_nothing_is_measured_where_there_is_no_detector():
    assert ak.sum(ak.num(DelphesCMS().observe(gun(PHOTON, 20.0, eta=5.3, n=50), seed=1))) == 0
    beyond_tracker = DelphesCMS().observe(gun(MUON, 20.0, eta=2.7, n=50), seed=1)
    assert ak.sum(ak.num(beyond_tracker)) == 0


def test_a_photon_beside_a_track_is_seen_beside_it():
    """A 100 GeV photon in the same tower as a 20 GeV electron: a track and the excess, together 120 GeV."""
    electrons, photons = gun(ELECTRON, 20.0, eta=0.0), gun(PHOTON, 100.0, eta=0.0)
    impact = TRACKER.propagate(
        *(ak.to_numpy(ak.flatten(electrons[name])) for name in ("px", "py", "pz")),
        pdg_charge(np.full(len(electrons), ELECTRON)),
        tuple(np.zeros(len(electrons)) for _ in range(3)),
    )
    pt = 100.0 * np.ones(len(electrons))
    photons["px"] = ak.unflatten(pt * np.cos(impact.phi), 1)
    photons["py"] = ak.unflatten(pt * np.sin(impact.phi), 1)
    photons["pz"] = ak.unflatten(pt * np.sinh(impact.eta), 1)
    photons["e"] = ak.unflatten(pt * np.cosh(impact.eta), 1)
    energy = total_energy(DelphesCMS().observe(ak.concatenate([electrons, photons], axis=1), seed=1))
    assert np.mean(energy) == pytest.approx(np.mean(pt * np.cosh(impact.eta)) + 20.0, rel=0.01)


@pytest.mark.parametrize(
    ("name", "pdg_id", "charge"),
    [
        ("pi+", 211, 1), ("K-", -321, -1), ("K_L", 130, 0), ("K_S", 310, 0), ("proton", 2212, 1), ("neutron", 2112, 0),
        ("Lambda", 3122, 0), ("Sigma-", 3112, -1), ("Sigma+", 3222, 1), ("Xi-", 3312, -1), ("Omega-", 3334, -1),
        ("anti-Omega", -3334, 1), ("D+", 411, 1), ("D0", 421, 0), ("B+", 521, 1), ("B0", 511, 0), ("D_s-", -431, -1),
        ("electron", 11, -1), ("muon+", -13, 1), ("photon", 22, 0), ("deuteron-like gap", 9900000, 0),
    ],
)  # fmt: skip
def test_charges_follow_from_the_pdg_scheme(name, pdg_id, charge):
    assert pdg_charge(np.array([pdg_id]))[0] == charge, name


def test_only_the_invisible_is_invisible():
    ids = np.array([12, -14, 16, 1000022, 51, 4900101, 22, 130, -2112, 13])
    assert is_invisible(ids).tolist() == [True] * 6 + [False] * 4


def test_efficiency_follows_the_card():
    pt, eta = np.array([0.05, 0.5, 5.0, 5.0, 5.0, 200.0]), np.array([0.0, 0.0, 1.0, 2.0, 2.6, 0.0])
    expected = {
        PION: [0, 0.70, 0.95, 0.85, 0, 0.95],
        ELECTRON: [0, 0.73, 0.95, 0.83, 0, 0.99],
        MUON: [0, 0.75, 0.99, 0.98, 0, 0.99],
    }
    for pdg_id, values in expected.items():
        np.testing.assert_allclose(tracking_efficiency(pt, eta, np.full(6, pdg_id)), values)


@pytest.mark.parametrize("calorimeter", [ECAL, HCAL])
def test_every_point_inside_five_units_of_eta_has_one_tower_around_it(calorimeter):
    rng = np.random.default_rng(3)
    eta, phi = rng.uniform(-5.2, 5.2, 20_000), rng.uniform(-np.pi, np.pi, 20_000)
    tower = calorimeter.grid.tower(eta, phi)
    inside = np.abs(eta) < 5
    assert np.all((tower >= 0) == inside)
    eta_low, eta_high, phi_low, phi_high = calorimeter.grid.edges(tower[inside])
    assert np.all((eta_low <= eta[inside]) & (eta[inside] <= eta_high))
    assert np.all((phi_low <= phi[inside] + 1e-12) & (phi[inside] <= phi_high + 1e-12))
