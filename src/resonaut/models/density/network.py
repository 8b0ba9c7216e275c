"""What all densities that are networks have in common: scalings, context, device, weights on disk.

A method is a dataclass on top of this and gives the network, `_network(features, context)`, a torch module that has
`loss(batch) -> [B]` for the trainer and sees scaled features and contexts only. What the rows are, events of a table
(`table`) or points of clouds (`cloud`), is said one floor up.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from resonaut.errors import FitError
from resonaut.features.scaling import AnyScaling, Chain, Logit, Standardise
from resonaut.models.networks.best_epochs import BestEpochs
from resonaut.models.training import Trainer, seeded
from resonaut.registry import check_config

__all__ = ["NetworkDensity", "arrays_of", "as_tensor", "joined", "on_device", "part_of"]

Array = np.ndarray

MOST_WEIGHTS_AN_EVENT = 500
"""Beyond this a network has nothing to learn from; well before, it learns the events by heart."""

NEAR = 0.01
"""Of the context's range: so far beyond it nobody is warned, since other samples of the same events reach further."""


@dataclass(kw_only=True)
class NetworkDensity(ABC):
    """p(x | context), learnt by a network.

    Args:
        scaling: Applied to the features first; with `Logit` in it, samples stay within the range of the data.
        trainer: How it is trained.
    """

    scaling: AnyScaling = field(default_factory=lambda: Chain(steps=(Logit(), Standardise())))
    trainer: Trainer = field(default_factory=Trainer)

    @abstractmethod
    def _network(self, features: int, context: int) -> Any:
        """The network, with fresh weights, for so many columns."""

    def _prepare(self, x: Float[Array, "P F"], context: Float[Array, "N C"], rng: np.random.Generator) -> Any:
        """Learn the scalings; the network with fresh weights."""
        check_config(self)
        self.scaling_ = replace(self.scaling).fit(x)  # type: ignore[type-var]
        self.context_scaling_ = Standardise().fit(context)
        self.context_low_, self.context_high_ = context.min(axis=0), context.max(axis=0)
        self.n_features_ = x.shape[1]
        with seeded(int(rng.integers(2**62))):
            network = self._network(x.shape[1], context.shape[1])
        _refuse_too_few(len(context), network)
        return network

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
        self.scaling_ = replace(self.scaling).load_state(arrays_of(state, "scaling."))  # type: ignore[type-var]
        self.context_scaling_ = Standardise().load_state(arrays_of(state, "context_scaling."))
        self.context_low_, self.context_high_ = state["context_range"].numpy()
        self.n_features_ = int(state["features"])
        network, epochs = self._network(self.n_features_, len(self.context_low_)), int(state["epochs"])
        self.network_ = (BestEpochs(network, epochs) if epochs > 1 else network).eval()
        self.network_.load_state_dict(part_of(state, "network."))
        return self

    def _context(self, context: Float[Array, "N C"]) -> Tensor:
        """The context as the network wants it; a warning where it would have to extrapolate."""
        margin = NEAR * (self.context_high_ - self.context_low_)
        outside = ((context < self.context_low_ - margin) | (context > self.context_high_ + margin)).any(axis=1)
        if outside.any():
            warnings.warn(
                f"{outside.sum()} of {len(context)} events have a context outside of the range of the fit, "
                f"{self.context_low_} to {self.context_high_}: the density is extrapolated there",
                stacklevel=3,
            )
        return as_tensor(self.context_scaling_.transform(context))


def _refuse_too_few(events: int, network: nn.Module) -> None:
    weights = sum(weight.numel() for weight in network.parameters())
    if events * MOST_WEIGHTS_AN_EVENT < weights:
        raise FitError(
            f"{events} events are too few to learn {weights:,} weights; "
            f"give {-(-weights // MOST_WEIGHTS_AN_EVENT)} or more, or a smaller network"
        )


@contextmanager
def on_device(network: nn.Module, trainer: Trainer) -> Iterator[torch.device]:
    """The network where it was trained; between uses it lives on the CPU, so that several fit beside each other."""
    device = trainer.torch_device()
    try:
        network.to(device)
        yield device
    finally:
        network.cpu()


def as_tensor(x: Float[Array, ...]) -> Tensor:
    """In single precision."""
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))


def joined(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors of all parts, each after the name of its part and a dot."""
    return {f"{part}.{name}": tensor for part, state in parts.items() for name, tensor in state.items()}


def part_of(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def arrays_of(state: Mapping[str, Tensor], prefix: str) -> dict[str, Float[Array, ...]]:
    """The same, as arrays."""
    return {name: tensor.numpy() for name, tensor in part_of(state, prefix).items()}
