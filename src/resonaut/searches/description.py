"""What a classifier is given of events: their features, or all their particles."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.events import Events
from resonaut.protocols import Classifier, CloudClassifier

__all__ = ["PARTICLES", "described", "sees_particles"]

PARTICLES = frozenset({"particles"})


def sees_particles(classifier: Classifier | CloudClassifier) -> bool:
    """Whether events are to be described to it by their particles."""
    return getattr(classifier, "needs", frozenset()) >= PARTICLES


def described(events: Events, classifier: Classifier | CloudClassifier) -> Float[np.ndarray, "N F"] | DijetClouds:
    """The events as the classifier takes them.

    Raises:
        EventsError: it takes particles, and there are none.
    """
    return events.require_particles() if sees_particles(classifier) else events.features
