"""Jets in two steps: first their subjets, then the particles of each.

What jet substructure measures is mostly where a jet's few hard subjets lie and how they share its momentum: a table of
some ten columns a jet, which flow matching learns from few events, while a network that sees fifty particles at once
needs very many. The particles of a subjet are then few and much alike: in units of its own pT and of its own opening,
mass over pT, a soft subjet looks like a hard one, but for where its jet ends and the next subjet begins. Of these the
network is told, in a frame that is turned such that the jet's axis always lies on the same side. Generated particles
are moved so that they sum to their subjet, mass included, so that what the first step has learnt is not spoilt by the
second.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from resonaut.errors import EventsError
from resonaut.events.point_cloud import PointCloud
from resonaut.features.cloud_frame import Jets, from_frame, into_frame, jets_of, project
from resonaut.features.scaling import Chain, Quantile, finite_table
from resonaut.features.subjets import Place, from_rows, into_rows, subjets_of
from resonaut.features.whitening import Whiten
from resonaut.models.density.cloud import refuse_empty
from resonaut.models.density.epic_flow_matching import EPiCFlowMatching
from resonaut.models.density.flow_matching import FlowMatching
from resonaut.models.density.network import joined, part_of
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import AnyCloudDensity, AnyDensity, check_config, register

__all__ = ["SubjetCloud"]

Array = np.ndarray

_SMALL = 1e-3
"""Unit of the angles: those in units of a narrow jet's opening reach several hundred, which shall be less than pi."""


def _skeleton() -> FlowMatching:
    trainer = Trainer(epochs=40, batch_size=1024, learning_rate=2e-3, ema=0.998)
    return FlowMatching(width=256, blocks=4, scaling=Chain(steps=(Quantile(knots=500), Whiten())), trainer=trainer)


def _particles() -> EPiCFlowMatching:
    trainer = Trainer(epochs=6, batch_size=1024, learning_rate=2e-3, ema=0.998)
    return EPiCFlowMatching(width=48, global_width=48, layers=3, steps=6, trainer=trainer)


@register("cloud", "subjets")
@dataclass(kw_only=True)
class SubjetCloud:
    """p(subjets | jet) times p(particles | their subjet).

    Points are particles relative to their jet, as `resonaut.features.cloud_frame.into_frame` makes them.

    Args:
        subjets: How many a jet is taken apart into, by exclusive kT.
        skeleton: Density of their rows, `resonaut.features.subjets`.
        particles: Density of the particles of a subjet, given it and the jet.
    """

    subjets: Annotated[int, Field(ge=2)] = 8
    skeleton: AnyDensity = field(default_factory=_skeleton)
    particles: AnyCloudDensity = field(default_factory=_particles)

    def fit(
        self,
        x: PointCloud,
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn both densities.

        Raises:
            EventsError: jets without particles, or none of enough of them.
        """
        check_config(self)
        refuse_empty(x)
        rng = np.random.default_rng(seed)
        # In a jet of fewer particles each is a subjet: there is nothing to learn from it.
        whole = x.counts >= self.subjets
        if not whole.any():
            raise EventsError(f"no jet has {self.subjets} particles; set subjets to fewer")
        x, context, weight = x[np.flatnonzero(whole)], context[whole], None if weight is None else weight[whole]
        self.context_range_ = np.stack([context.min(axis=0), context.max(axis=0)])
        sets, _ = subjets_of(_momenta(PointCloud(finite_table(x.points), x.offsets)), self.subjets)
        axes = jets_of(sets)
        rows = into_rows(axes, self.subjets, rng)
        weights = {} if weight is None else {"weight": weight}
        fresh: Any = replace(self.skeleton)  # type: ignore[type-var]
        self.skeleton_: Any = fresh.fit(rows, context, seed=rng, **weights)

        several = np.flatnonzero(sets.counts > 1)
        owner = several // self.subjets
        place, axes = Place.of(axes, self.subjets)[several], axes[several]
        points = place.turn(into_frame(sets[several], axes, in_openings=True))
        weights = {} if weight is None else {"weight": weight[owner]}
        fresh = replace(self.particles)  # type: ignore[type-var]
        self.particles_: Any = fresh.fit(points, _known(context[owner], axes, place), seed=rng, **weights)
        return self

    def sample(self, context: Float[Array, "N C"], counts: Int[Array, " N"], *, seed: Seed = None) -> PointCloud:
        """Draw a set of so many particles for each row of the context.

        A context beyond all that were fitted is moved to their edge: networks know nothing of what lies there.
        """
        rng = np.random.default_rng(seed)
        context = np.clip(context, *self.context_range_)
        rows = self.skeleton_.sample(context, seed=rng)
        axes = from_rows(rows, np.maximum(counts, self.subjets))
        place = Place.of(axes, self.subjets)
        # A jet of fewer particles than subjets is the first of them.
        there = np.tile(np.arange(self.subjets), len(counts)) < np.repeat(counts, self.subjets)
        axes, place = axes[there], place[there]
        owner = np.repeat(np.arange(len(counts)), np.minimum(counts, self.subjets))

        several = axes.n > 1
        points = np.zeros((int(axes.n.sum()), 3))
        known = _known(context[owner[several]], axes[several], place[several])
        drawn = self.particles_.sample(known, axes.n[several], seed=rng)
        points[np.repeat(several, axes.n)] = place[several].turn(drawn, back=True).points
        relative = PointCloud.of_counts(points, axes.n)
        made = project(from_frame(relative, axes, in_openings=True), axes, masses=True)
        return _relative(made, counts)

    @property
    def parts(self) -> dict[str, Any]:
        """Both densities by name."""
        return {"subjets": self.skeleton, "particles": self.particles}

    def bridged(self, column: int, low: float, high: float) -> Self:
        """The same with what it does between two values of a column of the context interpolated from there."""
        other = copy(self)
        other.skeleton_ = self.skeleton_.bridged(column, low, high)
        other.particles_ = self.particles_.bridged(column, low, high)
        return other

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        learnt = joined({"skeleton": self.skeleton_.state(), "particles": self.particles_.state()})
        return {"context_range": torch.from_numpy(self.context_range_), **learnt}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.context_range_ = state["context_range"].numpy()
        skeleton: Any = replace(self.skeleton)  # type: ignore[type-var]
        particles: Any = replace(self.particles)  # type: ignore[type-var]
        self.skeleton_ = skeleton.load_state(part_of(state, "skeleton."))
        self.particles_ = particles.load_state(part_of(state, "particles."))
        return self


def _known(jet: Float[Array, "M C"], axes: Jets, place: Place) -> Float[Array, "M C+7"]:
    """What the particles of subjets are told: of the jet, of their own subjet, and of where in the jet that is."""
    return np.column_stack([jet, np.log(axes.pt), np.log(axes.opening), np.log(axes.n), place.columns()])


def _momenta(relative: PointCloud) -> PointCloud:
    """Momenta (pT over the jet's, eta, phi) at angles so small that a jet's neighbourhood is a plane."""
    log_pt, eta, phi = relative.points.T.astype(np.float64)
    return PointCloud(np.stack([np.exp(log_pt), _SMALL * eta, _SMALL * phi], axis=1), relative.offsets)


def _relative(momenta: PointCloud, counts: Int[Array, " N"]) -> PointCloud:
    """The inverse, of the jets that so many particles are one after the other."""
    pt, eta, phi = momenta.points.T
    return PointCloud.of_counts(np.stack([np.log(pt), eta / _SMALL, phi / _SMALL], axis=1), counts)
