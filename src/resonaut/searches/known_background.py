"""What the searches that are told the true background have in common: they are for studies of simulated events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from resonaut.events.events import Events, Samples
from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.protocols import Seed
from resonaut.registry import AnyEventClassifier
from resonaut.searches.description import PARTICLES, described, sees_particles
from resonaut.searches.populations import draw, in_signal_region
from resonaut.searches.ratio import learn_ratio
from resonaut.searches.regions import Region

__all__ = ["KnownBackground"]

Array = np.ndarray
S = TypeVar("S", bound="KnownBackground")


@dataclass(kw_only=True)
class KnownBackground:
    """Classify some events of the signal region against true background there.

    Args:
        classifier: Tells the two apart, by their features or by their particles.
    """

    classifier: AnyEventClassifier = field(default_factory=lambda: Ensemble(model=BoostedTrees()))

    truth: ClassVar[frozenset[str]] = frozenset({"background"})

    @property
    def needs(self) -> frozenset[str]:
        """The truth that it is told, and particles where its classifier takes these."""
        return self.truth | (PARTICLES if sees_particles(self.classifier) else frozenset())

    def fit_background(self: S, samples: Samples, region: Region, *, seed: Seed = None) -> S:
        """Nothing is learnt of the background alone: it is known."""
        return self

    def _tell_from_background(self: S, events: Events, samples: Samples, region: Region, *, seed: Seed) -> S:
        """Train on all but the held-out background, from which thresholds come."""
        assert samples.background is not None, "blinded(needs) has checked"
        above, below = (in_signal_region(part, region) for part in (events, samples.background))
        parts = (described(part, self.classifier) for part in (above, below))
        self.ratio_ = learn_ratio(self.classifier, *parts, seed=seed)
        held_out = None if samples.held_out is None else samples.held_out.background
        self.held_out_ = None if held_out is None else held_out[region.in_signal(held_out.mass)]
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Estimate the log-ratio at each event."""
        return self.ratio_.log_ratio(described(events, self.classifier))

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Held-out true background of the signal region, at most as much as there is."""
        return draw(self.held_out_, n, seed=seed)
