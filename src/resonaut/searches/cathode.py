"""CATHODE: classify the signal region's data against background sampled from a density learnt in the sidebands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.events.events import Events, Samples
from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.protocols import Seed
from resonaut.registry import AnyClassifier, register
from resonaut.searches.interpolation import InterpolatedBackground
from resonaut.searches.ratio import learn_ratio
from resonaut.searches.regions import Region

__all__ = ["CATHODE"]

Array = np.ndarray
S = TypeVar("S", bound="CATHODE")


@register("search", "cathode")
@dataclass(kw_only=True)
class CATHODE(InterpolatedBackground):
    """Classify signal-region data against sampled background.

    The sampled background follows p(x|m) learnt in the sidebands, so the classifier tends to p_data/p_background, the
    most powerful test between the two (Neyman-Pearson). Where the data hold a fraction w of signal that is
    1 - w + w p_signal/p_background: monotonic in the ratio one would like to have, without knowing the signal.

    Args:
        density: Learns p(x|m) outside the region.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.
        classifier: Tells data from sampled background.
        oversample: Sampled background events per data event.

    References:
        Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546
    """

    classifier: AnyClassifier = field(default_factory=lambda: Ensemble(model=BoostedTrees()))
    oversample: float = 4.0

    def __post_init__(self) -> None:
        if not self.oversample > 0:
            raise ConfigError(f"oversample is {self.oversample}; it must be positive (4 is usual)")

    def fit_region(self: S, samples: Samples, region: Region, *, seed: Seed = None) -> S:
        """Learn p(m) in the signal region, sample background there, and tell the data from it."""
        rng = np.random.default_rng(seed)
        data = self._enter_region(samples, region)
        template = self.background(round(self.oversample * len(data)), seed=rng)
        self.ratio_ = learn_ratio(self.classifier, self._seen(data), self._seen(template), seed=rng)
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Estimate log p_data/p_background at each event."""
        return self.ratio_.log_ratio(self._seen(events))

    def _seen(self, events: Events) -> Float[Array, "N F"]:
        """What the classifier sees of an event: its features, not its mass."""
        return events.features
