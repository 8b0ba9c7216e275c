"""The background of the signal region by interpolation: p(x|m) is learnt on both sides of it and sampled inside.

The first step of ANODE, R-ANODE, CATHODE and LaCATHODE, which differ in what they do with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from jaxtyping import Float

from resonaut.events.events import Events, Samples
from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.models.density.mass import KernelMass
from resonaut.protocols import Seed
from resonaut.registry import AnyDensity, AnyMassModel
from resonaut.searches.populations import in_signal_region
from resonaut.searches.regions import Region

__all__ = ["InterpolatedBackground"]

Array = np.ndarray
S = TypeVar("S", bound="InterpolatedBackground")


@dataclass(kw_only=True)
class InterpolatedBackground:
    """What these searches have in common.

    Args:
        density: Learns p(x|m) outside the region.
        mass_model: Learns p(m) inside it; the sampled events get their masses from here.
    """

    density: AnyDensity = field(default_factory=AutoregressiveSplineFlow)
    mass_model: AnyMassModel = field(default_factory=KernelMass)

    needs: ClassVar[frozenset[str]] = frozenset()

    def fit_background(self: S, samples: Samples, region: Region, *, seed: Seed = None) -> S:
        """Learn p(x|m) in the sidebands."""
        outside = samples.data[region.in_sidebands(samples.data.mass)]
        density = replace(self.density)  # type: ignore[type-var]  # unfitted, with the same settings
        self.density_: Any = density.fit(outside.features, outside.context, seed=seed)
        self.names_: Sequence[str] = outside.names
        return self

    def _enter_region(self, samples: Samples, region: Region) -> Events:
        """Learn p(m) in the signal region; the data there."""
        data = in_signal_region(samples.data, region)
        self.mass_model_ = replace(self.mass_model).fit(samples.data.mass, region)  # type: ignore[type-var]
        return data

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh background events in the signal region."""
        rng = np.random.default_rng(seed)
        return self.background_at(self.masses(n, seed=rng), seed=rng)

    def masses(self, n: int, *, seed: Seed = None) -> Float[Array, " N"]:
        """Masses of fresh background events in the signal region."""
        mass: Float[Array, " N"] = self.mass_model_.sample(n, seed=seed)
        return mass

    def background_at(self, mass: Float[Array, " N"], *, seed: Seed = None) -> Events:
        """Fresh background events of given masses, inside or outside the region."""
        features = self.density_.sample(mass[:, None], seed=seed)
        return Events(mass=mass, features=features, names=tuple(self.names_))
