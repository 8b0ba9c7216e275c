"""Features of events that are described by their particles alone, such as generated ones: their jets are the sums."""

from __future__ import annotations

from collections.abc import Sequence

import awkward as ak
import numpy as np
from jaxtyping import Float

from resonaut.events.dijet_clouds import DijetClouds
from resonaut.features.cloud_frame import jets_of
from resonaut.features.clustering import massless
from resonaut.features.observables import compute_features

__all__ = ["features_of_clouds"]


def features_of_clouds(events: DijetClouds, features: Sequence[str]) -> Float[np.ndarray, "N F"]:
    """Columns out of `resonaut.features.observables.FEATURES`, in the order asked for."""
    jets = []
    for cloud in events.jets:
        particles = ak.unflatten(cloud.points.astype(np.float64), cloud.counts)
        jets.append(massless(*(particles[..., i] for i in range(3)))[:, np.newaxis])
    mass = np.stack([jets_of(cloud).mass for cloud in events.jets], axis=1)
    columns = compute_features(features, mass=mass, constituents=ak.concatenate(jets, axis=1))
    return np.stack([columns[name] for name in features], axis=1)
