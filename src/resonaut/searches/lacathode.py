"""LaCATHODE: CATHODE in the latent space of its flow, where the background looks the same at every mass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from resonaut.events.events import Events
from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.registry import AnyLatentDensity, register
from resonaut.searches.cathode import CATHODE

__all__ = ["LaCATHODE"]

Array = np.ndarray


@register("search", "lacathode")
@dataclass(kw_only=True)
class LaCATHODE(CATHODE):
    """Classify the latent variables of signal-region data against those of sampled background.

    The flow maps background at any mass to the same Gaussian, so that a cut on a score of the latent variables passes
    the same fraction of background at every mass: it makes no bump of its own, and the score may be used outside of the
    region that it was trained in, where that of CATHODE extrapolates.

    Args:
        density: Learns p(x|m) outside the region, as a map to a Gaussian.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.
        classifier: Tells the data's latent variables from those of sampled background.
        oversample: Sampled background events per data event.

    References:
        Hallin et al., PRD 107 (2023) 114012, arXiv:2210.14924
    """

    density: AnyLatentDensity = field(default_factory=AutoregressiveSplineFlow)

    def _seen(self, events: Events) -> Float[Array, "N F"]:
        """What the classifier sees of an event: its latent variables at its mass."""
        return self.density_.to_latent(events.features, events.context)
