"""Pythia's blocks depend on their seed alone, and what is decided inside an event has the right distribution."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from resonaut.errors import SimulationError
from resonaut.features.clustering import JetClustering
from resonaut.simulation.detector import NoDetector
from resonaut.simulation.hooks import event_hooks
from resonaut.simulation.processes.qcd import QCD
from resonaut.simulation.processes.wprime_xy import WPRIME_XY
from resonaut.simulation.pythia import NO_HARD_PARTON, PythiaGenerator, cross_section


@pytest.fixture(scope="module")
def generator():
    return PythiaGenerator(QCD.settings(), veto_pt=1100.0)


def test_a_block_does_not_depend_on_what_came_before(generator):
    first = generator.generate(20, seed=5)
    other = generator.generate(20, seed=6)
    again = generator.generate(20, seed=5)
    fresh = PythiaGenerator(QCD.settings(), veto_pt=1100.0).generate(20, seed=5)
    assert ak.array_equal(first.particles, again.particles)
    assert ak.array_equal(first.particles, fresh.particles)
    assert not ak.array_equal(first.particles, other.particles)
    assert first.n_generated == again.n_generated == 20 + first.excluded[NO_HARD_PARTON]


def test_events_conserve_energy_and_momentum(generator):
    particles = generator.generate(20, seed=1).particles
    assert ak.to_numpy(ak.sum(particles.e, axis=1)) == pytest.approx(13000.0, rel=1e-6)
    for component in ("px", "py", "pz"):
        # Pythia's own tolerance of the event record is 1e-6 of the energy
        assert ak.to_numpy(ak.sum(particles[component], axis=1)) == pytest.approx(0.0, abs=0.05)


def test_the_veto_drops_events_without_a_hard_jet(generator):
    vetoed = generator.generate(60, seed=2)
    assert (
        vetoed.excluded[NO_HARD_PARTON] > 0.2 * vetoed.n_generated
    )  # a third of the QCD events above pTHat 1000 have none
    # What is kept has a jet of hadrons near or above the parton jet's threshold.
    dijets = JetClustering(leading_pt=1000.0).cluster(NoDetector().observe(vetoed.particles, seed=0))
    assert len(dijets) >= 58


def _decay_angles(longitudinal: tuple[int, ...], n: int = 3000) -> np.ndarray:
    """cos(theta*) of the decay of X, from hard processes alone."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    for setting in (*WPRIME_XY.settings(), "PartonLevel:all = off", "Print:quiet = on", "Beams:eCM = 13000"):
        assert pythia.readString(setting)
    hooks = event_hooks(pythia, longitudinal=longitudinal, veto_pt=None, veto_radius=1.0)
    pythia.setUserHooksPtr(hooks)
    assert pythia.init()
    pythia.rndm.init(1)
    cosines = []
    for _ in range(n):
        pythia.next()
        event = pythia.process
        x = next(event[i] for i in range(event.size()) if event[i].idAbs() == 9000500)
        quark = pythia8mc.Vec4(event[x.daughter1()].p())
        quark.bstback(x.p())
        cosines.append(pythia8mc.costheta(quark, x.p()))
    hooks.raise_error()
    assert hooks.n_hard == n
    return np.array(cosines)


@pytest.mark.parametrize(("longitudinal", "expected"), [((), 1 / 3), ((9000500, 9000100), 1 / 5)])
def test_longitudinal_bosons_decay_with_sin_squared(longitudinal, expected):
    squared = _decay_angles(longitudinal) ** 2
    # <cos^2> is 1/3 for an isotropic decay and 1/5 for sin^2(theta*); 4 standard errors
    assert squared.mean() == pytest.approx(expected, abs=4 * squared.std() / len(squared) ** 0.5)


def test_drell_yan_cross_section_is_the_known_one():
    settings = ("WeakSingleBoson:ffbar2gmZ = on", "23:onMode = off", "23:onIfAny = 11", "PhaseSpace:mHatMin = 60")
    value, error = cross_section(settings, n=5000)
    assert error < 0.02 * value
    # leading order with the same parton densities, integrated on its own: 1482.0 +- 0.7 pb
    assert value == pytest.approx(1482.0, abs=4 * error)


def test_settings_pythia_does_not_know_are_named():
    with pytest.raises(SimulationError, match="'HardQCD:everything = on'"):
        PythiaGenerator(["HardQCD:everything = on"])


def test_settings_that_cannot_work_are_refused():
    with pytest.raises(SimulationError, match="Pythia refuses"):
        PythiaGenerator(QCD.settings(), energy=500.0)
