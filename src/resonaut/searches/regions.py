"""Where a signal is looked for, and where the background is learnt.

A `Region` is a signal region (SR) in the resonant mass with a sideband (SB) on each side, half-open intervals in GeV:
`low <= m < high`. All arithmetic on mass windows is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from resonaut.errors import RegionError

__all__ = ["Region", "interval"]

Array = np.ndarray


@dataclass(frozen=True)
class Region:
    """A signal region and its sidebands.

    Args:
        low, high: The signal region, GeV.
        sideband_low, sideband_high: The outer edges of the sidebands, GeV.

    Raises:
        RegionError: edges out of order, or a sideband on one side only.
    """

    low: float = 3300.0
    high: float = 3700.0
    sideband_low: float = 2300.0
    sideband_high: float = 5000.0

    def __post_init__(self) -> None:
        edges = (self.low, self.high, self.sideband_low, self.sideband_high)
        if not all(np.isfinite(edge) and edge > 0 for edge in edges):
            raise RegionError(f"region edges must be positive finite masses in GeV, not {edges}")
        if self.low >= self.high:
            raise RegionError(f"signal region {self.low:g}:{self.high:g} is the wrong way round; write LOW:HIGH in GeV")
        if self.sideband_low >= self.sideband_high:
            raise RegionError(
                f"sidebands {self.sideband_low:g}:{self.sideband_high:g} are the wrong way round; write LOW:HIGH in GeV"
            )
        if self.sideband_low >= self.low or self.sideband_high <= self.high:
            raise RegionError(
                f"sidebands {self.sideband_low:g}:{self.sideband_high:g} do not reach beyond both sides of the signal "
                f"region {self.low:g}:{self.high:g}; the background is interpolated between two, so widen them"
            )

    @classmethod
    def parse(cls, region: str, sidebands: str) -> Region:
        """Read the command line's `3300:3700` and `2300:5000`."""
        return cls(*interval(region, "region"), *interval(sidebands, "sidebands"))

    @property
    def window(self) -> tuple[float, float]:
        """The signal region's edges."""
        return self.low, self.high

    @property
    def sidebands(self) -> tuple[float, float]:
        """The outer edges of the sidebands."""
        return self.sideband_low, self.sideband_high

    def in_signal(self, mass: Float[Array, " N"]) -> Bool[Array, " N"]:
        """Which masses lie in the signal region."""
        return (mass >= self.low) & (mass < self.high)

    def in_window(self, mass: Float[Array, " N"]) -> Bool[Array, " N"]:
        """Which masses lie in the signal region or its sidebands."""
        return (mass >= self.sideband_low) & (mass < self.sideband_high)

    def in_sidebands(self, mass: Float[Array, " N"]) -> Bool[Array, " N"]:
        """Which masses lie in the sidebands."""
        return self.in_window(mass) & ~self.in_signal(mass)

    def in_neighbourhood(self, mass: Float[Array, " N"], width: float | None = None) -> Bool[Array, " N"]:
        """Which sideband masses lie next to the signal region.

        `width` on each side, by default three quarters of the region's own (300 GeV at 3300-3700): near enough that
        the classifier still knows such events, wide enough to count what it selects.
        """
        low, high = self.neighbourhood(width)
        return self.in_sidebands(mass) & (mass >= low) & (mass < high)

    def neighbourhood(self, width: float | None = None) -> tuple[float, float]:
        """The outer edges of the strips that `in_neighbourhood` takes, where the sidebands reach as far."""
        width = 0.75 * (self.high - self.low) if width is None else width
        return self.low - width, self.high + width

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g} GeV (sidebands {self.sideband_low:g}:{self.sideband_high:g})"


def interval(text: str, what: str) -> tuple[float, float]:
    """Two numbers with a colon between them."""
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise RegionError(f"{what} '{text}' is not an interval; write LOW:HIGH in GeV, such as 3300:3700") from None
    return low, high
