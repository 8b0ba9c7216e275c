"""N-subjettiness: limits and symmetries that hold for any correct implementation."""

import awkward as ak
import numpy as np
import pytest

from resonaut.errors import ConfigError
from resonaut.features.clustering import massless
from resonaut.features.nsubjettiness import AXES, nsubjettiness, tau21


def jets_of(pt, eta, phi) -> ak.Array:
    return massless(ak.Array(pt), ak.Array(eta), ak.Array(phi))


@pytest.fixture
def sprays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    shape = (40, 30)
    return rng.exponential(20.0, shape), 0.3 * rng.standard_normal(shape), 0.3 * rng.standard_normal(shape)


@pytest.mark.parametrize("axes", AXES)
def test_two_prongs_have_no_tau2_and_the_tau1_of_the_definition(axes):
    """Two particles z and 1-z apart by d: the axis is their sum (or for winner-takes-all the harder), tau2 = 0."""
    distance, z = 0.4, 0.3
    jets = jets_of([[700.0, 300.0]], [[0.1, 0.1]], [[0.0, distance]])
    tau1, tau2 = nsubjettiness(jets, axes=axes)[0]
    assert tau2 == pytest.approx(0.0, abs=1e-6)
    # Axis at the sum: z (1-z) d + (1-z) z d; on the harder one z d. One minimisation moves the first to the second.
    assert z * distance * 0.99 <= tau1 <= 2 * z * (1 - z) * distance * 1.01


def test_definition_with_the_axis_on_the_jet():
    """A ring of equal particles around the axis: every one is at the same distance, so tau1 = distance / R0."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    jets = jets_of([np.full(12, 50.0)], [0.2 * np.cos(angle)], [0.2 * np.sin(angle)])
    assert nsubjettiness(jets, (1,), axes="KT_Axes")[0, 0] == pytest.approx(0.2, rel=2e-3)
    assert nsubjettiness(jets, (1,), radius=0.5, axes="KT_Axes")[0, 0] == pytest.approx(0.4, rel=2e-3)
    assert nsubjettiness(jets, (1,), beta=2.0, axes="KT_Axes")[0, 0] == pytest.approx(0.04, rel=4e-3)


def test_more_axes_never_describe_a_jet_worse(sprays):
    tau = nsubjettiness(jets_of(*sprays), (1, 2, 3, 4))
    assert np.all(np.diff(tau, axis=1) < 1e-9)
    assert np.all(tau > 0)


def test_it_is_invariant_under_rotation_boost_and_scale(sprays):
    pt, eta, phi = sprays
    moved = nsubjettiness(jets_of(3.0 * pt, eta + 0.8, phi + 1.0))
    # The minimisation stops at a step of 1e-4 of the previous: that is the accuracy.
    np.testing.assert_allclose(moved, nsubjettiness(jets_of(pt, eta, phi)), rtol=1e-3)


def test_tau_of_fewer_particles_than_axes_is_zero():
    jets = jets_of([[100.0], [50.0, 40.0]], [[0.0], [0.0, 0.3]], [[1.0], [1.0, 1.2]])
    assert np.all(nsubjettiness(jets, (1, 2, 3))[0] == 0.0)
    np.testing.assert_array_equal(tau21(jets), [0.0, 0.0])


def test_no_jets_give_no_rows():
    assert nsubjettiness(jets_of([[1.0]], [[0.0]], [[0.0]])[:0], (1, 2, 3)).shape == (0, 3)


def test_unknown_axes_are_refused_by_name():
    with pytest.raises(ConfigError, match="OnePass_KT_Axes"):
        nsubjettiness(jets_of([[1.0]], [[0.0]], [[0.0]]), axes="OnePass_kt")
