"""Jets as sets of particles relative to their axis, with a known shape, and a density small enough to learn them."""

from dataclasses import replace

import numpy as np

from resonaut.events.point_cloud import PointCloud
from resonaut.features.scaling import Quantile
from resonaut.models.density.epic_flow_matching import EPiCFlowMatching
from resonaut.models.density.flow_matching import FlowMatching
from resonaut.models.density.subjet_cloud import SubjetCloud
from resonaut.models.training import Trainer

TRAINER = Trainer(epochs=12, batch_size=64, learning_rate=4e-3, ema=0.98, device="cpu")


def two_prongs(n, seed):
    """Particles (log of pT over the jet's, eta, phi) about two axes, whose distance is the context; 4 to 20 of them."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(4, 21, n)
    distance, angle = rng.uniform(0.2, 1.0, n), rng.uniform(-np.pi, np.pi, n)
    side = np.where(rng.random(counts.sum()) < 0.6, 0.4, -0.6)
    of = np.repeat(np.arange(n), counts)
    axis = side * distance[of] * np.exp(1j * angle[of])
    pt = rng.exponential(1, counts.sum()) + 0.05
    place = axis + 0.03 * (rng.normal(size=len(of)) + 1j * rng.normal(size=len(of)))
    total = np.bincount(of, weights=pt)
    centre = (np.bincount(of, pt * place.real) + 1j * np.bincount(of, pt * place.imag)) / total
    place -= centre[of]
    points = np.stack([np.log(pt / total[of]), place.real, place.imag], axis=1)
    return PointCloud.of_counts(points, counts), distance[:, None]


def small_subjet_cloud():
    """One that learns `two_prongs` in seconds."""
    skeleton = replace(TRAINER, epochs=60, batch_size=256)
    return SubjetCloud(
        subjets=3,
        skeleton=FlowMatching(width=48, blocks=2, scaling=Quantile(knots=50), trainer=skeleton),
        particles=EPiCFlowMatching(width=24, global_width=24, layers=2, steps=6, trainer=TRAINER),
    )
