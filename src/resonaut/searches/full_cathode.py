"""CATHODE without chosen features: data and sampled background are compared by all particles of both jets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.events.events import Events, Samples
from resonaut.features.observables import computable
from resonaut.features.of_clouds import features_of_clouds
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.density.mass import KernelMass
from resonaut.models.dijet_generator import DijetGenerator
from resonaut.protocols import Seed
from resonaut.registry import AnyCloudClassifier, AnyMassModel, register
from resonaut.searches.description import PARTICLES
from resonaut.searches.populations import in_signal_region
from resonaut.searches.ratio import learn_ratio
from resonaut.searches.regions import Region

__all__ = ["FullCATHODE"]

Array = np.ndarray


@register("search", "full-cathode")
@dataclass(kw_only=True)
class FullCATHODE:
    """Classify signal-region data against whole sampled background events.

    Masses, then jets given the mass, then particles given their jet: p(all particles | mass) is learnt in the sidebands
    and sampled inside. What a classifier finds between such events and the data needs no feature to be chosen before;
    the features of a hunt are only what its figures compare, computed from the sampled particles.

    Args:
        generator: Learns the events outside the region.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.
        classifier: Tells data from sampled background.
        oversample: Sampled background events per data event.

    References:
        Buhmann et al., PRD 109 (2024) 055015, arXiv:2310.06897
    """

    generator: DijetGenerator = field(default_factory=DijetGenerator)
    mass_model: AnyMassModel = field(default_factory=KernelMass)
    classifier: AnyCloudClassifier = field(default_factory=CloudTransformer)
    oversample: float = 2.0

    needs: ClassVar[frozenset[str]] = PARTICLES

    def __post_init__(self) -> None:
        if not self.oversample > 0:
            raise ConfigError(f"oversample is {self.oversample}; it must be positive (2 is the paper's)")

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> FullCATHODE:
        """Learn whole events of the sidebands.

        Raises:
            EventsError: the events came without particles, or with a jet of fewer than two.
            ConfigError: features that cannot be computed for sampled events.
        """
        outside = samples.data[region.in_sidebands(samples.data.mass)]
        # Now, not after hours of training.
        self.names_ = computable(outside.names) if outside.names else ()
        self.generator_ = replace(self.generator).fit(outside.require_particles(), outside.mass, seed=seed)
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> FullCATHODE:
        """Learn p(m) in the signal region, sample background there, and tell the data from it."""
        rng = np.random.default_rng(seed)
        data = in_signal_region(samples.data, region).require_particles()
        self.mass_model_ = replace(self.mass_model).fit(samples.data.mass, region)  # type: ignore[type-var]
        mass = self.mass_model_.sample(round(self.oversample * len(data)), seed=rng)
        self.ratio_ = learn_ratio(self.classifier, data, self.generator_.sample(mass, seed=rng), seed=rng)
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Estimate log p_data/p_background at each event."""
        return self.ratio_.log_ratio(events.require_particles())

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh background events in the signal region, which no classifier has seen."""
        rng = np.random.default_rng(seed)
        return self.background_at(self.mass_model_.sample(n, seed=rng), seed=rng)

    def background_at(self, mass: Float[Array, " N"], *, seed: Seed = None) -> Events:
        """Fresh background events of given masses, inside or outside the region, with features of their particles."""
        particles = self.generator_.sample(mass, seed=seed)
        features = features_of_clouds(particles, self.names_) if self.names_ else np.empty((len(mass), 0))
        return Events(mass=mass, features=features, names=self.names_, particles=particles)
