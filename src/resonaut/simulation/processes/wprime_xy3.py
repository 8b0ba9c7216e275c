"""The second signal of the LHC Olympics' R&D data set: W' -> X Y with three quarks from each, two three-pronged jets.

Reference: Kasieczka et al., Rep. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from resonaut.simulation.processes.process import Process
from resonaut.simulation.processes.wprime_xy import WPRIME_XY_PARAMETERS, lighter_resonances

__all__ = ["WPRIME_XY3"]

# Three quarks make a fermion (spinType 2) of baryon number 1: X+ -> u u d, and Ybar0 -> ubar dbar sbar, so that the W'
# itself has none. X and Y are colour singlets; the colours of their three quarks meet in a junction, as in a baryon or
# in the R-parity violating decay of a neutralino, and each prong hadronises along its own string to that junction.
# The quarks are spread evenly over three-body phase space.
WPRIME_XY3 = Process(
    name="wprime-xy3",
    about="W' -> X Y, each to three light quarks: two fat jets with three prongs",
    label=1,
    card="""
        NewGaugeBoson:ffbar2Wprime = on
        PhaseSpace:mHatMin = {mass_hat_min}
        PartonLevel:MPI = off
        9000500:all = X+ X- 2 3 0 {mass_x} {width_x} 0. 0. 0.
        9000500:isResonance = on
        9000500:doForceWidth = on
        9000500:addChannel = 1 1. 100 2 2 1
        9000100:all = Y0 Ybar0 2 0 0 {mass_y} {width_y} 0. 0. 0.
        9000100:isResonance = on
        9000100:doForceWidth = on
        9000100:addChannel = 1 1. 100 2 1 3
        34:m0 = {mass_wprime}
        34:mWidth = {width_wprime}
        34:doForceWidth = on
        34:oneChannel = 1 1. 100 9000500 -9000100
    """,
    free=WPRIME_XY_PARAMETERS,
    derive=lighter_resonances,
)
