"""Energy correlators: FastJet's values, and what follows from the definition."""

import itertools

import awkward as ak
import numpy as np
import pytest

from features.oracle import fastjet_momenta, random_jets
from resonaut.errors import ConfigError
from resonaut.features.clustering import massless
from resonaut.features.energy_correlators import energy_correlators
from resonaut.features.jets import FlatJets


def jets_of(pt, eta, phi) -> FlatJets:
    return FlatJets.of(massless(ak.Array(pt), ak.Array(eta), ak.Array(phi)))


@pytest.mark.parametrize(("ratio", "beta"), [("c2", 1.0), ("c2", 2.0), ("d2", 1.0), ("d2", 0.5), ("n2", 1.0)])
def test_they_are_fastjets(ratio, beta):
    import fastjet

    jets = random_jets(np.random.default_rng(4), 80)
    jets = jets[ak.num(jets.px) > 2]  # of fewer FastJet makes 0/0
    momenta = fastjet_momenta(jets)
    whole = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
    expected = ak.to_numpy(whole.exclusive_jets_energy_correlator(njets=1, beta=beta, func=ratio))
    np.testing.assert_allclose(getattr(energy_correlators(FlatJets.of(jets), beta=beta), ratio), expected, rtol=1e-9)


def test_three_equal_particles_at_the_corners_of_a_triangle():
    """All angles d: e2 = 3 d/9, e3 = d^3/27, 2e3 = d^2/27."""
    d = 0.3
    jets = jets_of([[10.0] * 3], [[0.0, d, d / 2]], [[0.0, 0.0, d * np.sqrt(3) / 2]])
    found = energy_correlators(jets)
    assert found.e2[0] == pytest.approx(d / 3)
    assert found.e3[0] == pytest.approx(d**3 / 27)
    assert found.e3_two_angles[0] == pytest.approx(d**2 / 27)
    assert (found.c2[0], found.d2[0], found.n2[0]) == pytest.approx((d / 3, 1.0, 1 / 3))


def test_c2_and_n2_by_their_definition():
    rng = np.random.default_rng(5)
    pt, eta, phi = rng.exponential(10, 7), *(0.3 * rng.standard_normal((2, 7)))
    z = pt / pt.sum()
    angle = np.hypot(eta[:, None] - eta, phi[:, None] - phi)
    e2 = sum(z[i] * z[j] * angle[i, j] for i, j in itertools.combinations(range(7), 2))
    e3 = two = 0.0
    for i, j, k in itertools.combinations(range(7), 3):
        low, middle, high = sorted([angle[i, j], angle[i, k], angle[j, k]])
        e3 += z[i] * z[j] * z[k] * low * middle * high
        two += z[i] * z[j] * z[k] * low * middle
    found = energy_correlators(jets_of([pt], [eta], [phi]))
    assert found.c2[0] == pytest.approx(e3 / e2**2)
    assert found.n2[0] == pytest.approx(two / e2**2)


def test_jets_without_three_directions_are_zero():
    jets = jets_of(
        [[], [5.0], [5.0, 4.0], [3.0, 3.0, 3.0], [0.0, 2.0]],
        [[], [0.1], [0.1, 0.2], [1.0, 1.0, 1.0], [3.0, 1.0]],
        [[], [0.1], [0.1, 0.2], [2.0, 2.0, 2.0], [1.0, 0.0]],
    )
    found = energy_correlators(jets)
    for ratio in (found.c2, found.d2, found.n2):
        np.testing.assert_array_equal(ratio, 0.0)


def test_an_exponent_must_be_positive():
    with pytest.raises(ConfigError, match="beta 0"):
        energy_correlators(jets_of([[1.0]], [[0.0]], [[0.0]]), beta=0.0)
