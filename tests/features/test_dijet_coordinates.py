"""Two jets as eight numbers: there and back, with the dijet mass exact."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resonaut.features.cloud_frame import Jets
from resonaut.features.dijet_coordinates import DijetCoordinates

CUT = 1200.0


def dijets(n, seed):
    """Pairs of jets that pass the cut, and their dijet mass from four-momenta."""
    rng = np.random.default_rng(seed)
    pt = CUT + rng.exponential(150, n)
    ratio = rng.uniform(0.4, 1, n)
    phi = rng.uniform(-np.pi, np.pi, n)
    away = np.remainder(phi + 0.2 * rng.normal(size=n), 2 * np.pi) - np.pi
    first, second = (
        Jets(
            pt=one_pt,
            eta=rng.uniform(-2, 2, n),
            phi=one_phi,
            mass=one_pt * rng.uniform(0.02, 0.4, n),
            n=rng.integers(2, 200, n),
        )
        for one_pt, one_phi in ((pt, phi), (ratio * pt, away))
    )
    return first, second, dijet_mass(first, second)


def dijet_mass(first, second):
    momenta = [
        np.stack(
            [
                np.sqrt((j.pt * np.cosh(j.eta)) ** 2 + j.mass**2),
                j.pt * np.cos(j.phi),
                j.pt * np.sin(j.phi),
                j.pt * np.sinh(j.eta),
            ]
        )
        for j in (first, second)
    ]
    e, x, y, z = momenta[0] + momenta[1]
    return np.sqrt(e**2 - x**2 - y**2 - z**2)


@given(st.integers(0, 10_000))
def test_there_and_back_is_the_same_event_up_to_an_azimuth_and_a_side(seed):
    first, second, mass = dijets(50, seed)
    coordinates, rng = DijetCoordinates(CUT), np.random.default_rng(seed)
    z = coordinates.forward(first, second, mass, rng)
    assert ((z[:, 0] >= 0) & (z[:, 0] <= 1)).all()
    one, two, possible = coordinates.inverse(z, mass, rng)
    assert possible.all()
    for before, after in ((first, one), (second, two)):
        np.testing.assert_allclose(after.pt, before.pt, rtol=1e-6)
        np.testing.assert_allclose(after.mass, before.mass, rtol=1e-6)
        np.testing.assert_array_equal(after.n, before.n)
    # Seen from the other side of the beam, both change sign.
    side = np.sign(one.eta * first.eta)
    np.testing.assert_allclose(side * one.eta, first.eta, atol=1e-5)
    np.testing.assert_allclose(side * two.eta, second.eta, atol=1e-5)
    np.testing.assert_allclose(np.cos(one.phi - two.phi), np.cos(first.phi - second.phi), atol=1e-6)


@given(st.integers(0, 10_000))
def test_whatever_is_possible_has_the_mass_and_passes_the_cut(seed):
    rng = np.random.default_rng(seed)
    first, second, mass = dijets(200, seed)
    coordinates = DijetCoordinates(CUT)
    z = coordinates.forward(first, second, mass, rng)
    # Something else than an event: every column of another one, and a little off.
    z = np.stack([rng.permutation(column) for column in z.T], axis=1) + 0.02 * rng.normal(size=z.shape)
    one, two, possible = coordinates.inverse(z, mass, rng)
    assert 0 < possible.sum() < 200
    np.testing.assert_allclose(dijet_mass(one[possible], two[possible]), mass[possible], rtol=1e-9)
    assert (one.pt[possible] >= CUT * (1 - 1e-9)).all()
    assert (two.pt[possible] <= one.pt[possible]).all()
