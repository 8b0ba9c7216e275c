"""What the cards of heavy resonances have in common."""

from __future__ import annotations

from resonaut.errors import SimulationError
from resonaut.simulation.processes.parameters import switch

__all__ = ["HADRONIC", "TOP_MASS", "W_DECAYS", "W_MASS", "decays_to", "mass_hat_min", "w_on_mode"]

W_MASS = 80.4  # GeV, for decays that need one; Pythia has its own, precise values
TOP_MASS = 173.0  # as Pythia 8's default

# Where W bosons decay to quarks only, the others are switched off first.
W_DECAYS = """
        24:onMode = {w_on}
        24:onIfAny = 1 2 3 4 5
"""


HADRONIC = switch(True, "1: W to quarks, 0: to anything")
"""The parameter that `w_on_mode` reads."""


def w_on_mode(hadronic: float) -> str:
    """For `W_DECAYS`: are the leptonic decays on?"""
    return "off" if hadronic else "on"


def decays_to(parent: tuple[str, float], *daughters: tuple[str, float]) -> None:
    """Refuse a decay that energy conservation forbids; particles are given as (parameter or name, mass in GeV)."""
    (name, mass), total = parent, sum(mass for _, mass in daughters)
    if total >= mass:
        products = " and ".join(f"{daughter} of {mass:.6g} GeV" for daughter, mass in daughters)
        raise SimulationError(
            f"{name} of {mass:.6g} GeV cannot decay to {products}; choose {name} above {total:.6g} GeV"
        )


def mass_hat_min(mass: float, threshold: float) -> float:
    """Least mass of the hard process (GeV).

    Parton densities favour the far low tail of the Breit-Wigner, where no jet is hard enough to be selected.
    """
    return max(0.5 * mass, threshold)
