"""Processes by name: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resonaut.errors import IntegrandError
from resonaut.integration.processes.drell_yan import DrellYan
from resonaut.integration.processes.higgs import HiggsToFourLeptons
from resonaut.integration.processes.process import HardProcess
from resonaut.integration.processes.ttbar import TopPairs
from resonaut.integration.processes.w_jet import WJet
from resonaut.integration.processes.wprime_xy import WprimeXY

__all__ = ["HARD_PROCESSES", "find_hard_process"]

HARD_PROCESSES: dict[str, type[HardProcess]] = {
    process.name: process for process in (DrellYan, TopPairs, WJet, HiggsToFourLeptons, WprimeXY)
}


def find_hard_process(name: str, energy: float, given: Mapping[str, Any]) -> tuple[HardProcess, dict[str, float]]:
    """The process of that name and all its parameters; those that are not given have their default.

    Raises:
        IntegrandError: there is none of that name, or it has no such parameter.
        SimulationError: a value makes no sense.
    """
    if name not in HARD_PROCESSES:
        raise IntegrandError(f"unknown process {name!r}; there are: {', '.join(HARD_PROCESSES)}")
    family = HARD_PROCESSES[name]
    for parameter in given:
        if parameter not in family.free:
            raise IntegrandError(f"process {name} has no parameter {parameter!r}; it has: {', '.join(family.free)}")
    parameters = {
        key: parameter.check(f"{key} of {name}", given.get(key, parameter.default))
        for key, parameter in family.free.items()
        if key in given or parameter.default is not None
    }
    return family.of(energy, parameters), parameters
