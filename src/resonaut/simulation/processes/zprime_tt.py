"""A heavy Z' -> t tbar: two fat jets with three prongs and a W inside.

The couplings are those of the sequential standard model (Altarelli, Mele, Ruiz-Altaba, Z. Phys. C 45 (1989) 109), which
matters for the cross section alone: mass and width are free.
"""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.simulation.processes.parameters import gev
from resonaut.simulation.processes.process import Process
from resonaut.simulation.processes.resonances import HADRONIC, TOP_MASS, W_DECAYS, decays_to, mass_hat_min, w_on_mode

__all__ = ["ZPRIME_TT"]


def _derive(parameters: Mapping[str, float]) -> dict[str, float | str]:
    mass = parameters["mass_zprime"]
    decays_to(("mass_zprime", mass), ("t", TOP_MASS), ("tbar", TOP_MASS))
    return {"mass_hat_min": mass_hat_min(mass, 2 * TOP_MASS), "w_on": w_on_mode(parameters["hadronic"])}


ZPRIME_TT = Process(
    name="zprime-tt",
    about="Z' -> t tbar: two top jets",
    label=1,
    card=f"""
        NewGaugeBoson:ffbar2gmZZprime = on
        Zprime:gmZmode = 3                      ! the Z' alone, without photon, Z and interference
        PhaseSpace:mHatMin = {{mass_hat_min}}
        PartonLevel:MPI = off
        32:m0 = {{mass_zprime}}
        32:mWidth = {{width_zprime}}
        32:doForceWidth = on
        32:onMode = off
        32:onIfAny = 6
        {W_DECAYS}
    """,
    free={
        "mass_zprime": gev(3500.0),
        "width_zprime": gev(35.0),
        "hadronic": HADRONIC,
    },
    derive=_derive,
)
