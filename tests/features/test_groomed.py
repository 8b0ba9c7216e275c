"""Soft drop and momentum sharing: FastJet's values and cases that can be done in the head."""

import awkward as ak
import numpy as np
import pytest

from features.oracle import fastjet_momenta, random_jets
from resonaut.errors import ConfigError
from resonaut.features.clustering import massless
from resonaut.features.groomed import softdrop_mass
from resonaut.features.jets import FlatJets
from resonaut.features.shapes import ptd


def jets_of(pt, eta, phi) -> FlatJets:
    return FlatJets.of(massless(ak.Array(pt), ak.Array(eta), ak.Array(phi)))


@pytest.mark.parametrize(("z_cut", "beta", "radius"), [(0.1, 0.0, 1.0), (0.2, 1.0, 0.8), (0.05, 2.0, 1.0)])
def test_it_is_fastjets_soft_drop(z_cut, beta, radius):
    import fastjet

    jets = random_jets(np.random.default_rng(6), 100)
    momenta = fastjet_momenta(jets)
    whole = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
    theirs = whole.exclusive_jets_softdrop_grooming(1, beta=beta, symmetry_cut=z_cut, R0=radius)
    ours = softdrop_mass(FlatJets.of(jets), z_cut=z_cut, beta=beta, radius=radius)
    # m^2 is what is left of E^2 - p^2: near 0, double precision leaves 1e-8 of the energy.
    energy = ak.to_numpy(ak.sum(jets.e, axis=1))
    assert np.all(np.abs(ours - ak.to_numpy(theirs.msoftdrop)) < 1e-9 * ours + 3e-8 * energy)


def test_a_soft_particle_at_a_wide_angle_is_dropped_and_a_hard_one_is_not():
    """Three particles of which the third is far off: with 2 % of the pT it goes, with 20 % it stays."""
    eta, phi = [0.0, 0.2, 0.9], [0.0, 0.0, 0.0]
    pair = softdrop_mass(jets_of([[100.0, 100.0]], [eta[:2]], [phi[:2]]))[0]
    soft, hard = softdrop_mass(jets_of([[100.0, 100.0, 4.0], [100.0, 100.0, 50.0]], [eta] * 2, [phi] * 2))
    assert pair == pytest.approx(np.sqrt(2 * 100 * 100 * (np.cosh(0.2) - 1)))
    assert soft == pytest.approx(pair)
    assert hard > 1.5 * pair


def test_where_nothing_passes_the_last_particle_is_left():
    jets = jets_of(
        [[], [9.0], [100.0, 5.0], [7.0, 7.0]], [[], [1.0], [0.0, 0.5], [1.0, 1.0]], [[], [0], [0, 0], [1, 1]]
    )
    np.testing.assert_allclose(softdrop_mass(jets), 0.0, atol=1e-6)


@pytest.mark.parametrize("settings", [{"z_cut": 0.5}, {"z_cut": -0.1}, {"beta": np.nan}, {"radius": 0.0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="soft drop"):
        softdrop_mass(jets_of([[1.0]], [[0.0]], [[0.0]]), **settings)


def test_ptd_is_one_over_root_n_of_equal_particles():
    jets = jets_of([[], [3.0], [2.0] * 4, [3.0, 4.0, 0.0]], *[[[], [0.0], [0.0] * 4, [0.0] * 3]] * 2)
    np.testing.assert_allclose(ptd(jets), [0.0, 1.0, 0.5, 5.0 / 7.0])
