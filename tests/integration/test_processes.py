"""Matrix elements against what is known of them: totals, the Z peak, conservation laws; and Pythia reads the events."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from resonaut.errors import IntegrandError
from resonaut.integration.lhe import write_lhe
from resonaut.integration.processes.drell_yan import DrellYan, sequential_width
from resonaut.integration.processes.electroweak import SIN2, Z_MASS, Z_WIDTH
from resonaut.integration.processes.lookup import HARD_PROCESSES, find_hard_process
from resonaut.integration.processes.parton_densities import alpha_em, alpha_s, parton_densities
from resonaut.integration.processes.process import GEV2_PB
from resonaut.integration.processes.ttbar import TopPairs
from resonaut.simulation.lhe import LheFile

pytest.importorskip("pythia8mc")


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def total(process, quark, s):
    """The partonic cross-section, by Gauss and Legendre: exact for a polynomial in the cosine."""
    cosine, weight = (torch.as_tensor(part) for part in np.polynomial.legendre.leggauss(4))
    return float((process.partonic(quark, torch.full_like(cosine, s), cosine) * weight).sum())


@pytest.mark.parametrize(("quark", "charge"), [(2, 2 / 3), (1, -1 / 3)])
def test_far_below_the_z_it_is_the_photons(quark, charge):
    s = 25.0
    photon = 4 * math.pi * float(alpha_em(tensor(s))) ** 2 * charge**2 / (9 * s) * GEV2_PB
    assert total(DrellYan(mll_min=5.0), quark, s) == pytest.approx(photon, rel=0.02)


def test_the_peak_is_that_of_its_widths():
    """12 pi Gamma(q q~) Gamma(e e)/(M^2 Gamma^2)/9, to which the photon adds little."""
    alpha = float(alpha_em(tensor(Z_MASS**2)))

    def width(charge, isospin, colours):
        vector = isospin - 2 * charge * SIN2
        return colours * alpha * Z_MASS / (12 * SIN2 * (1 - SIN2)) * (vector**2 + isospin**2)

    peak = 12 * math.pi * width(2 / 3, 0.5, 3) * width(-1, -0.5, 1) / (Z_MASS * Z_WIDTH) ** 2 / 9 * GEV2_PB
    assert total(DrellYan(), 2, Z_MASS**2) == pytest.approx(peak, rel=0.01)


def test_a_sequential_z_prime_of_the_zs_mass_has_its_width():
    assert sequential_width(Z_MASS) == pytest.approx(Z_WIDTH, rel=0.02)


@pytest.mark.parametrize("beta", [0.3, 0.9])
def test_top_pairs_have_the_known_total_cross_sections(beta):
    """Nason, Dawson, Ellis, Nucl. Phys. B303 (1988) 607, eqs. 2.9 and 2.10, at a coupling that does not run."""
    rho = 1 - beta**2
    process = TopPairs()
    s = 4 * process.mass_top**2 / rho
    cosine, weight = (torch.as_tensor(part) for part in np.polynomial.legendre.leggauss(40))
    alpha = alpha_s(process.scale2(torch.full_like(cosine, s), cosine))
    gluons, quarks = (
        float((sigma / alpha**2 * weight).sum()) for sigma in process.partonic(torch.full_like(cosine, s), cosine)
    )
    log = math.log((1 + beta) / (1 - beta))
    known = math.pi / (3 * s) * ((1 + rho + rho**2 / 16) * log - beta * (7 / 4 + 31 / 16 * rho))
    assert gluons == pytest.approx(GEV2_PB * known, rel=1e-6)
    assert quarks == pytest.approx(GEV2_PB * 8 * math.pi / (27 * s) * beta * (1 + rho / 2), rel=1e-6)


def test_couplings_and_densities_are_pythias():
    import pythia8mc

    from resonaut.simulation.pythia import new_pythia

    pdf, x, q2 = new_pythia().getPDFPtr(2212), (3e-3, 0.04, 0.37), (8e3, 2e5, 9e6)
    for flavour in (21, 2, -2, 5):
        ours = parton_densities()(flavour, tensor(*x), tensor(*q2))
        assert ours.tolist() == pytest.approx([pdf.xf(flavour, *at) for at in zip(x, q2, strict=True)], rel=5e-3)
    strong = pythia8mc.AlphaStrong()
    strong.init(0.13, 1, 6, False)
    assert alpha_s(tensor(*q2)).tolist() == pytest.approx([strong.alphaS(at) for at in q2], rel=2e-3)


@pytest.mark.parametrize("name", HARD_PROCESSES)
def test_events_conserve_momentum_charge_and_colour_and_pythia_takes_them(name, tmp_path):
    process, _ = find_hard_process(name, 13000.0, {})
    integrand = process.integrand()
    x = torch.rand(60, integrand.dimensions, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = integrand(x, torch.arange(60) % integrand.n_channels)
    assert (found.weight >= 0).all()
    y = found.y[(found.weight > 0) & (found.y[:, 0] < 5000.0**2)]
    events = process.events(y, np.random.default_rng(1))
    status = np.array(events.status)
    incoming, final = (events.momentum[:, status == code].sum(axis=1) for code in (-1, 1))
    np.testing.assert_allclose(final, incoming, atol=1e-6 * 6500)
    p = events.momentum[:, status == 1]
    mass2 = TopPairs.mass_top**2 if name == "ttbar" else 0.0
    np.testing.assert_allclose(p[..., 3] ** 2, (p[..., :3] ** 2).sum(axis=-1) + mass2, rtol=1e-6)
    charge = {1: -1 / 3, 2: 2 / 3, 3: -1 / 3, 4: 2 / 3, 5: -1 / 3, 6: 2 / 3, 11: -1.0}
    charges = np.vectorize(lambda code: math.copysign(1, code) * charge.get(abs(code), 0.0))(events.id)
    np.testing.assert_allclose(charges[:, status == -1].sum(axis=1), charges[:, status == 1].sum(axis=1), atol=1e-9)

    file = tmp_path / "events.lhe.gz"
    write_lhe(file, events, energy=13000.0, cross_section_pb=2.5, error_pb=0.1, about="a test -- of ours")
    read = LheFile.read(file)
    assert (read.n_events, read.cross_section_pb, read.cross_section_error_pb) == (len(y), 2.5, 0.1)
    assert read.energy == 13000.0

    from resonaut.simulation.processes.les_houches import lhe_process
    from resonaut.simulation.pythia import PythiaGenerator

    settings = (*lhe_process(file).settings(), "HadronLevel:all = off")
    generated = PythiaGenerator(settings, lhe=read).generate(len(y), seed=1)
    assert len(generated.particles) == len(y)


def test_impossible_processes_are_refused():
    with pytest.raises(IntegrandError, match="unknown process 'higgs'; there are: drell-yan"):
        find_hard_process("higgs", 13000.0, {})
    with pytest.raises(IntegrandError, match="no parameter 'mass'"):
        find_hard_process("drell-yan", 13000.0, {"mass": 3.0})
    with pytest.raises(IntegrandError, match="cannot be made at 13000 GeV"):
        find_hard_process("drell-yan", 13000.0, {"mll_min": 14000.0})
