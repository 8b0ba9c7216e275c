"""Events of two jets with particles, in no time and with known shapes."""

from dataclasses import replace

import numpy as np

from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.events import Events
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, project


def toy_events(n, seed, spread=0.15):
    """Back-to-back jets of 10 to 30 particles around an axis, and their dijet mass."""
    rng = np.random.default_rng(seed)
    pt = 1200 + rng.exponential(200, n)
    phi = rng.uniform(-np.pi, np.pi, n)
    made = []
    for ratio, azimuth in ((np.ones(n), phi), (rng.uniform(0.7, 1, n), phi + np.pi + 0.1 * rng.normal(size=n))):
        counts = rng.integers(10, 31, n)
        points = np.column_stack([rng.exponential(1, counts.sum()), spread * rng.normal(size=(counts.sum(), 2))])
        cloud = PointCloud.of_counts(points, counts)
        eta = rng.normal(0, 0.7, n)
        axis = Jets(pt=ratio * pt, eta=eta, phi=np.remainder(azimuth + np.pi, 2 * np.pi) - np.pi, mass=pt, n=counts)
        made.append(project(cloud, axis))
    return DijetClouds(*made), dijet_mass(*made)


def dijet_mass(first, second):
    total = np.zeros((4, len(first)))
    for cloud in (first, second):
        pt, eta, phi = cloud.points.T
        parts = (pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta))
        total += np.stack([cloud.sum(part) for part in parts])
    return np.sqrt(total[0] ** 2 - (total[1:] ** 2).sum(axis=0))


def with_particles(events: Events, seed: int) -> Events:
    """The events with particles whose dijet mass is theirs, closer together in those of signal."""
    clouds, mass = toy_events(len(events), seed=seed)
    narrow, narrow_mass = toy_events(len(events), seed=seed + 1, spread=0.07)
    both, masses = DijetClouds.concatenate([clouds, narrow]), np.concatenate([mass, narrow_mass])
    rows = np.arange(len(events)) + len(events) * events.labels
    scaled = []
    for cloud in both[rows].jets:
        scale = (events.mass / masses[rows])[cloud.owner]
        scaled.append(PointCloud(cloud.points * np.column_stack([scale, np.ones((len(scale), 2))]), cloud.offsets))
    return replace(events, particles=DijetClouds(*scaled))
