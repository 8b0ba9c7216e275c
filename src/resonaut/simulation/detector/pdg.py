"""Which final-state particles a detector can see, and their charges, from the PDG numbering scheme.

The scheme (Review of Particle Physics, "Monte Carlo particle numbering scheme") encodes the quark content in the
digits n_q1 n_q2 n_q3 of an identifier, and with it the charge.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

__all__ = ["is_invisible", "pdg_charge"]

_LEPTONS = {11: -1.0, 13: -1.0, 15: -1.0, 24: 1.0, 37: 1.0}
_NEUTRALINOS = (1000022, 1000023, 1000025, 1000035, 1000045)
_NEUTRINOS = (12, 14, 16, 18)


def is_invisible(pdg_id: Int[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Neutrinos, neutralinos, dark-matter codes (51-60) and the hidden valley's particles (4900001-4999999)."""
    code = np.abs(pdg_id)
    dark = ((code > 50) & (code <= 60)) | ((code > 4_900_000) & (code < 5_000_000))
    return dark | np.isin(code, _NEUTRINOS + _NEUTRALINOS)


def pdg_charge(pdg_id: Int[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Electric charge in units of the positron's, worked out once for each species that occurs."""
    species, inverse = np.unique(pdg_id, return_inverse=True)
    charges = np.array([_charge(int(code)) for code in species])
    return charges[inverse]


def _charge(pdg_id: int) -> float:
    code, sign = abs(pdg_id), 1.0 if pdg_id > 0 else -1.0
    if code < 100 or code > 1_000_000:
        return sign * _LEPTONS.get(code, 0.0)
    q1, q2, q3 = (code // 1000) % 10, (code // 100) % 10, (code // 10) % 10
    up_like = {q: (2.0 if q % 2 == 0 else -1.0) / 3.0 for q in (q1, q2, q3)}
    if q1 != 0:  # a baryon: three quarks
        return sign * round(up_like[q1] + up_like[q2] + (up_like[q3] if q3 else 0.0))
    # A meson: the heavier quark q2 comes first; positive ids have it as quark if up-like, as antiquark if down-like.
    charge = up_like[q2] - up_like[q3]
    return sign * round(charge if q2 % 2 == 0 else -charge)
