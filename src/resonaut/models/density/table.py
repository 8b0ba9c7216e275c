"""What the densities of tables have in common: training, samples in chunks, likelihoods.

A method is a dataclass on top of one of these classes and gives the network, `_network(features, context)`. The
network, a torch module, has `loss(batch) -> [B]` for the trainer and `sample(context, noise) -> [B, F]`; one of a
tractable density also `log_prob(x, context) -> [B]`, one that maps to a Gaussian `to_latent(x, context) -> [B, F]`. It
sees scaled features and contexts only.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from resonaut.errors import FitError
from resonaut.models.density.network import NetworkDensity, as_tensor, on_device, part_of
from resonaut.models.networks.best_epochs import with_states
from resonaut.models.networks.mixture import Mixture
from resonaut.models.training import TrainingHistory
from resonaut.protocols import Seed

__all__ = ["LatentTableDensity", "TableDensity", "TractableTableDensity"]

Array = np.ndarray

_CHUNK = 50_000


@dataclass(kw_only=True)
class TableDensity(NetworkDensity, ABC):
    """p(x | context) of a table of features, learnt by a network."""

    def fit(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of x given the context."""
        rng = np.random.default_rng(seed)
        network, data = self._prepared(x, context, rng)
        self.history_: TrainingHistory = self.trainer.fit(
            network, data, weight=None if weight is None else as_tensor(weight), seed=rng
        )
        self.network_: Any = with_states(network, self.history_.states)
        return self

    def _prepared(
        self, x: Float[Array, "N F"], context: Float[Array, "N C"], rng: np.random.Generator
    ) -> tuple[Any, dict[str, Tensor]]:
        """Learn the scalings; the network with fresh weights, and what it is trained on."""
        _refuse_singular(x)
        network = self._prepare(x, context, rng)
        scaled = self.scaling_.transform(x), self.context_scaling_.transform(context)
        return network, dict(zip(("x", "context"), map(as_tensor, scaled), strict=True))

    def sample(self, context: Float[Array, "N C"], *, seed: Seed = None) -> Float[Array, "N F"]:
        """Draw one x for each row of the context."""
        noise = torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
        return self.scaling_.inverse(
            self._in_chunks(lambda c: self.network_.sample(c, noise), self._context(context), shape=(self.n_features_,))
        )

    def _in_chunks(
        self, function: Callable[..., Tensor], *rows: Tensor, shape: tuple[int, ...] = ()
    ) -> Float[Array, "N ..."]:
        """A function of rows of tensors, on the trainer's device, on few enough at once to fit into its memory."""
        result = np.empty((len(rows[0]), *shape))
        with torch.no_grad(), on_device(self.network_, self.trainer) as device:
            for start in range(0, len(result), _CHUNK):
                chunk = slice(start, start + _CHUNK)
                result[chunk] = function(*(tensor[chunk].to(device) for tensor in rows)).cpu().numpy()
        return result


@dataclass(kw_only=True)
class TractableTableDensity(TableDensity, ABC):
    """One whose network knows the likelihood."""

    def log_prob(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, " N"]:
        """Logarithm of p(x | context); minus infinity where the scaling says that no event can be."""
        z = as_tensor(self.scaling_.transform(x))
        log_prob = self._in_chunks(self.network_.log_prob, z, self._context(context))
        return np.where(self.scaling_.covers(x), log_prob + self.scaling_.log_jacobian(x), -np.inf)

    def fit_residual(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        log_known: Float[Array, " N"],
        strip: Int[Array, " N"],
        fraction: float | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of what x holds beyond what is known of it (`networks/mixture.py`).

        Args:
            x, context: All events.
            log_known: Logarithm of the known density of x and of the strip.
            strip: In which strip of the context each event lies, from 0.
            fraction: Of events that are not known; None learns it.
            seed: As in `fit`.
        """
        rng = np.random.default_rng(seed)
        network, data = self._prepared(x, context, rng)
        # The network's density is that of the scaled features.
        data["log_known"] = as_tensor(log_known - self.scaling_.log_jacobian(x))
        data["strip"] = torch.from_numpy(strip)
        mixture = Mixture(network, int(strip.max()) + 1, fraction)
        self.history_ = self.trainer.fit(mixture, data, seed=rng)
        self.fraction_ = float(torch.sigmoid(mixture.logit_fraction.detach()))
        states = [part_of(state, "network.") for state in self.history_.states]
        self.network_ = with_states(network, states)
        return self


@dataclass(kw_only=True)
class LatentTableDensity(TractableTableDensity, ABC):
    """One whose network maps features to a Gaussian and back."""

    def to_latent(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, "N F"]:
        """The Gaussian variables from which x would have been sampled."""
        z = as_tensor(self.scaling_.transform(x))
        return self._in_chunks(self.network_.to_latent, z, self._context(context), shape=(self.n_features_,))


def _refuse_singular(x: Float[Array, "N F"]) -> None:
    """A constant or repeated column has no density: its likelihood grows without end."""
    if not np.isfinite(x).all() or not len(x):
        return  # the scaling says so
    for i, column in enumerate(x.T):
        if column.min() == column.max():
            raise FitError(f"feature {i} is {column[0]:g} in all {len(x)} events; leave it out")
        for j in range(i):
            if np.array_equal(column, x[:, j]):
                raise FitError(f"features {j} and {i} are the same in all {len(x)} events; leave one of them out")
