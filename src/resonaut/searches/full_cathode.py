"""CATHODE without chosen features: data and sampled background are compared by all particles of both jets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

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
        interpolate: Learn the events of all masses, the region's too, and interpolate the generator's velocity across
            the region, instead of learning the sidebands alone. The windows of a scan then share one training.

    References:
        Buhmann et al., PRD 109 (2024) 055015, arXiv:2310.06897; Das, Shih (SIGMA), arXiv:2410.20537
    """

    generator: DijetGenerator = field(default_factory=DijetGenerator)
    mass_model: AnyMassModel = field(default_factory=KernelMass)
    classifier: AnyCloudClassifier = field(default_factory=CloudTransformer)
    oversample: float = 2.0
    interpolate: bool = False

    needs: ClassVar[frozenset[str]] = PARTICLES

    def __post_init__(self) -> None:
        if not self.oversample > 0:
            raise ConfigError(f"oversample is {self.oversample}; it must be positive (2 is the paper's)")

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> FullCATHODE:
        """Learn whole events of the sidebands, or of all masses where it is to interpolate.

        Raises:
            EventsError: the events came without particles, or with a jet of fewer than two.
            ConfigError: features that cannot be computed for sampled events.
        """
        learnt = samples.data[self._learnt(samples.data, region)]
        # Now, not after hours of training.
        if self.interpolate:
            self.generator.require_velocities()
        self.names_ = computable(learnt.names) if learnt.names else ()
        generator = replace(self.generator).fit(learnt.require_particles(), learnt.mass, seed=seed)
        self.generator_ = generator.bridged(*region.window) if self.interpolate else generator
        return self

    def _learnt(self, data: Events, region: Region) -> Bool[Array, " N"]:
        return region.in_window(data.mass) if self.interpolate else region.in_sidebands(data.mass)

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
        return self.background_at(self.masses(n, seed=rng), seed=rng)

    def masses(self, n: int, *, seed: Seed = None) -> Float[Array, " N"]:
        """Masses of fresh background events in the signal region."""
        mass: Float[Array, " N"] = self.mass_model_.sample(n, seed=seed)
        return mass

    def background_at(self, mass: Float[Array, " N"], *, seed: Seed = None) -> Events:
        """Fresh background events of given masses, inside or outside the region, with features of their particles."""
        particles = self.generator_.sample(mass, seed=seed)
        features = features_of_clouds(particles, self.names_) if self.names_ else np.empty((len(mass), 0))
        return Events(mass=mass, features=features, names=self.names_, particles=particles)
