"""Processes are cards whose numbers can be changed, and impossible numbers are refused before Pythia sees them."""

from __future__ import annotations

import hashlib

import pytest

from resonaut.errors import SimulationError
from resonaut.simulation.processes import MIXTURES, PROCESSES, find_process
from resonaut.simulation.processes.wprime_xy import WPRIME_XY


@pytest.mark.parametrize("process", PROCESSES.values(), ids=lambda process: process.name)
def test_every_card_is_complete(process):
    settings = process.settings()
    assert all("=" in setting and "{" not in setting and "!" not in setting for setting in settings)
    assert process.label in (0, 1)


def test_mixtures_are_made_of_processes():
    for mixture in MIXTURES.values():
        assert find_process(mixture.background).label == 0
        assert find_process(mixture.signal).label == 1


def test_a_parameter_reaches_the_card():
    assert "34:m0 = 4000.0" in WPRIME_XY.settings({"mass_wprime": 4000})
    assert "34:m0 = 3500.0" in WPRIME_XY.settings()


def test_an_unknown_process_is_answered_with_the_list():
    with pytest.raises(SimulationError, match=r"unknown process 'higgs'.*lhco-rnd.*qcd.*svj.*pythia, lhe"):
        find_process("higgs")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"mass_z": 1.0}, r"no parameter 'mass_z'.*mass_wprime"),
        ({"mass_x": "heavy"}, r"mass_x of wprime-xy is 'heavy'"),
        ({"mass_x": -5.0}, r"mass_x of wprime-xy is -5.0; give a positive"),
        ({"mass_x": float("nan")}, "give a positive"),
        ({"mass_x": 2000.0, "mass_y": 1500.0}, r"W' of 3500 GeV cannot decay to X of 2000 and Y of 1500 GeV"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(SimulationError, match=message):
        WPRIME_XY.settings(parameters)


@pytest.mark.parametrize(
    ("process", "parameters", "message"),
    [
        ("wprime-xy3", {"mass_x": 3450.0}, "W' of 3500 GeV cannot decay to X of 3450 and Y of 100 GeV"),
        ("qstar-qw", {"mass_qstar": 80.0}, "mass_qstar of 80 GeV cannot decay to W of 80.4 GeV"),
        (
            "zprime-tt",
            {"mass_zprime": 300.0},
            "mass_zprime of 300 GeV cannot decay to t of 173 GeV and tbar",
        ),
        ("zprime-tt", {"hadronic": 2}, "hadronic of zprime-tt is 2; give 0 or 1"),
        ("svj", {"mass_zprime": 30.0}, "mass_zprime of 30 GeV cannot decay to dark hadron of 20 GeV"),
        ("svj", {"mass_dark": 2.0}, "dark pions of 2 GeV cannot decay to c quarks.*above 2.55 GeV"),
        ("svj", {"r_inv": 1.5}, "r_inv of svj is 1.5; give a number from 0 to 1"),
        ("svj", {"r_inv": -0.1}, "give a number from 0 to 1"),
        ("ttbar", {"pt_hat_min": 0}, "give a positive number of GeV"),
        ("qcd", {"m_hat_min": 4000, "m_hat_max": 3000}, "no hard process has a mass below 3000 GeV, a mass above 4000"),
        ("qcd", {"m_hat_max": 1500}, "no hard process has a mass below 1500 GeV.* and a pT above 800; raise m_hat_max"),
    ],
)
def test_wrong_mass_hierarchies_and_ranges_are_refused(process, parameters, message):
    with pytest.raises(SimulationError, match=message):
        find_process(process).settings(parameters)


def test_the_hard_process_goes_below_the_jets():
    """Unless it is given, pTHat follows the selection: 800 GeV for jets above 1200, 260 above 400."""
    for name in ("qcd", "ttbar"):
        process = find_process(name)
        assert process.parameters()["pt_hat_min"] == 800.0
        assert process.parameters(leading_pt=400.0)["pt_hat_min"] == 260.0
        assert process.parameters({"pt_hat_min": 450}, leading_pt=400.0)["pt_hat_min"] == 450.0


def test_a_window_in_m_hat_is_there_only_where_it_is_given():
    qcd = find_process("qcd")
    assert qcd.parameters() == {"pt_hat_min": 800.0}
    assert "PhaseSpace:mHatMin = 3000.0" in qcd.settings({"m_hat_min": 3000})
    assert [setting for setting in qcd.settings({"m_hat_max": 5000}) if "mHat" in setting] == [
        "PhaseSpace:mHatMax = 5000.0"
    ]


def test_events_of_published_samples_stay_the_same():
    """A production's settings decide its events; a change here would make every existing sample another one."""
    settings = {name: "\n".join(find_process(name).settings()) for name in ("qcd", "wprime-xy")}
    assert {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in settings.items()} == {
        "qcd": "2931f32dde2efdb7",
        "wprime-xy": "c1a2abb25ebca960",
    }
