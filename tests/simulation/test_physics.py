"""The events of each process are what its name says: masses, prongs, dark hadrons."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from resonaut.features.clustering import JetClustering
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import NoDetector
from resonaut.simulation.processes import find_process
from resonaut.simulation.processes.quark_masses import QUARK_MASSES, running_mass
from resonaut.simulation.processes.svj import pseudoscalar_fractions, vector_fractions
from resonaut.simulation.pythia import PythiaGenerator, configure


def events_of(name: str, n: int, **parameters: float):
    """Selected events of true particles."""
    chain = Chain(
        process=find_process(name),
        parameters=parameters,
        detector=NoDetector(),
        clustering=JetClustering(leading_pt=600.0),
        seed=4,
        block_size=n,
    )
    return chain.run(0).table.to_pandas()


def record_of(name: str, n: int, **parameters: float) -> ak.Array:
    """All particles of n events, the intermediate ones as well."""
    pythia = configure(find_process(name).settings(parameters), 13000.0)
    assert pythia.init()
    pythia.rndm.init(2)
    return pythia.nextBatch(n).prt


def peak(values) -> float:
    """Middle of the shortest interval that holds a quarter of the values."""
    ordered = np.sort(values)
    quarter = len(ordered) // 4
    first = np.argmin(ordered[quarter:] - ordered[:-quarter])
    return float((ordered[first] + ordered[first + quarter]) / 2)


def mass(particles: ak.Array) -> np.ndarray:
    px, py, pz, e = (ak.to_numpy(ak.sum(particles.p[name], axis=1)) for name in ("px", "py", "pz", "e"))
    return np.sqrt(e**2 - px**2 - py**2 - pz**2)


@pytest.fixture(scope="module")
def two_prongs():
    return events_of("wprime-xy", 200)


@pytest.mark.parametrize(
    ("process", "parameter", "value"),
    [("wprime-xy3", "mass_wprime", 3500.0), ("qstar-qw", "mass_qstar", 3000.0), ("zprime-tt", "mass_zprime", 3500.0)],
)
def test_the_dijet_peak_is_at_the_resonance(process, parameter, value):
    # 200 events whose core is 5 % wide: the peak is known to about 1 %. The Z' comes out 1.8 %
    # low, for the neutrinos of b decays.
    assert peak(events_of(process, 200, **{parameter: value})["mjj"]) == pytest.approx(value, rel=0.03)


def test_the_two_pronged_peak_is_at_the_resonance(two_prongs):
    assert peak(two_prongs["mjj"]) == pytest.approx(3500.0, rel=0.03)


def test_three_prongs_are_three_quarks_of_one_resonance():
    record = record_of("wprime-xy3", 50)
    hard = record[abs(record.status) == 23]
    quarks, antiquarks = hard[(hard.id > 0) & (hard.id < 6)], hard[(hard.id < 0) & (hard.id > -6)]
    # a W'- is the mirror image: X- of three antiquarks
    from_wplus = ak.to_numpy(ak.sum(record[(record.id == 9000500)].status != 0, axis=1)) > 0
    x, y = (ak.where(from_wplus, *pair) for pair in ((quarks, antiquarks), (antiquarks, quarks)))
    assert ak.all(ak.num(x.id) == 3)
    assert ak.all(ak.num(y.id) == 3)
    # medians of Breit-Wigners of 12 and 2.5 GeV, 50 events: known to a fifth of the width
    assert np.median(mass(x)) == pytest.approx(500.0, abs=12.0)
    assert np.median(mass(y)) == pytest.approx(100.0, abs=2.5)


def test_three_prongs_are_not_two(two_prongs):
    """Two prongs leave nothing to a second axis; the third one does."""
    assert events_of("wprime-xy3", 100)["tau21_2"].median() > two_prongs["tau21_2"].median() + 0.1


def test_a_jet_of_the_excited_quark_is_a_w():
    table = events_of("qstar-qw", 200)
    masses = table[["jet1_mass", "jet2_mass"]].to_numpy()
    nearest = masses[np.arange(len(masses)), np.argmin(abs(masses - 80.4), axis=1)]
    assert peak(nearest) == pytest.approx(80.4, rel=0.1)  # R = 1.0 jets collect some radiation
    w = record_of("qstar-qw", 30)
    assert ak.all(ak.any(abs(w.id) == 24, axis=1))


@pytest.mark.parametrize(("hadronic", "least", "most"), [(1, 0, 0), (0, 10, 40)])
def test_leptons_of_w_decays_can_be_had(hadronic, least, most):
    """A third of the W bosons decays to leptons: 5/9 of 40 top pairs have one at least, 22 +- 3."""
    record = record_of("ttbar", 40, hadronic=hadronic)
    leptons = ak.any((abs(record.status) == 23) & (abs(record.id) > 10) & (abs(record.id) < 17), axis=1)
    assert least <= ak.sum(leptons) <= most


def test_running_masses():
    assert running_mass(4, 1.275) == pytest.approx(1.275)
    # m_b(m_Z) from LEP is 2.8 GeV, from two loops and another Lambda 2.9 +- 0.1
    assert running_mass(5, 91.2) == pytest.approx(2.9, abs=0.15)
    assert all(running_mass(quark, 20.0) == 0 for quark in (1, 2, 3))


def test_dark_mesons_decay_as_in_the_cms_production():
    """The numbers of the CMS card for m_dark = 20 GeV and r_inv = 0.3."""
    settings = find_process("svj").settings({"mass_dark": 20, "r_inv": 0.3})
    for line in (
        "HiddenValley:Lambda = 35.1539",
        "HiddenValley:pTminFSR = 38.6693",
        "4900101:m0 = 10.0",
        "4900111:oneChannel = 1 0.3 0 51 -51",
        "4900211:addChannel = 1 0.0400391 91 4 -4",
        "4900111:addChannel = 1 0.659961 91 5 -5",
        "4900213:oneChannel = 1 0.3 0 53 -53",
        "4900113:addChannel = 1 0.14 91 3 -3",
    ):
        assert line in settings


@pytest.mark.parametrize("mass_dark", [3.0, 8.0, 20.0, 80.0])
def test_closed_flavours_stay_closed(mass_dark):
    for shares in (pseudoscalar_fractions(mass_dark), vector_fractions(mass_dark)):
        assert sum(shares.values()) == pytest.approx(1.0)
        assert all(2 * QUARK_MASSES[quark] < mass_dark for quark in shares)
    assert len(set(vector_fractions(mass_dark).values())) == 1


@pytest.mark.parametrize(("r_inv", "n"), [(0.0, 30), (0.3, 100), (0.5, 40), (0.9, 30)])
def test_the_invisible_fraction_is_r_inv(r_inv, n):
    identifier = abs(record_of("svj", n, r_inv=r_inv).id)
    dark = (identifier == 4900111) | (identifier == 4900211) | (identifier == 4900113) | (identifier == 4900213)
    n_dark = ak.to_numpy(ak.sum(dark, axis=1))
    # 23 as measured with the CMS card at 3 TeV and 20 GeV; 4 standard errors. A Z' in fifty goes to quarks.
    n_dark = n_dark[n_dark > 0]
    assert n_dark.mean() == pytest.approx(23.5, abs=0.5 + 4 * n_dark.std() / len(n_dark) ** 0.5)
    invisible = ak.sum((identifier == 51) | (identifier == 53)) / 2
    error = np.sqrt(r_inv * (1 - r_inv) / n_dark.sum())
    assert invisible / n_dark.sum() == pytest.approx(r_inv, abs=4 * error)


def test_filters_leave_even_numbers_of_invisible_hadrons():
    svj = find_process("svj")
    generated = PythiaGenerator(svj.settings({"r_inv": 0.5}), filters=svj.filters).generate(60, seed=1)
    invisible = ak.sum(abs(generated.particles.id) == 51, axis=1) + ak.sum(abs(generated.particles.id) == 53, axis=1)
    assert ak.all(invisible % 4 == 0)
    assert generated.n_generated == 60 == len(generated.particles) + sum(generated.excluded.values())
    # an odd number is as likely as an even one
    odd = generated.excluded["filtered: odd number of invisible dark hadrons"]
    assert odd == pytest.approx(30, abs=4 * np.sqrt(60 * 0.25))


def test_a_z_that_decays_to_quarks_is_filtered():
    svj = find_process("svj")
    to_quarks = (*svj.settings(), "4900023:offIfAny = 4900101")
    generated = PythiaGenerator(to_quarks, filters=svj.filters).generate(5, seed=1)
    assert generated.excluded["filtered: not two dark quarks"] == 5
    assert len(generated.particles) == 0


def test_low_jets_are_neither_cut_into_nor_vetoed_wrongly():
    """The outliers' selection, AK8 from 400 GeV: the parton veto is on; for jets from 100 GeV it is off."""
    for leading_pt, veto in ((400.0, 250.0), (100.0, None)):
        process = find_process("qcd")
        chain = Chain(
            process=process,
            parameters=process.parameters(leading_pt=leading_pt),
            detector=NoDetector(),
            clustering=JetClustering(radius=0.8, leading_pt=leading_pt),
            seed=1,
        )
        assert chain.settings()["veto_pt"] == veto
