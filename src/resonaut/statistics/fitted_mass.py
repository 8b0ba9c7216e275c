"""p(m) in the signal region from the smooth fit of the spectrum on both sides of it.

Where a kernel estimate repeats the region's own masses, its signal and its fluctuations among them, the fit knows the
background alone. It needs a spectrum that the function describes, and refuses one that it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from resonaut.errors import FitError
from resonaut.protocols import Seed
from resonaut.registry import register
from resonaut.statistics.background_fit import SpectrumFit, find_fit_range
from resonaut.statistics.bump_hunt import MIN_FIT_P_VALUE

if TYPE_CHECKING:
    from resonaut.searches.regions import Region

__all__ = ["FittedMass"]

Array = np.ndarray
_CELLS = 400  # of the region, within which the spectrum is flat: 1 GeV of 400


@register("mass", "fit")
@dataclass(kw_only=True)
class FittedMass:
    """Masses from the falling function that describes the sidebands' spectrum.

    Args:
        bin_width: Of the fitted spectrum, GeV.
    """

    bin_width: float = 50.0

    def fit(self, mass: Float[Array, " N"], region: Region) -> FittedMass:
        """Fit the masses, GeV, of the sidebands; those of the signal region are not looked at.

        Raises:
            FitError: too few events, or a spectrum that the function does not describe.
        """
        fit = SpectrumFit(bin_width=self.bin_width)
        fit_range = find_fit_range(mass, region.sidebands, region.window, fit=fit)
        result = fit.fit(mass, fit_range, region.window)
        if result.p_value < MIN_FIT_P_VALUE:
            raise FitError(
                f"the fit of the spectrum in {fit_range[0]:g}-{fit_range[1]:g} GeV has p = {result.p_value:.2g}: "
                'masses cannot be drawn from it; use mass_model = "kde" or other sidebands'
            )
        self.edges_ = np.linspace(*region.window, _CELLS + 1)
        self.cumulative_ = np.concatenate([[0.0], result.family.on(self.edges_).events(result.coefficients).cumsum()])
        return self

    def sample(self, n: int, *, seed: Seed = None) -> Float[Array, " n"]:
        """Draw n masses, GeV."""
        u = np.random.default_rng(seed).random(n)
        return np.interp(u, self.cumulative_ / self.cumulative_[-1], self.edges_)
