"""How often does background alone look as significant as this anywhere in the scan?

Two answers. *Toys* repeat the whole scan on spectra without a signal and count how often one is as significant; k of N
has a Clopper-Pearson interval, and the p-value is (k + 1) / (N + 1), the data being one more outcome: valid, and never
0 (Phipson and Smyth 2010). Beyond the reach of the toys, *upcrossings* are counted at a low level, where there are
many, and extrapolated (Gross and Vitells, EPJC 70 (2010) 525, arXiv:1005.1891, eq. 3):

    p_global <= p_local(z) + <N(z0)> exp(-(z^2 - z0^2) / 2)

That is exact in the limit of high z for a significance that varies smoothly between the windows, and conservative
(by less than z / z0) where the windows are far apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from jaxtyping import Float

from resonaut.errors import FitError
from resonaut.statistics.counting import Estimate, binomial_interval, p_to_z, z_to_p

__all__ = ["GlobalSignificance", "ToyFraction", "count_toys", "global_significance", "upcrossings"]

Array = np.ndarray
REFERENCE_LEVEL = 1.0
"""z at which upcrossings are counted: high enough that the exponential holds, low enough that toys have many."""
MIN_EXCEEDING = 10
"""Toys as significant as the data from which on they are believed: to 30 %."""


@dataclass(frozen=True, kw_only=True)
class ToyFraction:
    """k of N toys are as significant as the data or more.

    Args:
        k: How many.
        n: Of how many.
        p: (k + 1) / (n + 1).
        low, high: Clopper-Pearson, 68 %; the low end is 0 where k is.
    """

    k: int
    n: int
    p: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class GlobalSignificance:
    """The p-value of the largest excess of a scan.

    Args:
        z_local: The largest of the scan.
        p: Global: the toys' where they reach, else the upcrossings'.
        z: The same in sigma.
        extrapolated: Whether p lies beyond the toys' reach and rests on the upcrossings.
        toys: What the toys say.
        p_upcrossings: What the upcrossings say.
        p_upcrossings_error: From the finite number of toys they were counted in.
        upcrossings: In a scan without signal, on average.
        reference_level: The z at which they were counted.
    """

    z_local: float
    p: float
    z: float
    extrapolated: bool
    toys: ToyFraction
    p_upcrossings: float
    p_upcrossings_error: float
    upcrossings: Estimate
    reference_level: float


def global_significance(
    z_local: float, toys: Float[Array, "T W"], *, reference_level: float = REFERENCE_LEVEL
) -> GlobalSignificance:
    """Global p-value of the local significance `z_local`.

    Args:
        z_local: The largest of the scan of the data.
        toys: Local significances of background-only scans, the windows in the order of their masses; NaN where a toy's
            window could not be judged.
        reference_level: z at which upcrossings are counted.

    Raises:
        FitError: there are no toys.
    """
    counted = count_toys(z_local, toys)
    crossings = upcrossings(toys, reference_level)
    growth = exp(-(z_local**2 - reference_level**2) / 2) if z_local > reference_level else 1.0
    by_crossings = min(1.0, z_to_p(z_local) + crossings.value * growth)
    extrapolated = counted.k < MIN_EXCEEDING and z_local > reference_level
    p = by_crossings if extrapolated else counted.p
    return GlobalSignificance(
        z_local=z_local,
        p=p,
        z=p_to_z(p),
        extrapolated=extrapolated,
        toys=counted,
        p_upcrossings=by_crossings,
        p_upcrossings_error=crossings.error * growth,
        upcrossings=crossings,
        reference_level=reference_level,
    )


def count_toys(z_local: float, toys: Float[Array, "T W"]) -> ToyFraction:
    """How many toys have a window as significant as `z_local`.

    Raises:
        FitError: there are no toys.
    """
    if not toys.size:
        raise FitError("a global p-value needs toys of the scan, and there are none; ask for some hundred")
    best = np.where(np.isnan(toys), -np.inf, toys).max(axis=1)
    k, n = int((best >= z_local).sum()), len(toys)
    low, high = binomial_interval(k, n)
    return ToyFraction(k=k, n=n, p=(k + 1) / (n + 1), low=low, high=high)


def upcrossings(toys: Float[Array, "T W"], level: float) -> Estimate:
    """How often the significance rises through `level` on the way over the windows, on average and its error."""
    above = np.where(np.isnan(toys), -np.inf, toys) > level
    number = (above[:, 1:] & ~above[:, :-1]).sum(axis=1)
    if len(toys) < 2:
        return Estimate(float(number.mean()), float("nan"))
    # A count of 0 in N toys is known to about 1 / N.
    spread = max(float(number.std(ddof=1)) / sqrt(len(toys)), 1 / len(toys))
    return Estimate(float(number.mean()), spread)
