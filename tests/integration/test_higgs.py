"""g g -> H -> 2e 2mu against the loop's limits, the width to two virtual Z, its symmetries, and Pythia."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from resonaut.errors import IntegrandError
from resonaut.integration.processes.electroweak import SIN2, W_MASS, Z_MASS, Z_WIDTH, couplings
from resonaut.integration.processes.higgs import HIGGS_MASS, HiggsToFourLeptons, gluon_width, momenta, triangle
from resonaut.integration.processes.parton_densities import alpha_em

pytest.importorskip("pythia8mc")

S = HIGGS_MASS**2
PYTHIA = ("HiggsSM:NLOWidths = off", "23:onMode = off", "23:onIfAny = 11 13", "25:onMode = off", "25:onIfMatch = 23 23")
PYTHIA_WIDTH, PYTHIA_TO_GLUONS = 0.00372751, 0.0589835
"""What Pythia 8.317 makes of these: the width in GeV, and the fraction to gluons."""


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_triangle_has_its_limits():
    values = triangle(tensor(1e5, 1.0, 1 - 1e-9, 1e-8))
    assert values.real.tolist() == pytest.approx([1 / 3, 0.5, 0.5, 0.0], abs=1e-4)
    assert values.imag.tolist() == pytest.approx([0.0] * 4, abs=1e-4)
    # Above threshold it is complex, and leaves the real axis as the cut of the logarithm does.
    below = complex(triangle(tensor(0.5))[0])
    root = math.sqrt(0.5)
    f = -0.25 * (complex(math.log((1 + root) / (1 - root)), -math.pi)) ** 2
    assert below == pytest.approx(0.25 * (1 + 0.5 * f))


def test_the_width_to_gluons_is_pythias():
    assert float(gluon_width(tensor(S))) == pytest.approx(PYTHIA_WIDTH * PYTHIA_TO_GLUONS, rel=1e-3)


def decayed(first, second):
    """Points of these squared masses over all angles, with weights that sum to the angles' volume."""
    cosine, weight = np.polynomial.legendre.leggauss(4)
    one, two, azimuth = (
        part.ravel() for part in np.meshgrid(cosine, cosine, np.arange(8) * math.pi / 4, indexing="ij")
    )
    w = np.einsum("i,j,k->ijk", weight, weight, np.full(8, math.pi / 4)).ravel()
    fixed = [np.full_like(one, value) for value in (S, 0.0, first, second)]
    return torch.as_tensor(np.stack([*fixed, one, two, azimuth], axis=1)), w


@pytest.mark.parametrize(("first", "second"), [(91.0, 28.0), (20.0, 80.0), (50.0, 50.0)])
def test_over_the_angles_it_is_the_width_to_two_virtual_z(first, second):
    """Djouadi, section 2: two lines and lambda^1/2 (lambda + 12 q1^2 q2^2/m^4), each Z going to its leptons."""
    y, weight = decayed(first**2, second**2)
    found = float((HiggsToFourLeptons.decay(y).numpy() * weight).sum())
    one, two = first**2 / S, second**2 / S
    kallen = (1 - one - two) ** 2 - 4 * one * two
    (_, left), (_, right) = couplings(11)
    to_leptons = float(alpha_em(tensor(Z_MASS**2))) * Z_MASS / 6 * (left**2 + right**2)
    lines = [Z_MASS * to_leptons / ((q**2 - Z_MASS**2) ** 2 + (Z_MASS * Z_WIDTH) ** 2) for q in (first, second)]
    tree = float(alpha_em(tensor(S))) * HIGGS_MASS**3 / (32 * SIN2 * W_MASS**2)
    # Of the two Z either goes to electrons.
    known = 2 * tree * lines[0] * lines[1] / math.pi**2 * math.sqrt(kallen) * (kallen + 12 * one * two)
    assert found == pytest.approx(known, rel=1e-9)


def test_electrons_and_muons_are_alike():
    rng = np.random.default_rng(1)
    y = np.full((40, 7), S)
    y[:, 2:4] = rng.uniform(15, 60, (40, 2)) ** 2
    y[:, 4:] = rng.uniform(-1, 1, (40, 3))
    swapped = y[:, [0, 1, 3, 2, 5, 4, 6]] * [1, 1, 1, 1, -1, -1, 1]
    one, other = (HiggsToFourLeptons.decay(torch.as_tensor(points)).numpy() for points in (y, swapped))
    np.testing.assert_allclose(one, other, rtol=1e-9)
    assert np.ptp(one / one.mean()) > 0.5


def test_events_have_the_masses_and_angles_of_their_points():
    process = HiggsToFourLeptons()
    x = torch.rand(200, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y = process.integrand()(x, torch.arange(200) % 2).y
    assert (y[::2, 2] <= y[::2, 3]).all()  # the first channel's electrons are the lighter pair
    momentum = process.events(y, np.random.default_rng(2)).momentum
    mass2 = momentum[..., 3] ** 2 - (momentum[..., :3] ** 2).sum(axis=-1)
    np.testing.assert_allclose(mass2[:, 2:5], y[:, [0, 2, 3]].numpy(), rtol=1e-6)
    # Invariant, so that turning and boosting cannot hide a mistake: the mass of electron and muon.
    pair = momentum[:, 5] + momentum[:, 7]
    at_rest = momenta(y)
    together = at_rest[0] + at_rest[2]
    square = [p[:, 3] ** 2 - (p[:, :3] ** 2).sum(axis=1) for p in (pair, together)]
    np.testing.assert_allclose(*square, rtol=1e-5, atol=1e-3)


def test_the_cross_section_is_pythias(make_small):
    """Pythia's four electrons, four muons, and two of each are 1 : 1 : 2, as it leaves interference out."""
    from resonaut.simulation.pythia import cross_section

    pythia, error = cross_section(("HiggsSM:gg2H = on", *PYTHIA), n=5000)
    process = HiggsToFourLeptons(width_higgs=PYTHIA_WIDTH)
    result = make_small(refine="never").fit(process.integrand(), seed=1).integrate(8000, seed=2)
    assert error < 0.015 * pythia
    assert abs(result.integral - pythia / 2) < 4 * math.hypot(result.error, error / 2)


@pytest.mark.parametrize(
    ("parameters", "says"), [({"mass_higgs": 200.0}, "choose it from 101.188"), ({"width_higgs": 4.0}, "needs < 0.1")]
)
def test_what_is_no_peak_below_two_z_is_refused(parameters, says):
    with pytest.raises(IntegrandError, match=says):
        HiggsToFourLeptons(**parameters)
