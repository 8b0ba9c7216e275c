"""What the densities of point clouds have in common: p(points | context, how many).

A method is a dataclass on top of this and gives the network, a torch module that has `loss(batch) -> [B]`, where the
batch holds "x" [B, K, F], "x_mask" [B, K] and "context" [B, C], and `generate(noise, mask, context) -> [B, K, F]`. It
sees scaled points and contexts only.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import EventsError
from resonaut.events.point_cloud import PointCloud
from resonaut.features.scaling import AnyScaling, Quantile
from resonaut.models.density.network import NetworkDensity, as_tensor, on_device
from resonaut.models.networks.best_epochs import with_states
from resonaut.models.ragged import Ragged
from resonaut.models.training import TrainingHistory
from resonaut.protocols import Seed

__all__ = ["NetworkCloudDensity", "refuse_empty"]

Array = np.ndarray

_POINTS_AT_ONCE = 200_000
"""Of a chunk of samples, with what is padded: some 100 MB a layer with the widest networks."""


@dataclass(kw_only=True)
class NetworkCloudDensity(NetworkDensity, ABC):
    """p(points | context) of sets of any size, learnt by a network.

    Args:
        scaling: Applied to the coordinates of the points first.
        trainer: How it is trained.
    """

    scaling: AnyScaling = field(default_factory=lambda: Quantile(knots=500))

    def fit(
        self,
        x: PointCloud,
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of the points of each set given the context.

        Raises:
            EventsError: a set without points, or points that are NaN or infinite.
        """
        refuse_empty(x)
        rng = np.random.default_rng(seed)
        network = self._prepare(x.points, context, rng)
        scaled = PointCloud(self.scaling_.transform(x.points), x.offsets)
        known = as_tensor(self.context_scaling_.transform(context))
        data: dict[str, Tensor | Ragged] = {"x": Ragged.of(scaled), "context": known}
        self.history_: TrainingHistory = self.trainer.fit(
            network, data, weight=None if weight is None else as_tensor(weight), seed=rng
        )
        self.network_: Any = with_states(network, self.history_.states[:1])
        return self

    def sample(self, context: Float[Array, "N C"], counts: Int[Array, " N"], *, seed: Seed = None) -> PointCloud:
        """Draw a set of so many points for each row of the context.

        A context beyond all that were fitted is moved to their edge: networks know nothing of what lies there.
        """
        rng = np.random.default_rng(seed)
        inside = np.clip(context, self.context_low_, self.context_high_)
        scaled = as_tensor(self.context_scaling_.transform(inside))
        # Drawn set by set, so that a sample does not depend on which sets are computed together.
        noise = Ragged.of(PointCloud.of_counts(rng.standard_normal((int(counts.sum()), self.n_features_)), counts))
        by_size = np.argsort(counts, kind="stable")
        made = [np.empty((0, self.n_features_))]
        with torch.no_grad(), on_device(self.network_, self.trainer) as device:
            noise = noise.to(device)
            for rows in _chunks(counts, by_size):
                padded = noise.padded(rows)
                points: Tensor = self.network_.generate(padded.points, padded.mask, scaled[rows].to(device))
                made.append(points[padded.mask].cpu().double().numpy())
        cloud = PointCloud.of_counts(self.scaling_.inverse(np.concatenate(made)), counts[by_size])
        return cloud[np.argsort(by_size)]


def refuse_empty(x: PointCloud) -> None:
    """There is nothing to learn from sets without points.

    Raises:
        EventsError: one or more.
    """
    if empty := int((x.counts == 0).sum()):
        raise EventsError(f"{empty} of {len(x)} point clouds are empty; leave them out before the fit")


def _chunks(counts: Int[Array, " N"], order: Int[Array, " N"]) -> Iterator[Int[Tensor, " B"]]:
    """Rows in that order, of rising counts, in chunks of about equally many points with what is padded."""
    start = 0
    while start < len(order):
        padded = counts[order[start:]] * np.arange(1, len(order) - start + 1)
        stop = start + max(1, int(np.searchsorted(padded, _POINTS_AT_ONCE)))
        yield torch.from_numpy(order[start:stop])
        start = stop
