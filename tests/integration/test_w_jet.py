"""W + jet against the textbook's averages, the limit of a soft gluon, its symmetries, and Pythia."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from resonaut.errors import IntegrandError
from resonaut.integration.processes.electroweak import CKM2, SIN2, W_MASS, W_WIDTH, w_to_leptons
from resonaut.integration.processes.kinematics import back_to_back, beams, product
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s
from resonaut.integration.processes.process import GEV2_PB
from resonaut.integration.processes.w_jet import FIRST, JET, SECOND, WAYS, WJet, amplitude2

pytest.importorskip("pythia8mc")

S, S_W, COSINE = 300.0**2, 75.0**2, 0.3


def over_directions():
    """Points of one s, s_W and cosine, over the fermion's directions; the weights' sum is 4 pi."""
    cosine, weight = np.polynomial.legendre.leggauss(4)
    azimuth = np.arange(8) * math.pi / 4
    grid, angle = (part.ravel() for part in np.meshgrid(cosine, azimuth, indexing="ij"))
    y = np.stack([np.full_like(grid, value) for value in (S, 0.0, S_W, COSINE)] + [grid, angle], axis=1)
    return torch.as_tensor(y), np.repeat(weight * math.pi / 4, len(azimuth))


def test_over_the_fermions_directions_it_is_the_textbooks():
    """Ellis, Stirling, Webber, chapter 9: crossing takes s, t, u of one to those of the other."""
    y, weight = over_directions()
    t, u = (-(S - S_W) / 2 * (1 - sign * COSINE) for sign in (1, -1))
    alpha2 = (t * u / S) * (t * u / S + S_W)  # pT^2 = t u/s
    couplings = float(alpha_em(torch.tensor([alpha2**0.5])) * alpha_s(torch.tensor([alpha2**0.5])))
    line = S_W * w_to_leptons() / W_MASS / ((S_W - W_MASS**2) ** 2 + (S_W * W_WIDTH / W_MASS) ** 2) / math.pi
    common = GEV2_PB * math.pi * couplings / SIN2 / S**2 * line * (S - S_W) / 2
    annihilation = 2 / 9 * (t**2 + u**2 + 2 * S * S_W) / (t * u)
    # The jet is the quark, and the pole is where it takes the gluon's direction.
    compton = {
        gluon: 1 / 12 * (S**2 + pole**2 + 2 * other * S_W) / (-S * pole)
        for gluon, pole, other in ((SECOND, t, u), (FIRST, u, t))
    }
    found = WJet().partonic(y)
    assert len(found) == 6
    for (_, _, gluon), values in found.items():
        known = common * (annihilation if gluon == JET else compton[gluon])
        assert float((values.numpy() * weight).sum()) == pytest.approx(known, rel=1e-6)


def test_a_soft_gluon_leaves_the_ws_own_distribution():
    """A factor of eikonals times (1 + cos)^2 of the fermion against the quark: V - A, and no charge forgotten."""
    y, _ = over_directions()
    y[:, 0] = S_W * (1 + 1e-6)
    a, b, gluon, fermion, antifermion = WJet().momenta(y)
    eikonal = product(a, b) / (product(a, gluon) * product(b, gluon))
    alone = 3 / 2 * (1 + y[:, 4].numpy()) ** 2 * S_W
    np.testing.assert_allclose(amplitude2(a, b, gluon, fermion, antifermion) / eikonal, alone, rtol=1e-4)


def test_the_beams_are_alike():
    """Turned by half a turn about the W's transverse direction, nothing changes but which beam is which."""
    rng = np.random.default_rng(1)
    low, high = [2e4, -1, 5e3, -1, -1, -3], [1e6, 1, 8e3, 1, 1, 3]
    y = torch.as_tensor(rng.uniform(low, high, (50, 6)))
    turned = y * torch.tensor([1, -1, 1, -1, -1, -1])
    process = WJet()
    np.testing.assert_allclose(process.by_flavour(turned).sum(dim=1), process.by_flavour(y).sum(dim=1), rtol=1e-9)
    swapped = {(way.second, way.first, way.jet) for way in WAYS}
    assert swapped == {(way.first, way.second, way.jet) for way in WAYS}
    assert len(swapped) == len(WAYS) == 2 * 2 * 6 * len(CKM2) // 2


def test_no_jet_is_below_pt_min():
    process = WJet(pt_min=80.0)
    x = torch.rand(500, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y = process.integrand()(x, torch.zeros(500, dtype=torch.int64)).y
    jet = process.events(y, np.random.default_rng(1)).momentum[:, 5]
    pt = np.hypot(jet[:, 0], jet[:, 1])
    assert pt.min() == pytest.approx(80.0, rel=0.02)
    assert (pt > 80.0 * (1 - 1e-6)).all()


def test_the_cross_section_is_pythias(make_small):
    from resonaut.simulation.pythia import cross_section

    card = ("qqbar2Wg", "qg2Wq")
    pythia, error = cross_section(
        (
            *(f"WeakBosonAndParton:{name} = on" for name in card),
            "PhaseSpace:pTHatMin = 200",
            "24:onMode = off",
            "24:onIfAny = 11",
        ),
        n=8000,
    )
    result = make_small(refine="never").fit(WJet(pt_min=200.0).integrand(), seed=1).integrate(8000, seed=2)
    assert error < 0.01 * pythia
    assert abs(result.integral - pythia) < 4 * math.hypot(result.error, error)


@pytest.mark.parametrize("pt_min", [0.5, 6500.0])
def test_jets_that_cannot_be_are_refused(pt_min):
    with pytest.raises(IntegrandError, match="choose 2 to 6490"):
        WJet(pt_min=pt_min)


def test_two_massless_particles_have_the_mass_of_their_product():
    first, second = beams(np.array([S]), np.array([0.4]))
    assert product(first, second) == pytest.approx([S])
    one, other = back_to_back(np.array([20.0]), np.array([0.2]), np.array([1.0]), np.zeros(1), np.zeros(1))
    assert product(one, other) == pytest.approx([1600.0])
