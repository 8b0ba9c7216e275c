"""Processes and mixtures by name: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from resonaut.errors import SimulationError
from resonaut.simulation.processes.card import card_process
from resonaut.simulation.processes.les_houches import lhe_process
from resonaut.simulation.processes.process import Mixture, Process
from resonaut.simulation.processes.qcd import QCD
from resonaut.simulation.processes.qstar_qw import QSTAR_QW
from resonaut.simulation.processes.svj import SVJ
from resonaut.simulation.processes.ttbar import TTBAR
from resonaut.simulation.processes.wprime_xy import WPRIME_XY
from resonaut.simulation.processes.wprime_xy3 import WPRIME_XY3
from resonaut.simulation.processes.zprime_tt import ZPRIME_TT

__all__ = ["BLACKBOX", "FROM_FILE", "MIXTURES", "PROCESSES", "find_mixture", "find_process"]

PROCESSES: dict[str, Process] = {
    process.name: process for process in (QCD, WPRIME_XY, WPRIME_XY3, QSTAR_QW, ZPRIME_TT, SVJ, TTBAR)
}
FROM_FILE: dict[str, Callable[[Path], Process]] = {"pythia": card_process, "lhe": lhe_process}
MIXTURES: dict[str, Mixture] = {
    "lhco-rnd": Mixture("lhco-rnd", "LHC Olympics R&D: QCD dijets and W' -> X Y -> qq qq", "qcd", "wprime-xy")
}
BLACKBOX = "blackbox"
"""The sample whose signal nobody knows; `resonaut.simulation.blackbox` draws it."""


def find_process(name: str, file: str | Path | None = None) -> Process:
    """The process of that name; `pythia` and `lhe` are read from a file."""
    if name in FROM_FILE:
        if file is None:
            raise SimulationError(f"process {name} is read from a file and none is given; write `{name} FILE`")
        return FROM_FILE[name](Path(file))
    if name not in PROCESSES:
        known = ", ".join([*MIXTURES, *PROCESSES, *FROM_FILE, BLACKBOX])
        raise SimulationError(f"unknown process {name!r}; there are: {known}")
    if file is not None:
        raise SimulationError(f"process {name} takes no file and {file} is given; only {', '.join(FROM_FILE)} do")
    return PROCESSES[name]


def find_mixture(name: str) -> Mixture | None:
    """The mixture of that name, if it is one."""
    return MIXTURES.get(name)
