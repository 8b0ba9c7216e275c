"""Whole events of a given dijet mass: first both jets, then the particles of each.

The jets' (pT, eta, phi, m, N) come from a density of tables, in coordinates in which the dijet mass is exact; the
particles from a density of point clouds given their jet, one for both jets. Generated particles are as many as their
jet says, lie within its edge but for a few, and are projected so that their momenta sum to it exactly, mass included if
that is wanted.

References:
    Buhmann et al., PRD 109 (2024) 055015, arXiv:2310.06897
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from resonaut.errors import ConfigError, EventsError, FitError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, from_frame, into_frame, jets_of, project
from resonaut.features.dijet_coordinates import DijetCoordinates
from resonaut.features.scaling import Quantile
from resonaut.models.density.bridging import require_velocity
from resonaut.models.density.flow_matching import FlowMatching
from resonaut.models.density.network import joined, part_of
from resonaut.models.density.subjet_cloud import SubjetCloud
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import AnyCloudDensity, AnyDensity, check_config, settings

__all__ = ["Condition", "DijetGenerator"]

Array = np.ndarray

Condition = Literal["log_pt", "eta", "phi", "log_mass", "log_n", "log_mjj"]
"""What the particles of a jet may be told of it."""

_BEYOND = 1e-3
"""Share of the particles that is taken to lie beyond the edge of its jet: clustering allows few there."""

_FOLDINGS = 2
"""A jet has an edge, which networks blur: what lies beyond is mirrored there. The projection moves some out again."""

_ROUNDS = 30
"""Of drawing impossible jets again; each time all but a few per cent are possible."""


def _jet_density() -> FlowMatching:
    trainer = Trainer(epochs=60, batch_size=1024, learning_rate=2e-3, ema=0.999)
    return FlowMatching(scaling=Quantile(knots=500), trainer=trainer)


@settings
@dataclass(kw_only=True)
class DijetGenerator:
    """Draws events of two jets with all their particles, given the dijet mass.

    Args:
        jets: Density of both jets' kinematics and multiplicities given the mass.
        particles: Density of the particles given their jet.
        conditions: What the particles are told of their jet; their number is given in any case.
        exact_masses: Learn angles in units of the jet's mass over pT, and move generated particles such that their mass
            is the jet's; otherwise it is what comes out.
    """

    jets: AnyDensity = field(default_factory=_jet_density)
    particles: AnyCloudDensity = field(default_factory=SubjetCloud)
    conditions: tuple[Condition, ...] = ("log_pt", "eta", "phi", "log_mass", "log_n", "log_mjj")
    exact_masses: bool = True

    def __post_init__(self) -> None:
        if not self.conditions:
            raise ConfigError("conditions are empty; particles need to know something of their jet, log_pt say")

    def fit(self, events: DijetClouds, mass: Float[Array, " N"], *, seed: Seed = None) -> Self:
        """Learn from events and their dijet masses, GeV.

        Raises:
            EventsError: a jet of fewer than two particles.
        """
        rng = np.random.default_rng(seed)
        return self.fit_jets(events, mass, seed=rng).fit_particles(events, mass, seed=rng)

    def fit_jets(self, events: DijetClouds, mass: Float[Array, " N"], *, seed: Seed = None) -> Self:
        """Learn the jets alone."""
        rng = np.random.default_rng(seed)
        first, second = self._jets(events)
        self.coordinates_ = DijetCoordinates(float(first.pt.min()))
        columns = self.coordinates_.forward(first, second, mass, rng)
        self.jets_: Any = replace(self.jets).fit(columns, mass[:, None], seed=rng)  # type: ignore[type-var]
        return self

    def fit_particles(self, events: DijetClouds, mass: Float[Array, " N"], *, seed: Seed = None) -> Self:
        """Learn the particles of given jets alone, of both jets together."""
        jets = self._jets(events)
        relative = [into_frame(*jet, in_openings=self.exact_masses) for jet in zip(events.jets, jets, strict=True)]
        angles = [into_frame(*jet).points[:, 1:] for jet in zip(events.jets, jets, strict=True)]
        self.reach_ = float(np.quantile(np.hypot(*np.concatenate(angles).T), 1 - _BEYOND))
        context = np.concatenate([self._context(one, mass) for one in jets])
        fresh = replace(self.particles)  # type: ignore[type-var]
        self.particles_: Any = fresh.fit(PointCloud.concatenate(relative), context, seed=seed)
        return self

    def _jets(self, events: DijetClouds) -> tuple[Jets, Jets]:
        check_config(self)
        if few := sum(int((jet.counts < 2).sum()) for jet in events.jets):
            raise EventsError(f"{few} jets have fewer than two particles, and no mass; leave their events out")
        return jets_of(events.first), jets_of(events.second)

    def sample(self, mass: Float[Array, " N"], *, seed: Seed = None) -> DijetClouds:
        """Draw one event for each dijet mass, GeV."""
        rng = np.random.default_rng(seed)
        return self.sample_particles(*self.sample_jets(mass, seed=rng), mass, seed=rng)

    def sample_jets(self, mass: Float[Array, " N"], *, seed: Seed = None) -> tuple[Jets, Jets]:
        """Draw both jets of each event; impossible ones are drawn again.

        Raises:
            FitError: most are impossible: the density has not learnt.
        """
        rng = np.random.default_rng(seed)
        columns = np.empty((len(mass), 8))
        missing = np.arange(len(mass))
        for _ in range(_ROUNDS):
            columns[missing] = self.jets_.sample(mass[missing, None], seed=rng)
            *_, possible = self.coordinates_.inverse(columns[missing], mass[missing], rng)
            missing = missing[~possible]
            if not len(missing):
                first, second, _ = self.coordinates_.inverse(columns, mass, rng)
                return first, second
        raise FitError(
            f"{len(missing)} of {len(mass)} generated jets are impossible at their dijet mass in {_ROUNDS} draws; "
            "train the density of the jets longer, or ask for masses like those of the fit"
        )

    def sample_particles(
        self, first: Jets, second: Jets, mass: Float[Array, " N"], *, seed: Seed = None
    ) -> DijetClouds:
        """Draw the particles of given jets, as many as each has, with momenta that sum to it."""
        rng = np.random.default_rng(seed)
        made = []
        for jets in (first, second):
            relative = self.particles_.sample(self._context(jets, mass), jets.n, seed=rng)
            for _ in range(_FOLDINGS):
                inside = from_frame(relative, jets, in_openings=self.exact_masses, reach=self.reach_)
                projected = project(inside, jets, masses=self.exact_masses)
                relative = into_frame(projected, jets, in_openings=self.exact_masses)
            made.append(projected)
        return DijetClouds(*made)

    def require_velocities(self) -> None:
        """Refuse densities that `bridged` cannot interpolate.

        Raises:
            ConfigError: one that follows no velocity.
        """
        for name in ("jets", "particles"):
            require_velocity(getattr(self, name), name)

    def bridged(self, low: float, high: float) -> DijetGenerator:
        """The same fitted generator, with what it does between two dijet masses, GeV, interpolated from there."""
        self.require_velocities()
        other = copy(self)
        other.jets_ = self.jets_.bridged(0, low, high)
        if "log_mjj" in self.conditions:
            column = self.conditions.index("log_mjj")
            other.particles_ = self.particles_.bridged(column, float(np.log(low)), float(np.log(high)))
        return other

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        return {
            "leading_pt": torch.tensor(self.coordinates_.leading_pt, dtype=torch.float64),
            "reach": torch.tensor(self.reach_, dtype=torch.float64),
            **joined({"jets": self.jets_.state(), "particles": self.particles_.state()}),
        }

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.coordinates_ = DijetCoordinates(float(state["leading_pt"]))
        self.reach_ = float(state["reach"])
        jets: Any = replace(self.jets)  # type: ignore[type-var]
        particles: Any = replace(self.particles)  # type: ignore[type-var]
        self.jets_ = jets.load_state(part_of(state, "jets."))
        self.particles_ = particles.load_state(part_of(state, "particles."))
        return self

    def _context(self, jets: Jets, mass: Float[Array, " N"]) -> Float[Array, "N C"]:
        known = {
            "log_pt": np.log(jets.pt),
            "eta": jets.eta,
            "phi": jets.phi,
            "log_mass": np.log(np.maximum(jets.mass, 1e-4 * jets.pt)),
            "log_n": np.log(jets.n),
            "log_mjj": np.log(mass),
        }
        return np.stack([known[name] for name in self.conditions], axis=1)
