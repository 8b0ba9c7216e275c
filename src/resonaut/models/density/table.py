"""What the densities of tables have in common: scaling, context, training, chunks, weights on disk.

A method is a dataclass on top of one of these classes and gives the network, `_network(features, context)`. The
network, a torch module, has `loss(batch) -> [B]` for the trainer and `sample(context, noise) -> [B, F]`; one of a
tractable density also `log_prob(x, context) -> [B]`, one that maps to a Gaussian `to_latent(x, context) -> [B, F]`. It
sees scaled features and contexts only.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from resonaut.errors import FitError
from resonaut.features.scaling import AnyScaling, Chain, Logit, Standardise
from resonaut.models.networks.best_epochs import BestEpochs, with_states
from resonaut.models.networks.mixture import Mixture
from resonaut.models.training import Trainer, TrainingHistory, seeded
from resonaut.protocols import Seed
from resonaut.registry import check_config

__all__ = ["LatentTableDensity", "TableDensity", "TractableTableDensity"]

Array = np.ndarray

MOST_WEIGHTS_AN_EVENT = 500
"""Beyond this a network has nothing to learn from; well before, it learns the events by heart."""

_CHUNK = 50_000


@dataclass(kw_only=True)
class TableDensity(ABC):
    """p(x | context) of a table of features, learnt by a network.

    Args:
        scaling: Applied to the features first; with `Logit` in it, samples stay within the range of the data.
        trainer: How it is trained.
    """

    scaling: AnyScaling = field(default_factory=lambda: Chain(steps=(Logit(), Standardise())))
    trainer: Trainer = field(default_factory=Trainer)

    @abstractmethod
    def _network(self, features: int, context: int) -> Any:
        """The network, with fresh weights, for so many columns."""

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
        network, data = self._prepare(x, context, rng)
        self.history_: TrainingHistory = self.trainer.fit(
            network, data, weight=None if weight is None else _tensor(weight), seed=rng
        )
        self.network_: Any = with_states(network, self.history_.states)
        return self

    def _prepare(
        self, x: Float[Array, "N F"], context: Float[Array, "N C"], rng: np.random.Generator
    ) -> tuple[Any, dict[str, Tensor]]:
        """Learn the scalings; the network with fresh weights, and what it is trained on."""
        check_config(self)
        _refuse_singular(x)
        self.scaling_ = replace(self.scaling).fit(x)  # type: ignore[type-var]
        self.context_scaling_ = Standardise().fit(context)
        self.context_low_, self.context_high_ = context.min(axis=0), context.max(axis=0)
        self.n_features_ = x.shape[1]
        with seeded(int(rng.integers(2**62))):
            network = self._network(x.shape[1], context.shape[1])
        _refuse_too_few(len(x), network)
        data = {"x": _tensor(self.scaling_.transform(x)), "context": _tensor(self.context_scaling_.transform(context))}
        return network, data

    def sample(self, context: Float[Array, "N C"], *, seed: Seed = None) -> Float[Array, "N F"]:
        """Draw one x for each row of the context."""
        noise = torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
        return self.scaling_.inverse(
            self._in_chunks(lambda c: self.network_.sample(c, noise), self._context(context), shape=(self.n_features_,))
        )

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        arrays = {
            **{f"scaling.{name}": array for name, array in self.scaling_.state().items()},
            **{f"context_scaling.{name}": array for name, array in self.context_scaling_.state().items()},
            "context_range": np.stack([self.context_low_, self.context_high_]),
        }
        return {
            "features": torch.tensor(self.n_features_),
            "epochs": torch.tensor(len(self.network_.members) if isinstance(self.network_, BestEpochs) else 1),
            **{name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()},
            **{f"network.{name}": tensor for name, tensor in self.network_.state_dict().items()},
        }

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.scaling_ = replace(self.scaling).load_state(_numpy(state, "scaling."))  # type: ignore[type-var]
        self.context_scaling_ = Standardise().load_state(_numpy(state, "context_scaling."))
        self.context_low_, self.context_high_ = state["context_range"].numpy()
        self.n_features_ = int(state["features"])
        network, epochs = self._network(self.n_features_, len(self.context_low_)), int(state["epochs"])
        self.network_ = (BestEpochs(network, epochs) if epochs > 1 else network).eval()
        self.network_.load_state_dict(_part(state, "network."))
        return self

    def _context(self, context: Float[Array, "N C"]) -> Tensor:
        """The context as the network wants it; a warning where it would have to extrapolate."""
        outside = ((context < self.context_low_) | (context > self.context_high_)).any(axis=1)
        if outside.any():
            warnings.warn(
                f"{outside.sum()} of {len(context)} events have a context outside of the range of the fit, "
                f"{self.context_low_} to {self.context_high_}: the density is extrapolated there",
                stacklevel=3,
            )
        return _tensor(self.context_scaling_.transform(context))

    def _in_chunks(
        self, function: Callable[..., Tensor], *rows: Tensor, shape: tuple[int, ...] = ()
    ) -> Float[Array, "N ..."]:
        """A function of rows of tensors, on the trainer's device, on few enough at once to fit into its memory."""
        result = np.empty((len(rows[0]), *shape))
        with torch.no_grad(), _on_device(self.network_, self.trainer) as device:
            for start in range(0, len(result), _CHUNK):
                chunk = slice(start, start + _CHUNK)
                result[chunk] = function(*(tensor[chunk].to(device) for tensor in rows)).cpu().numpy()
        return result


@dataclass(kw_only=True)
class TractableTableDensity(TableDensity, ABC):
    """One whose network knows the likelihood."""

    def log_prob(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, " N"]:
        """Logarithm of p(x | context); minus infinity where the scaling says that no event can be."""
        z = _tensor(self.scaling_.transform(x))
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
        network, data = self._prepare(x, context, rng)
        # The network's density is that of the scaled features.
        data["log_known"] = _tensor(log_known - self.scaling_.log_jacobian(x))
        data["strip"] = torch.from_numpy(strip)
        mixture = Mixture(network, int(strip.max()) + 1, fraction)
        self.history_ = self.trainer.fit(mixture, data, seed=rng)
        self.fraction_ = float(torch.sigmoid(mixture.logit_fraction.detach()))
        states = [_part(state, "network.") for state in self.history_.states]
        self.network_ = with_states(network, states)
        return self


@dataclass(kw_only=True)
class LatentTableDensity(TractableTableDensity, ABC):
    """One whose network maps features to a Gaussian and back."""

    def to_latent(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, "N F"]:
        """The Gaussian variables from which x would have been sampled."""
        z = _tensor(self.scaling_.transform(x))
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


def _refuse_too_few(events: int, network: nn.Module) -> None:
    weights = sum(weight.numel() for weight in network.parameters())
    if events * MOST_WEIGHTS_AN_EVENT < weights:
        raise FitError(
            f"{events} events are too few to learn {weights:,} weights; "
            f"give {-(-weights // MOST_WEIGHTS_AN_EVENT)} or more, or a smaller network"
        )


@contextmanager
def _on_device(network: nn.Module, trainer: Trainer) -> Iterator[torch.device]:
    """The network where it was trained; between uses it lives on the CPU, so that several fit beside each other."""
    device = trainer.torch_device()
    try:
        network.to(device)
        yield device
    finally:
        network.cpu()


def _tensor(x: Float[Array, ...]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _numpy(state: Mapping[str, Tensor], prefix: str) -> dict[str, Float[Array, ...]]:
    return {name: tensor.numpy() for name, tensor in _part(state, prefix).items()}
