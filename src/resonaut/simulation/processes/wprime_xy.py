"""The signal of the LHC Olympics' R&D data set: W' -> X Y -> qq qq, two fat jets with two prongs each.

Reference: Kasieczka et al., Rep. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from __future__ import annotations

from collections.abc import Mapping

from resonaut.errors import SimulationError
from resonaut.simulation.processes.parameters import gev
from resonaut.simulation.processes.process import Process
from resonaut.simulation.processes.resonances import mass_hat_min

__all__ = ["WPRIME_XY", "WPRIME_XY_PARAMETERS", "lighter_resonances"]

WPRIME_XY_PARAMETERS = {
    "mass_wprime": gev(3500.0),
    "mass_x": gev(500.0),
    "mass_y": gev(100.0),
    "width_wprime": gev(60.0),
    "width_x": gev(12.0),
    "width_y": gev(2.5),
}


def lighter_resonances(parameters: Mapping[str, float]) -> dict[str, float]:
    """X and Y must fit into the W'."""
    parent, x, y = (parameters[f"mass_{name}"] for name in ("wprime", "x", "y"))
    if x + y >= parent:
        raise SimulationError(
            f"W' of {parent:.6g} GeV cannot decay to X of {x:.6g} and Y of {y:.6g} GeV; "
            "choose mass_x + mass_y below mass_wprime"
        )
    return {"mass_hat_min": mass_hat_min(parent, x + y)}


# X carries the W' charge (chargeType 3 is e), Y none: Pythia conserves charge in every vertex. Both are colour-singlet
# vectors (spinType 3), longitudinal as those of a heavy W' are. Forced widths: Pythia would compute its own from
# couplings it does not have. Widths and polarisation reproduce the peaks and the substructure of the LHC Olympics'
# events.
WPRIME_XY = Process(
    name="wprime-xy",
    about="W' -> X Y, each to a light quark pair: two fat jets of different mass",
    label=1,
    card="""
        NewGaugeBoson:ffbar2Wprime = on
        PhaseSpace:mHatMin = {mass_hat_min}
        PartonLevel:MPI = off
        9000500:all = X+ X- 3 3 0 {mass_x} {width_x} 0. 0. 0.
        9000500:isResonance = on
        9000500:doForceWidth = on
        9000500:addChannel = 1 1. 100 2 -1      ! X+ -> u dbar
        9000100:all = Y0 void 3 0 0 {mass_y} {width_y} 0. 0. 0.
        9000100:isResonance = on
        9000100:doForceWidth = on
        9000100:addChannel = 1 0.5 100 1 -1     ! Y0 -> d dbar
        9000100:addChannel = 1 0.5 100 2 -2     ! Y0 -> u ubar
        34:m0 = {mass_wprime}
        34:mWidth = {width_wprime}
        34:doForceWidth = on
        34:oneChannel = 1 1. 100 9000500 9000100
    """,
    free=WPRIME_XY_PARAMETERS,
    longitudinal=(9000500, 9000100),
    derive=lighter_resonances,
)
