"""N-subjettiness: how well a jet is described by N prongs.

tau_N = sum_i pT_i min_k(dR_ik)^beta / sum_i pT_i R0^beta over the constituents i and N axes k; small where N axes are
enough. The ratio tau_21 = tau_2 / tau_1 tells two-pronged jets (W, Z, Higgs, new particles) from QCD.

The axes matter: starting from exclusive kT axes and minimising once (FastJet's `OnePass_KT_Axes`) reproduces the tau_21
of the LHC Olympics features, while plain kT axes give a longer tail towards 1.

References:
    Thaler, Van Tilburg, JHEP 03 (2011) 015, arXiv:1011.2268; axes: JHEP 02 (2012) 093, arXiv:1108.2701
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.features.jets import FlatJets

__all__ = ["nsubjettiness", "tau_ratio"]


def nsubjettiness(
    jets: FlatJets, n: Sequence[int] = (1, 2), *, betas: Sequence[float] = (1.0,), radius: float = 1.0
) -> Float[np.ndarray, "J B K"]:
    """tau_n of jets for several angular exponents; 0 where a jet has no more than n particles.

    Args:
        jets: The jets' particles.
        n: Numbers of axes.
        betas: Angular exponents; all of them, and all n, share one clustering.
        radius: R0 of the normalisation: the jet radius.

    Raises:
        ConfigError: no or impossible numbers of axes, exponents or radius.
    """
    if not n or min(n) < 1:
        raise ConfigError(f"N-subjettiness of {tuple(n)} axes does not exist; give numbers from 1")
    if not betas or not all(0 < value < np.inf for value in (*betas, radius)):
        raise ConfigError(f"N-subjettiness with beta {tuple(betas)} and R0 {radius} does not exist; give positive ones")
    from resonaut.features.kernels.axes import subjettiness

    taus: Float[np.ndarray, "J B K"] = subjettiness(
        jets.momenta, jets.offsets, np.array(n, dtype=np.int64), np.array(betas, dtype=np.float64), float(radius)
    )
    return taus


def tau_ratio(tau: Float[np.ndarray, " J"], fewer: Float[np.ndarray, " J"]) -> Float[np.ndarray, " J"]:
    """tau_N / (tau_{N-1} + 1e-5), the LHC Olympics' convention: a jet of one particle gives 0 and not 0/0."""
    return tau / (1e-5 + fewer)
