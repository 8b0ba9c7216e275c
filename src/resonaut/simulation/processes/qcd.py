"""QCD dijets: the background of every search for a dijet resonance.

A window in m-hat, the mass of the hard process, makes events of high mass cheaper, and changes them: some come from a
much lighter process with a hard jet from initial-state radiation, and these differ (docs/simulation.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.errors import SimulationError
from resonaut.simulation.processes.parameters import below_the_jets, gev, optional_gev
from resonaut.simulation.processes.process import Process

__all__ = ["QCD"]

LIMITS = {"m_hat_min": "PhaseSpace:mHatMin", "m_hat_max": "PhaseSpace:mHatMax"}
"""Pythia's name of each end of the window."""


def _derive(parameters: Mapping[str, float]) -> dict[str, str]:
    low, high = parameters.get("m_hat_min", 0.0), parameters.get("m_hat_max", float("inf"))
    # Pythia would take a maximum below the minimum for none at all.
    if high <= max(low, 2 * parameters["pt_hat_min"]):
        raise SimulationError(
            f"no hard process has a mass below {high:.6g} GeV, a mass above {low:.6g} and a pT above "
            f"{parameters['pt_hat_min']:.6g}; raise m_hat_max"
        )
    return {
        "m_hat": "\n".join(f"{setting} = {parameters[name]}" for name, setting in LIMITS.items() if name in parameters)
    }


QCD = Process(
    name="qcd",
    about="QCD dijets, all hard 2 -> 2 processes of light quarks, gluons, c and b",
    label=0,
    card="""
        HardQCD:all = on
        PhaseSpace:pTHatMin = {pt_hat_min}
        PartonLevel:MPI = off
        {m_hat}
    """,
    free={
        "pt_hat_min": gev(below_the_jets, "follows --leading-pt"),
        "m_hat_min": optional_gev("least mass of the hard process"),
        "m_hat_max": optional_gev("largest mass of the hard process"),
    },
    derive=_derive,
    parton_veto=True,
)
