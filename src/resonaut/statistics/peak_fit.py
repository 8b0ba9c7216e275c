"""How many events the excess holds, and at which mass: a Gaussian peak on top of a known background.

The shape of the background comes from outside the signal region and is not fitted again here; its error is added to
the yield's. The number is there to be read ("about 200 events at 3490 GeV"); the p-values do not use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from iminuit import Minuit
from iminuit.cost import ExtendedBinnedNLL
from jaxtyping import Float, Real
from scipy.stats import norm

__all__ = ["PeakFit", "fit_peak"]

Array = np.ndarray


@dataclass(frozen=True)
class PeakFit:
    """A fitted peak: yield in events, mass in GeV; the mass is None where there is no excess to have one."""

    fitted_yield: float
    fitted_yield_error: float
    peak_mass: float | None
    peak_mass_error: float | None


def fit_peak(
    edges: Float[Array, " E"],
    counts: Real[Array, " E-1"],
    background: Float[Array, " E-1"],
    window: tuple[float, float],
    background_error: float = 0.0,
) -> PeakFit:
    """Fit a Gaussian of free yield, mean and width over a fixed background, all within the range of `edges`.

    Args:
        edges: Of the mass bins, GeV.
        counts: Events a bin.
        background: Expected background a bin.
        window: Where the peak may lie, GeV.
        background_error: Of the background under the peak, events.
    """
    low, high = window
    cumulative = np.concatenate([[0.0], np.cumsum(background)])

    def model(x: Array, events: float, mass: float, width: float) -> Array:
        return np.asarray(np.interp(x, edges, cumulative) + events * norm.cdf(x, mass, width))

    centres = (edges[:-1] + edges[1:]) / 2
    inside = (centres > low) & (centres < high)
    excess = counts - background
    start = max(float(excess[inside].sum()), 1.0)
    weights = np.clip(excess[inside], 0, None)
    mass = float(np.average(centres[inside], weights=weights)) if weights.sum() > 0 else (low + high) / 2
    fit = Minuit(ExtendedBinnedNLL(counts, edges, model), events=start, mass=mass, width=0.04 * mass)
    # Detector resolution alone gives 2-3 % of a dijet mass; wider than 8 % is no peak in this window.
    fit.limits["mass"], fit.limits["width"] = window, (0.015 * mass, 0.08 * mass)
    # Fewer events than none is allowed, as long as no bin's expectation turns negative.
    fit.limits["events"] = (-0.5 * float(background[inside].sum()), None)
    fit.migrad()
    events, error = float(fit.values["events"]), float(np.hypot(fit.errors["events"], background_error))
    if events < fit.errors["events"]:
        return PeakFit(events, error, None, None)
    return PeakFit(events, error, float(fit.values["mass"]), float(fit.errors["mass"]))
