"""A conditional neural spline flow: the density that CATHODE interpolates into the signal region."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.features.scaling import AnyScaling, Chain, Logit, Standardise
from resonaut.models.networks.coupling import coupling_flow
from resonaut.models.networks.spline import RationalQuadraticSpline
from resonaut.models.training import Trainer, TrainingHistory, seeded
from resonaut.protocols import Seed
from resonaut.registry import check_config, register

__all__ = ["SplineFlow"]

Array = np.ndarray

_CHUNK = 50_000


@register("density", "nsf")
@dataclass(kw_only=True)
class SplineFlow:
    """Normalizing flow of rational-quadratic splines in coupling layers, conditional on the mass.

    Features are mapped to a Gaussian by a chain of monotonic splines whose knots depend on the context and, in each
    layer, on the other half of the features. Both directions take one call of a small network a layer, so that sampling
    is as quick as the likelihood.

    Args:
        transforms: Coupling layers.
        hidden: Widths of the hidden layers of each layer's network.
        bins: Segments of each spline.
        scaling: Applied to the features first; with `Logit` in it, samples stay within the range of the data.
        trainer: How it is trained.

    References:
        Durkan et al., NeurIPS 2019, arXiv:1906.04032
    """

    transforms: Annotated[int, Field(ge=1)] = 6
    hidden: tuple[int, ...] = (64, 64)
    bins: Annotated[int, Field(ge=2)] = 10
    scaling: AnyScaling = field(default_factory=lambda: Chain(steps=(Logit(), Standardise())))
    trainer: Trainer = field(default_factory=Trainer)

    def fit(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> SplineFlow:
        """Learn the density of x given the context by maximum likelihood."""
        check_config(self)
        rng = np.random.default_rng(seed)
        self.scaling_ = replace(self.scaling).fit(x)  # type: ignore[type-var]
        self.context_scaling_ = Standardise().fit(context)
        self.context_low_, self.context_high_ = context.min(axis=0), context.max(axis=0)
        with seeded(int(rng.integers(2**62))):
            self.flow_ = self._network(x.shape[1], context.shape[1])
        data = {"x": _tensor(self.scaling_.transform(x)), "context": _tensor(self.context_scaling_.transform(context))}
        self.history_: TrainingHistory = self.trainer.fit(
            self.flow_, data, weight=None if weight is None else _tensor(weight), seed=rng
        )
        return self

    def sample(self, context: Float[Array, "N C"], *, seed: Seed = None) -> Float[Array, "N F"]:
        """Draw one x for each row of the context."""
        rng = np.random.default_rng(seed)
        normal = torch.Generator().manual_seed(int(rng.integers(2**62)))
        c = self._context(context)
        z = torch.randn(len(c), self.flow_.features, generator=normal)
        return self.scaling_.inverse(_in_chunks(lambda rows: self.flow_.to_data(z[rows], c[rows]), z))

    def log_prob(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, " N"]:
        """Logarithm of p(x | context); minus infinity where the scaling says that no event can be."""
        z, c = _tensor(self.scaling_.transform(x)), self._context(context)
        log_prob = _in_chunks(lambda rows: self.flow_.log_prob(z[rows], c[rows]), z[:, 0])
        return np.where(self.scaling_.covers(x), log_prob + self.scaling_.log_jacobian(x), -np.inf)

    def to_latent(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, "N F"]:
        """The Gaussian variables from which x would have been sampled."""
        z, c = _tensor(self.scaling_.transform(x)), self._context(context)
        return _in_chunks(lambda rows: self.flow_.to_latent(z[rows], c[rows]), z)

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        arrays = {
            **{f"scaling.{name}": array for name, array in self.scaling_.state().items()},
            **{f"context_scaling.{name}": array for name, array in self.context_scaling_.state().items()},
            "context_range": np.stack([self.context_low_, self.context_high_]),
        }
        return {
            "features": torch.tensor(self.flow_.features),
            **{name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()},
            **{f"flow.{name}": tensor for name, tensor in self.flow_.state_dict().items()},
        }

    def load_state(self, state: Mapping[str, Tensor]) -> SplineFlow:
        """Take up what `state` gave."""
        self.scaling_ = replace(self.scaling).load_state(_numpy(state, "scaling."))  # type: ignore[type-var]
        self.context_scaling_ = Standardise().load_state(_numpy(state, "context_scaling."))
        self.context_low_, self.context_high_ = state["context_range"].numpy()
        self.flow_ = self._network(int(state["features"]), len(self.context_low_)).eval()
        self.flow_.load_state_dict({k.removeprefix("flow."): v for k, v in state.items() if k.startswith("flow.")})
        return self

    def _network(self, features: int, context: int) -> _Flow:
        return _Flow(features, context, transforms=self.transforms, hidden=self.hidden, bins=self.bins)

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


class _Flow(nn.Module):
    """The network and its loss."""

    def __init__(self, features: int, context: int, *, transforms: int, hidden: tuple[int, ...], bins: int) -> None:
        super().__init__()
        self.features = features
        self.flow = coupling_flow(
            features,
            context,
            transforms=transforms,
            univariate=RationalQuadraticSpline,
            shapes=[(bins,), (bins,), (bins - 1,)],
            hidden=hidden,
            activation=nn.SiLU,
        )

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Negative log-likelihood, nats."""
        return -self.log_prob(batch["x"], batch["context"])

    def log_prob(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        log_prob: Tensor = self.flow(context).log_prob(x)
        return log_prob

    def to_latent(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        latent: Tensor = self.flow(context).transform(x)
        return latent

    def to_data(self, z: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        data: Tensor = self.flow(context).transform.inv(z)
        return data


@torch.no_grad()
def _in_chunks(function: Callable[[slice], Tensor], like: Float[Tensor, "N ..."]) -> Float[Array, "N ..."]:
    """A function of rows with results of the shape of `like`, evaluated on few enough at once to fit into memory."""
    result = np.empty(like.shape)
    for start in range(0, len(result), _CHUNK):
        rows = slice(start, start + _CHUNK)
        result[rows] = function(rows).numpy()
    return result


def _tensor(x: Float[Array, ...]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))


def _numpy(state: Mapping[str, Tensor], prefix: str) -> dict[str, Float[Array, ...]]:
    return {name.removeprefix(prefix): t.numpy() for name, t in state.items() if name.startswith(prefix)}
