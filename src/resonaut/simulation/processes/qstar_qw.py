"""An excited quark q* -> q W: one jet with substructure, one without.

Reference: Baur, Spira, Zerwas, PRD 42 (1990) 815
"""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.simulation.processes.parameters import gev
from resonaut.simulation.processes.process import Process
from resonaut.simulation.processes.resonances import HADRONIC, W_DECAYS, W_MASS, decays_to, mass_hat_min, w_on_mode

__all__ = ["QSTAR_QW"]


def _derive(parameters: Mapping[str, float]) -> dict[str, float | str]:
    mass = parameters["mass_qstar"]
    decays_to(("mass_qstar", mass), ("W", W_MASS))
    return {"mass_hat_min": mass_hat_min(mass, W_MASS), "w_on": w_on_mode(parameters["hadronic"])}


# u* and d* are made from a gluon and a quark. The scale of compositeness is their mass and all couplings are 1, as in
# the experiments' searches; Pythia computes the width from them, 3 % of the mass.
QSTAR_QW = Process(
    name="qstar-qw",
    about="excited quark q* -> q W: a quark jet and a W jet",
    label=1,
    card=f"""
        ExcitedFermion:dg2dStar = on
        ExcitedFermion:ug2uStar = on
        ExcitedFermion:Lambda = {{mass_qstar}}
        PhaseSpace:mHatMin = {{mass_hat_min}}
        PartonLevel:MPI = off
        4000001:m0 = {{mass_qstar}}
        4000002:m0 = {{mass_qstar}}
        4000001:onMode = off
        4000002:onMode = off
        4000001:onIfAny = 24
        4000002:onIfAny = 24
        {W_DECAYS}
    """,
    free={"mass_qstar": gev(3500.0), "hadronic": HADRONIC},
    derive=_derive,
)
