"""The model that limits are set on: errors kept, leaked signal accounted for, sparse bins merged, bad fits refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from resonaut.errors import FitError
from resonaut.statistics.background_fit import SpectrumFit, SpectrumFitResult
from resonaut.statistics.counting import Estimate
from resonaut.statistics.limits import upper_limits
from resonaut.statistics.profile_likelihood import profile
from resonaut.statistics.region_model import RegionModel, Signal, Systematics, counting_model, spectrum_model
from resonaut.statistics.signal_shape import DoubleCrystalBall

WINDOW = (3300.0, 3700.0)
SHAPE = DoubleCrystalBall(mean=3500.0, width=110.0, low=1.3, n_low=2.5, high=1.6, n_high=4.0)
SIGNAL = Signal(events=400.0, efficiency_error=0.02, shape=SHAPE, window=(2600.0, 5000.0))
NONE = Systematics(luminosity=0, energy_scale=0, resolution=0, efficiency=0, background_bias=0)
Spectrum = Callable[..., np.ndarray]


def fitted(edges: np.ndarray, counts: np.ndarray) -> SpectrumFitResult:
    return SpectrumFit(max_parameters=2).fit_counts(edges, counts, WINDOW)


def best_strength(region: RegionModel) -> tuple[float, float]:
    """Fitted strength and its error, from the curvature between it and a little more."""
    counts, centres = region.counts[None], np.zeros((1, len(region.model.sources)))
    best = profile(region.model, counts, centres)
    step = 0.02
    rise = profile(region.model, counts, centres, best.mu + step).nll2 - best.nll2
    return float(best.mu[0]), float(step / np.sqrt(rise[0]))


def test_the_background_keeps_its_error(edges: np.ndarray, falling: Spectrum) -> None:
    fit = fitted(edges, np.random.default_rng(1).poisson(falling(20_000)))
    model = spectrum_model(fit, SIGNAL, NONE).model
    value, error = fit.integral(*WINDOW)
    assert model.background.sum() == pytest.approx(value, rel=1e-9)
    total = np.sqrt(sum(shift.sum() ** 2 for shift in model.background_shifts.values()))
    assert total == pytest.approx(error, rel=0.01)


def test_injected_signal_is_measured_although_it_leaks_into_the_fit(edges: np.ndarray, falling: Spectrum) -> None:
    peak = SIGNAL.events * SHAPE.fractions(edges, SIGNAL.window)
    rng = np.random.default_rng(2)
    pulls = []
    for _ in range(25):
        fit = replace(fitted(edges, rng.poisson(falling(20_000) + peak)), p_value=0.5)  # judged elsewhere
        strength, error = best_strength(spectrum_model(fit, SIGNAL, NONE))
        pulls.append((strength - 1) / error)
    # 25 toys; what is beyond the linear response is less than half a sigma at a signal of five sigma.
    assert abs(np.mean(pulls)) < 0.5 + 3 / np.sqrt(25)
    assert np.std(pulls) < 1 + 3 / np.sqrt(2 * 25)
    inside = (edges[:-1] >= WINDOW[0]) & (edges[1:] <= WINDOW[1])
    assert spectrum_model(fit, SIGNAL, NONE).model.signal.sum() < peak[inside].sum()


def test_every_source_is_there_and_can_be_left_out(edges: np.ndarray, falling: Spectrum) -> None:
    fit = fitted(edges, np.random.default_rng(3).poisson(falling(20_000)))
    full = spectrum_model(fit, SIGNAL, Systematics()).model
    named = {"luminosity", "efficiency", "energy_scale", "resolution", "background_bias"}
    assert named < set(full.sources)
    assert full.background_shifts["background_bias"].sum() == pytest.approx(0.02 * full.background.sum())
    # The finite simulation stays.
    assert set(spectrum_model(fit, SIGNAL, NONE).model.sources) & named == {"efficiency"}
    assert (
        upper_limits(full, fit.counts[fit.masked]).expected[2]
        > upper_limits(spectrum_model(fit, SIGNAL, NONE).model, fit.counts[fit.masked]).expected[2]
    )


def test_sparse_and_empty_bins_are_merged(edges: np.ndarray, falling: Spectrum) -> None:
    counts = np.random.default_rng(4).poisson(falling(60))
    assert (counts == 0).sum() > 10
    region = spectrum_model(fitted(edges, counts), SIGNAL, Systematics())
    assert len(region.counts) < 4
    assert region.counts.sum() == counts[(edges[:-1] >= WINDOW[0]) & (edges[1:] <= WINDOW[1])].sum()
    assert (region.edges[0], region.edges[-1]) == WINDOW
    assert np.isfinite(upper_limits(region.model, region.counts).expected).all()


def test_a_spectrum_that_the_function_cannot_describe_is_refused(edges: np.ndarray, falling: Spectrum) -> None:
    centres = (edges[1:] + edges[:-1]) / 2
    wavy = np.round(falling(100_000) * (1 + 0.08 * np.sin(centres / 100)))
    with pytest.raises(FitError, match="not described by its fit"):
        spectrum_model(fitted(edges, wavy), SIGNAL, Systematics())


def test_one_bin_serves_where_nothing_can_be_fitted() -> None:
    region = counting_model(3, Estimate(2.5, 0.5), WINDOW, SIGNAL, Systematics())
    assert region.counts.tolist() == [3]
    inside = SHAPE.fractions(np.array(WINDOW), SIGNAL.window)[0]
    assert region.model.signal[0] == pytest.approx(400 * inside)
    # Between 3 events (nothing seen, nothing expected) and 10.
    assert 3 < upper_limits(region.model, region.counts).observed * 400 * inside < 10
