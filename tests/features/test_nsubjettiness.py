"""N-subjettiness: FastJet's values, and limits and symmetries that hold for any correct implementation."""

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.oracle import fastjet_momenta, random_jets
from resonaut.errors import ConfigError, EventsError
from resonaut.features.clustering import massless
from resonaut.features.jets import FlatJets
from resonaut.features.nsubjettiness import nsubjettiness, tau_ratio


def jets_of(pt, eta, phi) -> FlatJets:
    return FlatJets.of(massless(ak.Array(pt), ak.Array(eta), ak.Array(phi)))


def tau(jets: FlatJets, n=(1, 2), beta: float = 1.0, radius: float = 1.0) -> np.ndarray:
    return nsubjettiness(jets, n, betas=[beta], radius=radius)[:, 0]


@pytest.fixture
def sprays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    shape = (40, 30)
    return rng.exponential(20.0, shape), 0.3 * rng.standard_normal(shape), 0.3 * rng.standard_normal(shape)


@pytest.mark.parametrize(("beta", "accuracy"), [(0.5, 1e-6), (1.0, 1e-12), (2.0, 1e-13)])
def test_it_is_fastjets_one_pass_n_subjettiness(beta, accuracy):
    """To rounding. FastJet turns axes into momenta and back: 1e-16 of an angle, or at beta 0.5 the root of it."""
    import fastjet

    jets = random_jets(np.random.default_rng(3), 150)
    momenta = fastjet_momenta(jets)
    whole = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
    n = list(range(1, 10))
    expected = whole.njettiness(
        measure_definition="NormalizedMeasure", axes_definition="OnePass_KT_Axes", njets=n, beta=beta, R0=0.8
    )
    ours = tau(FlatJets.of(jets), n, beta, radius=0.8)
    np.testing.assert_allclose(ours, ak.to_numpy(expected), rtol=1e-9, atol=accuracy)


def test_two_prongs_have_no_tau2_and_the_tau1_of_the_definition():
    """Particles z and 1-z apart by d, and a third too soft to matter: tau2 = 0, tau1 from the axis between the two."""
    distance, z = 0.4, 0.3
    jets = jets_of([[700.0, 300.0, 1e-9]], [[0.1, 0.1, 0.1]], [[0.0, distance, 0.0]])
    tau1, tau2 = tau(jets)[0]
    assert tau2 == pytest.approx(0.0, abs=1e-6)
    # The axis starts at the sum, 2 z (1-z) d, and steps towards the harder particle.
    assert z * distance * 0.99 <= tau1 <= 2 * z * (1 - z) * distance * 1.01


def test_definition_with_the_axis_on_the_jet():
    """A ring of equal particles around the axis: every one is at the same distance, so tau1 = (distance / R0)^beta."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    jets = jets_of([np.full(12, 50.0)], [0.2 * np.cos(angle)], [0.2 * np.sin(angle)])
    assert tau(jets, (1,))[0, 0] == pytest.approx(0.2, rel=2e-3)
    assert tau(jets, (1,), radius=0.5)[0, 0] == pytest.approx(0.4, rel=2e-3)
    assert tau(jets, (1,), beta=2.0)[0, 0] == pytest.approx(0.04, rel=4e-3)


def test_more_axes_never_describe_a_jet_worse(sprays):
    values = tau(jets_of(*sprays), (1, 2, 3, 4))
    assert np.all(np.diff(values, axis=1) < 1e-9)
    assert np.all(values > 0)


def test_it_is_invariant_under_rotation_boost_and_scale(sprays):
    pt, eta, phi = sprays
    moved = tau(jets_of(3.0 * pt, eta + 0.8, phi + 1.0))
    # The minimisation stops at a step of 1e-4 of the previous: that is the accuracy.
    np.testing.assert_allclose(moved, tau(jets_of(pt, eta, phi)), rtol=1e-3)


def test_exponents_and_numbers_together_are_each_of_them_alone(sprays):
    jets = jets_of(*sprays)
    together = nsubjettiness(jets, (1, 4, 2), betas=(2.0, 0.5))
    for b, beta in enumerate((2.0, 0.5)):
        for k, n in enumerate((1, 4, 2)):
            np.testing.assert_array_equal(together[:, b, k], tau(jets, (n,), beta)[:, 0])


def test_tau_of_no_more_particles_than_axes_is_zero():
    jets = jets_of([[], [100.0], [50.0, 40.0]], [[], [0.0], [0.0, 0.3]], [[], [1.0], [1.0, 1.2]])
    values = tau(jets, (1, 2, 3))
    assert np.all(values[:2] == 0.0)
    assert values[2, 0] > 0
    assert np.all(values[2, 1:] == 0.0)
    np.testing.assert_array_equal(tau_ratio(values[:, 1], values[:, 0]), [0.0, 0.0, 0.0])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1e-30, 1.0, 1.0, 1e4]),
            st.sampled_from([0.0, 0.0, 0.5, -0.5, 200.0]),
            st.sampled_from([0.0, 0.0, 3.14, -3.14]),
        ),
        max_size=14,
    )
)
def test_degenerate_jets_give_finite_values(particles):
    """Identical, parallel, weightless and very forward particles, and few or none."""
    jets = jets_of(*([[particle[k] for particle in particles]] for k in range(3)))
    values = nsubjettiness(jets, range(1, 10), betas=(0.5, 1.0, 2.0))
    assert np.isfinite(values).all()
    assert (values >= 0).all()


def test_no_jets_give_no_rows():
    assert tau(jets_of([[1.0]], [[0.0]], [[0.0]]), (1, 2, 3))[:0].shape == (0, 3)
    empty = FlatJets.of(massless(*[ak.Array([[1.0]])[:0]] * 3))
    assert tau(empty, (1, 2, 3)).shape == (0, 3)


@pytest.mark.parametrize(("n", "beta"), [((), 1.0), ((0, 1), 1.0), ((1,), 0.0), ((1,), np.nan)])
def test_what_does_not_exist_is_refused(n, beta):
    with pytest.raises(ConfigError, match="does not exist"):
        tau(jets_of([[1.0]], [[0.0]], [[0.0]]), n, beta)


def test_particles_without_a_value_are_refused():
    with pytest.raises(EventsError, match="1 particles"):
        jets_of([[1.0, np.nan]], [[0.0, 0.0]], [[0.0, 0.0]])
