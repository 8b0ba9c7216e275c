"""Processes are cards whose numbers can be changed, and impossible numbers are refused before Pythia sees them."""

from __future__ import annotations

import pytest

from resonaut.errors import SimulationError
from resonaut.simulation.processes import MIXTURES, PROCESSES, WPRIME_XY, find_process


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
    with pytest.raises(SimulationError, match=r"unknown process 'ttbar'.*lhco-rnd.*qcd.*wprime-xy"):
        find_process("ttbar")


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
