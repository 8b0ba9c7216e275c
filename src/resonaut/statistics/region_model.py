"""From a fitted spectrum and a signal's shape to the model that limits are set on: the bins of the signal region.

The background and its covariance come from the fit that does not see the region; the covariance is turned into
independent shifts of all bins together. Signal beside the region raises that fit, by an amount that is linear in the
signal and known (the fit's response); it is taken off the signal inside, so that the limit is not too strong. Bins are
merged until five background events are expected in each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import hypot
from typing import Annotated

import numpy as np
from annotated_types import Interval
from jaxtyping import Float, Int

from resonaut.errors import FitError
from resonaut.registry import settings
from resonaut.statistics.bump_hunt import MIN_FIT_P_VALUE
from resonaut.statistics.counting import Estimate
from resonaut.statistics.fitted_spectrum import SpectrumFitResult
from resonaut.statistics.goodness_of_fit import merge_sparse
from resonaut.statistics.limit_model import LimitModel
from resonaut.statistics.signal_shape import DoubleCrystalBall

__all__ = ["RegionModel", "Signal", "Systematics", "counting_model", "spectrum_model"]

Array = np.ndarray
Relative = Annotated[float, Interval(ge=0, lt=1)]


@settings
@dataclass(frozen=True, kw_only=True)
class Systematics:
    """Relative uncertainties, each a nuisance parameter.

    Args:
        luminosity: 1.6 % is that of CMS's Run 2 (EPJC 81 (2021) 800).
        energy_scale: Of the resonance's mass.
        resolution: Of the resonance's width.
        efficiency: Of the signal that passes; that of the finite simulation is added.
        background_bias: Of the background in the region, as a bump of the signal's shape: what the fit's function may
            be wrong by. docs/statistics.md has the measurement behind the default.
    """

    luminosity: Relative = 0.016
    energy_scale: Relative = 0.02
    resolution: Relative = 0.1
    efficiency: Relative = 0.1
    background_bias: Relative = 0.02


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What a signal of 1 pb leaves after the cut.

    Args:
        events: In `window`.
        efficiency_error: Relative, from the finite simulation.
        shape: In mass.
        window: In which the events are counted and the shape is normalised, GeV.
    """

    events: float
    efficiency_error: float
    shape: DoubleCrystalBall
    window: tuple[float, float]


@dataclass(frozen=True, eq=False)
class RegionModel:
    """The model, the counts it is held against, and the bins of both."""

    model: LimitModel
    counts: Int[Array, " B"]
    edges: Float[Array, " E"]


def spectrum_model(fit: SpectrumFitResult, signal: Signal, systematics: Systematics) -> RegionModel:
    """Bins of the masked region of a fitted spectrum.

    Raises:
        FitError: the function does not describe the spectrum.
    """
    if not fit.p_value >= MIN_FIT_P_VALUE:
        raise FitError(f"the spectrum is not described by its fit (p = {fit.p_value:.2g}); no limit is set on it")
    hidden = fit.masked
    starts = merge_sparse(fit.expected[hidden], np.zeros(int(hidden.sum()), dtype=bool))

    def merged(values: Float[Array, " B"]) -> Float[Array, " M"]:
        return np.add.reduceat(values, starts)

    _, derivatives = fit.family.on(fit.edges).derivatives(fit.coefficients)
    shifts = derivatives[hidden] @ np.linalg.cholesky(fit.coefficient_covariance)
    directions, sizes, _ = np.linalg.svd(np.add.reduceat(shifts, starts, axis=0), full_matrices=False)
    large = [k for k, size in enumerate(sizes) if size > 1e-3 * sizes[0]]
    background = merged(fit.expected[hidden])
    inside = np.append(fit.edges[:-1][hidden][starts], fit.edges[1:][hidden][-1])
    model = _model(
        lambda shape: merged(signal.events * _seen_by_the_fit(fit, shape.fractions(fit.edges, signal.window))),
        signal,
        systematics,
        background=background,
        background_shifts={f"background_{k + 1}": directions[:, k] * sizes[k] for k in large},
    )
    return RegionModel(model, np.add.reduceat(fit.counts[hidden].astype(np.int64), starts), inside)


def counting_model(
    observed: int, background: Estimate, region: tuple[float, float], signal: Signal, systematics: Systematics
) -> RegionModel:
    """One bin, for spectra that have too few events to be fitted."""
    edges = np.array(region)
    model = _model(
        lambda shape: signal.events * shape.fractions(edges, signal.window),
        signal,
        systematics,
        background=np.array([background.value]),
        background_shifts={"background": np.array([background.error])},
    )
    return RegionModel(model, np.array([observed]), edges)


def _model(
    in_bins: Callable[[DoubleCrystalBall], Float[Array, " B"]],
    signal: Signal,
    systematics: Systematics,
    *,
    background: Float[Array, " B"],
    background_shifts: dict[str, Float[Array, " B"]],
) -> LimitModel:
    """Add the systematic uncertainties."""

    def shift(**changed: float) -> Float[Array, " B"]:
        up, down = ({name: sign * size for name, size in changed.items()} for sign in (1, -1))
        return (in_bins(signal.shape.shifted(**up)) - in_bins(signal.shape.shifted(**down))) / 2

    nominal = in_bins(signal.shape)
    bump = np.maximum(nominal, 0) / np.maximum(nominal, 0).sum()
    factors = {
        "luminosity": systematics.luminosity,
        "efficiency": hypot(systematics.efficiency, signal.efficiency_error),
    }
    signal_shifts = {
        "energy_scale": shift(energy=systematics.energy_scale),
        "resolution": shift(resolution=systematics.resolution),
    }
    bias = systematics.background_bias * background.sum() * bump
    return LimitModel(
        signal=nominal,
        background=background,
        signal_factors={name: size for name, size in factors.items() if size},
        signal_shifts={name: size for name, size in signal_shifts.items() if size.any()},
        background_shifts=background_shifts | ({"background_bias": bias} if bias.any() else {}),
    )


def _seen_by_the_fit(fit: SpectrumFitResult, signal: Float[Array, " B"]) -> Float[Array, " M"]:
    """Signal in the masked bins, less what the signal beside them adds to the fitted background there."""
    hidden, n_statistical = fit.masked, fit.n_shape_parameters + 1
    expected, derivatives = fit.family.on(fit.edges).derivatives(fit.coefficients[:n_statistical])
    seen = derivatives[~hidden] / expected[~hidden, None]
    information = seen.T @ derivatives[~hidden]
    return signal[hidden] - derivatives[hidden] @ np.linalg.solve(information, seen.T @ signal[~hidden])
