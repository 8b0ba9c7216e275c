"""Energy correlation functions: prongs without axes.

    e2 = sum_{i<j} z_i z_j dR_ij^b,    e3 = sum_{i<j<k} z_i z_j z_k (dR_ij dR_ik dR_jk)^b,    z_i = pT_i / sum pT

and 2e3, where only the two smallest of the three angles count. C2 = e3 / e2^2, D2 = e3 / e2^3 and N2 = 2e3 / (e2)^2 are
small for two prongs. Jets of fewer than three particles, or of particles that all lie in one direction, get 0.

References:
    Larkoski, Salam, Thaler (C2), JHEP 06 (2013) 108, arXiv:1305.0007
    Larkoski, Moult, Neill (D2), JHEP 12 (2014) 009, arXiv:1409.6298
    Moult, Necib, Thaler (N2), JHEP 12 (2016) 153, arXiv:1609.07483
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.features.jets import FlatJets

__all__ = ["EnergyCorrelators", "energy_correlators"]


@dataclass(frozen=True)
class EnergyCorrelators:
    """Normalised correlators of J jets: of pairs, of triples, of triples by their two smallest angles."""

    e2: Float[np.ndarray, " J"]
    e3: Float[np.ndarray, " J"]
    e3_two_angles: Float[np.ndarray, " J"]

    @property
    def c2(self) -> Float[np.ndarray, " J"]:
        """e3 / e2^2."""
        return _ratio(self.e3, self.e2**2)

    @property
    def d2(self) -> Float[np.ndarray, " J"]:
        """e3 / e2^3."""
        return _ratio(self.e3, self.e2**3)

    @property
    def n2(self) -> Float[np.ndarray, " J"]:
        """2e3 / e2^2."""
        return _ratio(self.e3_two_angles, self.e2**2)


def energy_correlators(jets: FlatJets, *, beta: float = 1.0) -> EnergyCorrelators:
    """The correlators of jets for one angular exponent.

    Raises:
        ConfigError: an exponent that is not positive.
    """
    if not 0 < beta < np.inf:
        raise ConfigError(f"energy correlators with beta {beta} do not exist; give a positive number")
    from resonaut.features.kernels.correlators import correlators

    return EnergyCorrelators(*correlators(jets.momenta, jets.offsets, float(beta)).T)


def _ratio(above: Float[np.ndarray, " J"], below: Float[np.ndarray, " J"]) -> Float[np.ndarray, " J"]:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
