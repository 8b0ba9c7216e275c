"""Running quark masses: how heavy a c or b quark looks at the scale of a dark meson.

Two loops, three colours, Lambda_QCD = 0.218 GeV for any number of flavours, as the CMS production of semivisible jets
has it:

    m(Q) = m_hat a(Q)^c [1 + c (c' - b')],   c = 12 / (33 - 2 n_f),   a(Q) = 1 / (b ln(Q^2 / Lambda^2))

with n_f flavours lighter than Q, and m_hat such that m(m_q) = m_q with the flavours lighter than q.

Reference: Ellis, Stirling, Webber, "QCD and Collider Physics" (1996), section 2.4
"""

from __future__ import annotations

import math

__all__ = ["QUARK_MASSES", "running_mass"]

QUARK_MASSES = {2: 0.0023, 1: 0.0048, 3: 0.095, 4: 1.275, 5: 4.18}  # GeV, by PDG id, lightest first
_LAMBDA_QCD = 0.218  # GeV


def running_mass(quark: int, scale: float) -> float:
    """Mass of that quark at the scale (GeV); 0 for u, d and s, below Lambda_QCD, where perturbation theory ends."""
    mass = QUARK_MASSES[quark]
    if mass <= _LAMBDA_QCD:
        return 0.0
    lighter = list(QUARK_MASSES).index(quark)
    active = sum(other < scale for other in QUARK_MASSES.values())
    return mass * _evolution(scale, active) / _evolution(mass, lighter)


def _evolution(scale: float, n_flavours: int) -> float:
    """m(scale) / m_hat."""
    b = (33 - 2 * n_flavours) / (12 * math.pi)
    b_prime = (153 - 19 * n_flavours) / (2 * math.pi * (33 - 2 * n_flavours))
    c_prime = (303 - 10 * n_flavours) / (72 * math.pi)
    exponent = 12 / (33 - 2 * n_flavours)
    alpha_s = 1.0 / (b * math.log(scale**2 / _LAMBDA_QCD**2))
    return float(alpha_s**exponent * (1 + exponent * (c_prime - b_prime)))
