"""p(m) in the signal region: where sampled background events get their masses from.

A kernel density estimate in the logit of the mass, as in CATHODE: the logit sends the region's edges to infinity, so
that no kernel leaks out of the region and none is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import expit, logit

from resonaut.errors import ConfigError, RegionError
from resonaut.protocols import Seed
from resonaut.registry import settings

__all__ = ["MassModel"]

Array = np.ndarray


@settings
@dataclass(kw_only=True)
class MassModel:
    """Smoothed resampling of the masses in a region.

    Args:
        bandwidth: Width of the Gaussian kernel in the logit of the mass; 0.01 is at most 1 GeV in a region of 400 GeV.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546, section III
    """

    bandwidth: float = 0.01

    def __post_init__(self) -> None:
        if not self.bandwidth > 0:
            raise ConfigError(f"bandwidth is {self.bandwidth}; it must be positive (0.01 is usual)")

    def fit(self, mass: Float[Array, " N"], window: tuple[float, float]) -> MassModel:
        """Learn the spectrum from the masses that lie in `window`, [low, high) in GeV.

        Raises:
            RegionError: no mass lies there.
        """
        self.low_, self.high_ = window
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
