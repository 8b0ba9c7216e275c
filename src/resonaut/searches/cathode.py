"""CATHODE: classify the signal region's data against background sampled from a density learnt in the sidebands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from sklearn.base import clone

from resonaut.errors import ConfigError, RegionError
from resonaut.events.events import Events, Samples
from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.mass import KernelMass
from resonaut.models.density.spline import SplineFlow
from resonaut.protocols import Seed
from resonaut.registry import AnyClassifier, AnyDensity, AnyMassModel, register
from resonaut.searches.regions import Region

__all__ = ["CATHODE"]

Array = np.ndarray


@register("search", "cathode")
@dataclass(kw_only=True)
class CATHODE:
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

    density: AnyDensity = field(default_factory=SplineFlow)
    mass_model: AnyMassModel = field(default_factory=KernelMass)
    classifier: AnyClassifier = field(default_factory=lambda: Ensemble(model=BoostedTrees()))
    oversample: float = 4.0

    needs: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if not self.oversample > 0:
            raise ConfigError(f"oversample is {self.oversample}; it must be positive (4 is usual)")

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> CATHODE:
        """Learn p(x|m) in the sidebands."""
        outside = samples.data[region.in_sidebands(samples.data.mass)]
        density = replace(self.density)  # type: ignore[type-var]  # unfitted, with the same settings
        self.density_ = density.fit(outside.features, outside.context, seed=seed)
        self.names_: Sequence[str] = outside.names
        return self

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> CATHODE:
        """Learn p(m) in the signal region, sample background there, and tell the data from it."""
        rng = np.random.default_rng(seed)
        data = samples.data[region.in_signal(samples.data.mass)]
        if not len(data):
            raise RegionError(f"signal region {region} holds no event; widen or move it")
        self.mass_model_ = replace(self.mass_model).fit(samples.data.mass, region)  # type: ignore[type-var]
        template = self.background(round(self.oversample * len(data)), seed=rng)
        x = np.concatenate([data.features, template.features])
        y = np.repeat([1, 0], [len(data), len(template)])
        self.classifier_ = clone(self.classifier).set_params(random_state=int(rng.integers(2**31))).fit(x, y)
        # The classifier's log-odds hold the ratio of the samples' sizes. Weights would take it out as well, but make
        # scikit-learn's binning several times slower than the trees themselves.
        self.log_size_ratio_ = float(np.log(len(data) / len(template)))
        return self

    def score(self, events: Events) -> Float[Array, " N"]:
        """Estimate log p_data/p_background at the features of each event."""
        return np.asarray(self.classifier_.decision_function(events.features)) - self.log_size_ratio_

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh background events in the signal region."""
        rng = np.random.default_rng(seed)
        return self.background_at(self.mass_model_.sample(n, seed=rng), seed=rng)

    def background_at(self, mass: Float[Array, " N"], *, seed: Seed = None) -> Events:
        """Fresh background events of given masses, inside or outside the region."""
        features = self.density_.sample(mass[:, None], seed=seed)
        return Events(mass=mass, features=features, names=tuple(self.names_))
