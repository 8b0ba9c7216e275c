"""How far apart are the distribution functions of one feature? The statistics of three tests, as scipy defines them.

They go by ranks alone, so that units do not matter. F and G are the empirical distribution functions of N and M values,
H that of both together:

    Kolmogorov-Smirnov   max |F - G|
    Cramer-von Mises     N M / (N + M) int (F - G)^2 dH; 1/6 on average where the distributions are the same
    Anderson-Darling     N M / (N + M) int (F - G)^2 / (H (1 - H)) dH, less its mean (1), over its standard deviation
                         (0.76) where they are the same: then 0 on average, and -1.3 if the very samples are

The last two grow with the samples, if they differ: values are comparable at equal sizes only.

References:
    Anderson, Ann. Math. Stat. 33 (1962) 1148 (Cramer-von Mises of two samples)
    Scholz, Stephens, J. Am. Stat. Assoc. 82 (1987) 918 (Anderson-Darling of k samples)
"""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float
from scipy import stats

__all__ = ["anderson_darling", "cramer_von_mises", "kolmogorov_smirnov"]

Array = np.ndarray


def kolmogorov_smirnov(x: Float[Array, " N"], y: Float[Array, " M"]) -> float:
    """Largest difference between the distribution functions, 0 to 1."""
    return float(stats.ks_2samp(x, y, method="asymp").statistic)


def cramer_von_mises(x: Float[Array, " N"], y: Float[Array, " M"]) -> float:
    """Integrated squared difference; the statistic T, whose null mean is 1/6. Ties share their mean rank."""
    return float(stats.cramervonmises_2samp(x, y, method="asymptotic").statistic)


def anderson_darling(x: Float[Array, " N"], y: Float[Array, " M"]) -> float:
    """The same, tails weighted up, and normalised. Ties share their mean rank."""
    with warnings.catch_warnings():
        # Scipy tells that its table of p-values ends, which are not used, and how to ask for its default by name.
        warnings.simplefilter("ignore")
        return float(stats.anderson_ksamp([x, y]).statistic)
