"""Soft drop: a jet's mass without its soft, wide-angle radiation.

The jet's Cambridge/Aachen tree is opened from its last recombination; while the softer branch has less than
z_cut (dR / R0)^beta of the two's pT it is dropped. With beta = 0 this is the modified mass-drop tagger, whose mass has
no non-global logarithms.

References:
    Larkoski et al., JHEP 05 (2014) 146, arXiv:1402.2657
    Dasgupta et al. (beta = 0), JHEP 09 (2013) 029, arXiv:1307.0007
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.features.jets import FlatJets

__all__ = ["softdrop_mass"]


def softdrop_mass(
    jets: FlatJets, *, z_cut: float = 0.1, beta: float = 0.0, radius: float = 1.0
) -> Float[np.ndarray, " J"]:
    """Mass of the groomed jets (GeV); where nothing passes, the mass of the last particle: 0.

    Args:
        jets: The jets' particles.
        z_cut: Least share of the softer branch at distance R0.
        beta: How the least share grows with the distance.
        radius: R0, the jet radius; without effect at beta 0.

    Raises:
        ConfigError: z_cut outside 0-0.5, a radius that is not positive.
    """
    if not 0 <= z_cut < 0.5 or not np.isfinite(beta) or not 0 < radius < np.inf:
        raise ConfigError(f"soft drop with z_cut {z_cut}, beta {beta}, R0 {radius}; z_cut is 0-0.5, R0 positive")
    from resonaut.features.kernels.declustering import softdrop

    mass: Float[np.ndarray, " J"] = softdrop(jets.momenta, jets.offsets, float(z_cut), float(beta), float(radius))
    return mass
