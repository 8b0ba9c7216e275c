"""ANODE: the ratio of two densities, one learnt in the signal region and one interpolated into it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from resonaut.events.events import Events, Samples
from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import AnyTractableDensity, register
from resonaut.searches.interpolation import InterpolatedBackground
from resonaut.searches.likelihood import FlooredLikelihood, moved_into
from resonaut.searches.regions import Region

__all__ = ["ANODE"]

Array = np.ndarray


def _patient_flow() -> AutoregressiveSplineFlow:
    """The region holds a fraction of the sidebands' events: smaller batches and more epochs give it as many steps."""
    return AutoregressiveSplineFlow(trainer=Trainer(epochs=10, batch_size=512, learning_rate=8e-3))


@register("search", "anode")
@dataclass(kw_only=True)
class ANODE(InterpolatedBackground):
    """Learn p_data(x|m) in the signal region and p_background(x|m) in the sidebands, and divide.

    No classifier: the ratio is as good as both densities, which have to agree wherever there is no signal.

    Args:
        density: Learns p_background(x|m) outside the region; its likelihood must be known.
        data_density: Learns p_data(x|m) inside it, likewise.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.

    References:
        Nachman, Shih, PRD 101 (2020) 075042, arXiv:2001.04990
    """

    density: AnyTractableDensity = field(default_factory=AutoregressiveSplineFlow)
    data_density: AnyTractableDensity = field(default_factory=_patient_flow)

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> ANODE:
        """Learn p_data(x|m) in the signal region."""
        data = self._enter_region(samples, region)
        density = replace(self.data_density)  # type: ignore[type-var]  # unfitted, with the same settings
        density.fit(data.features, data.context, seed=seed)
        self.data_ = FlooredLikelihood.of(density, data)
        self.background_ = FlooredLikelihood.of(self.density_, data)
        self.masses_ = float(data.mass.min()), float(data.mass.max())
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Log p_data(x|m)/p_background(x|m), of events outside the region at the nearest mass inside."""
        inside = moved_into(self.masses_, events)
        return self.data_.log_prob(inside) - self.background_.log_prob(inside)
