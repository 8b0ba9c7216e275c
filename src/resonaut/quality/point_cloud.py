"""How far generated jets are from real ones: Wasserstein distances of their masses and of their particles.

W1M and W1P as in JetNet: of the jets' masses over pT, and of the particles' relative coordinates, averaged over the
three. They mean something beside the same distance between two samples of real jets, the floor.

References:
    Kansal et al., NeurIPS 2021, arXiv:2106.11535
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import wasserstein_distance

from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import into_frame, jets_of

__all__ = ["CloudDistance", "cloud_distance"]


@dataclass(frozen=True, kw_only=True)
class CloudDistance:
    """Distances between two samples of jets.

    Args:
        w1m: Of the masses in units of the jets' pT.
        w1p: Of the particles' pT over the jet's, and eta and phi from its axis: the mean of the three.
    """

    w1m: float
    w1p: float


def cloud_distance(a: PointCloud, b: PointCloud) -> CloudDistance:
    """Wasserstein-1 distances between two samples of jets, particles given as (pT, eta, phi)."""
    jets = [jets_of(cloud) for cloud in (a, b)]
    mass = [jet.mass / jet.pt for jet in jets]
    particles = [into_frame(cloud, jet).points for cloud, jet in zip((a, b), jets, strict=True)]
    for points in particles:
        points[:, 0] = np.exp(points[:, 0])
    columns = zip(*(points.T for points in particles), strict=True)
    return CloudDistance(
        w1m=float(wasserstein_distance(*mass)),
        w1p=float(np.mean([wasserstein_distance(x, y) for x, y in columns])),
    )
