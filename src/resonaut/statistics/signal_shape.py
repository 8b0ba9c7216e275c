"""How a resonance is distributed in mass: a Gaussian core with a power law on either side, fitted to simulated events.

    t = (m - mean) / width;  p ~ exp(-t^2 / 2) for -low < t < high, and beyond them (n / a)^n exp(-a^2 / 2)
    (n / a - a + |t|)^-n, which continues it with the same slope

The low tail is radiation that the jets lose, the high one what they pick up; parton densities pull on both. Everything
is normalised in the fit's range, so that no assumption is made about what lies outside.

References:
    Gaiser, SLAC-R-255 (1982), appendix F (one tail); CMS-PAS-EXO-22-026 (both, for dijets).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from iminuit import Minuit
from jaxtyping import Float
from scipy.special import ndtr
from scipy.stats import kstest

from resonaut.errors import FitError

__all__ = ["MIN_EVENTS", "DoubleCrystalBall", "SignalShape", "fit_signal_shape"]

Array = np.ndarray
MIN_EVENTS = 200
"""From these the width is known to 5 %; the tails are not, and matter little."""


@dataclass(frozen=True, kw_only=True)
class DoubleCrystalBall:
    """The shape.

    Args:
        mean, width: Of the core, GeV.
        low, high: Where the tails begin, in units of the width.
        n_low, n_high: Their powers, above 1.
    """

    mean: float
    width: float
    low: float
    n_low: float
    high: float
    n_high: float

    def density(self, mass: Float[Array, " N"]) -> Float[Array, " N"]:
        """Height of the curve, 1 at the mean."""
        t = (np.asarray(mass) - self.mean) / self.width
        core = np.exp(-(np.clip(t, -self.low, self.high) ** 2) / 2)
        below = (1 + np.maximum(-t - self.low, 0) * self.low / self.n_low) ** -self.n_low
        above = (1 + np.maximum(t - self.high, 0) * self.high / self.n_high) ** -self.n_high
        return np.asarray(core * below * above)

    def cumulative(self, mass: Float[Array, " E"]) -> Float[Array, " E"]:
        """Area under the curve from minus infinity, GeV."""
        t = (np.asarray(mass) - self.mean) / self.width
        inner = np.clip(t, -self.low, self.high)
        core = np.sqrt(2 * np.pi) * (ndtr(inner) - ndtr(-self.low))
        below = _tail(np.maximum(-t - self.low, 0), self.low, self.n_low)
        whole = _tail(np.zeros(1), self.high, self.n_high)
        above = whole - _tail(np.maximum(t - self.high, 0), self.high, self.n_high)
        return np.asarray(self.width * (below + core + np.where(t > self.high, above, 0.0)))

    def fractions(self, edges: Float[Array, " E"], window: tuple[float, float]) -> Float[Array, " B"]:
        """Share of the events between the window's edges that lies in each bin."""
        low, high = self.cumulative(np.array(window))
        return np.diff(self.cumulative(edges)) / (high - low)

    def shifted(self, *, energy: float = 0.0, resolution: float = 0.0) -> DoubleCrystalBall:
        """The shape if all energies, or the resolution, are larger by these fractions."""
        return replace(self, mean=self.mean * (1 + energy), width=self.width * (1 + energy) * (1 + resolution))


def _tail(distance: Float[Array, " N"], start: float, power: float) -> Float[Array, " N"]:
    """Area of a tail beyond this distance from its start, in widths."""
    height = np.exp(-(start**2) / 2) * power / (start * (power - 1))
    return np.asarray(height * (1 + distance * start / power) ** (1 - power))


@dataclass(frozen=True, kw_only=True)
class SignalShape:
    """A fitted shape.

    Args:
        shape: The curve.
        mean_error, width_error: GeV.
        window: In which it was fitted and is normalised, GeV.
        n_events: Simulated events in the window.
        ks: Kolmogorov-Smirnov distance to them.
        p_value: Of that distance; the parameters were fitted to the same events, which makes it optimistic.
    """

    shape: DoubleCrystalBall
    mean_error: float
    width_error: float
    window: tuple[float, float]
    n_events: int
    ks: float
    p_value: float


def fit_signal_shape(mass: Float[Array, " N"], window: tuple[float, float]) -> SignalShape:
    """Fit the masses that lie in the window, without bins.

    Raises:
        FitError: too few events, or no peak among them.
    """
    inside = np.asarray(mass[(mass >= window[0]) & (mass < window[1])], dtype=np.float64)
    where = f"{window[0]:g}-{window[1]:g} GeV"
    if len(inside) < MIN_EVENTS:
        raise FitError(
            f"{len(inside)} simulated signal events lie in {where}, a shape needs {MIN_EVENTS}; simulate more"
        )
    median = float(np.median(inside))
    width = float(np.diff(np.quantile(inside, [0.16, 0.84]))[0]) / 2

    def nll(mean: float, width: float, low: float, n_low: float, high: float, n_high: float) -> float:
        shape = DoubleCrystalBall(mean=mean, width=width, low=low, n_low=n_low, high=high, n_high=n_high)
        norm = float(np.diff(shape.cumulative(np.array(window)))[0])
        return float(len(inside) * np.log(norm) - np.log(shape.density(inside)).sum())

    minuit = Minuit(nll, mean=median, width=0.8 * width, low=1.2, n_low=3.0, high=1.5, n_high=5.0)
    minuit.errordef = Minuit.LIKELIHOOD
    minuit.limits["mean"], minuit.limits["width"] = window, (width / 20, 3 * width)
    # Beyond these a tail is indistinguishable from none, or from a core without width.
    minuit.limits["low", "high"] = (0.2, 5.0)
    minuit.limits["n_low", "n_high"] = (1.05, 100.0)
    minuit.migrad()
    minuit.migrad()  # from where a flat direction made the first one stop
    if not np.isfinite(minuit.fval) or minuit.values["width"] > 0.25 * (window[1] - window[0]):
        raise FitError(f"the simulated signal has no peak in {where} (width {minuit.values['width']:.0f} GeV)")
    shape = DoubleCrystalBall(**{name: float(value) for name, value in minuit.values.to_dict().items()})
    low, high = shape.cumulative(np.array(window))
    test = kstest(inside, lambda m: (shape.cumulative(m) - low) / (high - low))
    return SignalShape(
        shape=shape,
        mean_error=float(minuit.errors["mean"]),
        width_error=float(minuit.errors["width"]),
        window=window,
        n_events=len(inside),
        ks=float(test.statistic),
        p_value=float(test.pvalue),
    )
