"""N-subjettiness: how well a jet is described by N prongs.

tau_N = sum_i pT_i min_k(dR_ik)^beta / sum_i pT_i R0^beta over the constituents i and N axes k; small where N axes are
enough. The ratio tau_21 = tau_2 / tau_1 tells two-pronged jets (W, Z, Higgs, new particles) from QCD.

The axes matter: starting from exclusive kT axes and minimising once (`OnePass_KT_Axes`) reproduces the tau_21 of the
LHC Olympics features, while plain kT axes give a longer tail towards 1.

References:
    Thaler, Van Tilburg, JHEP 03 (2011) 015, arXiv:1011.2268; axes: JHEP 02 (2012) 093, arXiv:1108.2701
"""

from collections.abc import Sequence

import awkward as ak
import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError

__all__ = ["AXES", "nsubjettiness", "tau21"]

# FastJet falls back in silence, or ends the process, on a name it does not know: only these are passed on.
AXES = ("KT_Axes", "OnePass_KT_Axes", "OnePass_WTA_KT_Axes", "WTA_KT_Axes")


def nsubjettiness(
    jets: ak.Array,
    n: Sequence[int] = (1, 2),
    *,
    beta: float = 1.0,
    radius: float = 1.0,
    axes: str = "OnePass_KT_Axes",
) -> Float[np.ndarray, "N K"]:
    """tau_n of jets given by their constituents; 0 where a jet has no more than n of them.

    Args:
        jets: One jet a row: lists of records px, py, pz, e (GeV).
        n: Numbers of axes, one column of the result each.
        beta: Angular exponent.
        radius: R0 of the normalisation: the jet radius.
        axes: How axes are found, one of `AXES`.
    """
    if axes not in AXES:
        raise ConfigError(f"unknown N-subjettiness axes {axes!r}; use one of: {', '.join(AXES)}")
    if not n or min(n) < 1:
        raise ConfigError(f"N-subjettiness of {tuple(n)} axes does not exist; give numbers from 1")
    if len(jets) == 0:
        return np.empty((0, len(n)))
    import fastjet

    momenta = ak.zip({"px": jets.px, "py": jets.py, "pz": jets.pz, "E": jets.e}, with_name="Momentum4D")
    # FastJet's interface works on clustered jets: with a radius this large each row is one jet again.
    whole = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
    taus = whole.njettiness(
        measure_definition="NormalizedMeasure", axes_definition=axes, njets=list(n), beta=beta, R0=radius
    )
    return ak.to_numpy(taus).astype(np.float64)


def tau21(jets: ak.Array, *, radius: float = 1.0) -> Float[np.ndarray, " N"]:
    """tau_2 / (tau_1 + 1e-5), the LHC Olympics' convention: a jet of one particle gives 0 and not 0/0."""
    tau = nsubjettiness(jets, (1, 2), radius=radius)
    return tau[:, 1] / (1e-5 + tau[:, 0])
