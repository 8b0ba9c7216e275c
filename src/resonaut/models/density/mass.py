"""p(m) in the signal region: where sampled background events get their masses from.

A kernel density estimate in the logit of the mass, as in CATHODE: the logit sends the region's edges to infinity, so
that no kernel leaks out of the region and none is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from scipy.special import expit, logit

from resonaut.errors import ConfigError, RegionError
from resonaut.protocols import Seed
from resonaut.registry import register

if TYPE_CHECKING:
    from resonaut.searches.regions import Region

__all__ = ["KernelMass"]

Array = np.ndarray


@register("mass", "kde")
@dataclass(kw_only=True)
class KernelMass:
    """Smoothed resampling of the region's own masses: it follows the data, a signal's peak included.

    Only the shape comes from here; how many background events there are is the spectrum fit's to say.

    Args:
        bandwidth: Width of the Gaussian kernel in ln(f / (1 - f)), f the fraction of the region's width: 0.01 is 1 GeV
            in the middle of a region of 400 GeV and less towards its edges. At 0.001, as for the full phase space
            (arXiv:2310.06897), it is 0.1 GeV: the masses themselves, all but unsmoothed.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546, section III
    """

    bandwidth: float = 0.01

    def __post_init__(self) -> None:
        if not self.bandwidth > 0:
            raise ConfigError(f"bandwidth is {self.bandwidth}; it must be positive (0.01 is usual)")

    def fit(self, mass: Float[Array, " N"], region: Region) -> KernelMass:
        """Learn the spectrum from the masses, GeV, that lie in the signal region.

        Raises:
            RegionError: no mass lies there.
        """
        self.low_, self.high_ = region.window
        inside = mass[(mass >= self.low_) & (mass < self.high_)]
        if not len(inside):
            raise RegionError(f"no mass lies between {self.low_:g} and {self.high_:g} GeV; widen or move the region")
        # The lower edge itself belongs to the region; its logit would be minus infinity.
        fraction = np.clip((inside - self.low_) / (self.high_ - self.low_), 1e-6, 1 - 1e-6)
        self.centres_ = logit(fraction)
        return self

    def sample(self, n: int, *, seed: Seed = None) -> Float[Array, " n"]:
        """Draw n masses, GeV."""
        rng = np.random.default_rng(seed)
        draws = rng.choice(self.centres_, n) + self.bandwidth * rng.standard_normal(n)
        mass = self.low_ + (self.high_ - self.low_) * expit(draws)
        return np.clip(mass, self.low_, np.nextafter(self.high_, self.low_))
