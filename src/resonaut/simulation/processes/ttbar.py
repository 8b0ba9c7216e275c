"""Top pairs from QCD, boosted: jets with three prongs that are no anomaly."""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.simulation.processes.parameters import below_the_jets, gev
from resonaut.simulation.processes.process import Process
from resonaut.simulation.processes.resonances import HADRONIC, W_DECAYS, w_on_mode

__all__ = ["TTBAR"]


def _derive(parameters: Mapping[str, float]) -> dict[str, str]:
    return {"w_on": w_on_mode(parameters["hadronic"])}


# The parton veto holds: when it looks, tops have radiated and not yet decayed, and a top jet is no harder than its top.
TTBAR = Process(
    name="ttbar",
    about="boosted top pairs from QCD",
    label=0,
    card=f"""
        Top:gg2ttbar = on
        Top:qqbar2ttbar = on
        PhaseSpace:pTHatMin = {{pt_hat_min}}
        PartonLevel:MPI = off
        {W_DECAYS}
    """,
    free={
        "pt_hat_min": gev(below_the_jets, "follows --leading-pt"),
        "hadronic": HADRONIC,
    },
    derive=_derive,
    parton_veto=True,
)
