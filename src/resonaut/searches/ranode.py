"""R-ANODE: learn the signal's density directly, as what the data hold beyond a frozen background."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
from annotated_types import Interval
from jaxtyping import Float, Int

from resonaut.events.events import Events, Samples
from resonaut.models.density.ensemble import DensityEnsemble
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import AnyResidualDensity, AnyTractableDensity, register
from resonaut.searches.interpolation import InterpolatedBackground
from resonaut.searches.likelihood import FlooredLikelihood, moved_into
from resonaut.searches.regions import Region

__all__ = ["RANODE"]

Array = np.ndarray

STRIPS = 20
"""Of equal width in the signal region, in which the mass spectra of signal and background are counted."""


def _backgrounds() -> DensityEnsemble:
    """What one training got wrong by chance is as large as a signal, and would be learnt as one; here it averages."""
    return DensityEnsemble(members=3)


def _signals() -> DensityEnsemble:
    """A signal is a lump: few weights, small batches, and the best epochs of those that a held-out fifth prefers.

    One training in several settles for what is left of the background's errors; the mean holds what the others found.
    """
    trainer = Trainer(epochs=30, batch_size=256, learning_rate=2e-3, validation_fraction=0.2, best_epochs=5)
    return DensityEnsemble(model=SplineFlow(transforms=4, hidden=(32, 32), bins=8, trainer=trainer), members=3)


@register("search", "ranode")
@dataclass(kw_only=True)
class RANODE(InterpolatedBackground):
    """Maximise log[w p_S(x, m) + (1 - w) p_B(x|m) p(m)] over the data of the signal region, where only p_S is learnt.

    ANODE subtracts two large densities; this fits the small difference alone. p_S(x, m) is p_S(x|m) times a spectrum in
    strips of mass, learnt with it. The score is p_S(x|m)/p_B(x|m), without the spectra, so that a cut makes no bump.

    Args:
        density: Learns p_B(x|m) outside the region; its likelihood must be known.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.
        signal: Learns p_S(x|m).
        fraction: w, the share of signal in the region; None learns it, too.

    References:
        Das, Kasieczka, Shih, arXiv:2312.11629
    """

    density: AnyTractableDensity = field(default_factory=_backgrounds)
    signal: AnyResidualDensity = field(default_factory=_signals)
    fraction: Annotated[float, Interval(gt=0, lt=1)] | None = None

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> RANODE:
        """Learn the signal's density, the background's being frozen."""
        data = self._enter_region(samples, region)
        self.background_ = FlooredLikelihood.of(self.density_, data)
        strip = _strip(data, region)
        share = np.bincount(strip, minlength=STRIPS) / len(data)
        signal = replace(self.signal).fit_residual(  # type: ignore[type-var]
            data.features,
            data.context,
            log_known=self.background_.log_prob(data) + np.log(share[strip]),
            strip=strip,
            fraction=self.fraction,
            seed=seed,
        )
        self.signal_ = FlooredLikelihood.of(signal, data)
        self.masses_ = float(data.mass.min()), float(data.mass.max())
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Log p_S(x|m)/p_B(x|m), of events outside the region at the nearest mass inside."""
        inside = moved_into(self.masses_, events)
        return self.signal_.log_prob(inside) - self.background_.log_prob(inside)


def _strip(events: Events, region: Region) -> Int[Array, " N"]:
    """The number of the strip that each event lies in, from 0."""
    position = (events.mass - region.low) / (region.high - region.low)
    return np.minimum((STRIPS * position).astype(np.int64), STRIPS - 1)
