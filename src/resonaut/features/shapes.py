"""How a jet shares its momentum among its particles.

pTD = sqrt(sum pT^2) / sum pT is 1 where one particle has it all and 1 / sqrt(n) where n share it equally: larger for
quark jets than for gluon jets, and for jets that lose particles to a dark sector.

References:
    CMS, CMS-PAS-JME-13-002
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from resonaut.features.jets import FlatJets

__all__ = ["ptd"]


def ptd(jets: FlatJets) -> Float[np.ndarray, " J"]:
    """Fragmentation function of each jet; 0 for an empty one."""
    total, squares = jets.sum(jets.pt), jets.sum(jets.pt**2)
    return np.divide(np.sqrt(squares), total, out=np.zeros_like(total), where=total > 0)
