"""Several trainings of one density, drawn from in turn.

A classifier that compares data with samples finds first what a single training got wrong by chance: where this network
puts too little, another does not. The mixture keeps what all of them learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field
from scipy.special import logsumexp
from torch import Tensor

from resonaut.errors import ConfigError
from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.models.density.network import joined, part_of
from resonaut.protocols import ResidualDensity, Seed
from resonaut.registry import AnyTractableDensity, register

__all__ = ["DensityEnsemble"]

Array = np.ndarray


@register("density", "ensemble")
@dataclass(kw_only=True)
class DensityEnsemble:
    """Mixture, in equal parts, of densities that differ by the seed of their training.

    The states of one training after several epochs are mixed by its trainer's `best_epochs`, at no cost; they have more
    in common than trainings with weights of their own.

    Args:
        model: The density to repeat.
        members: How many.
    """

    model: AnyTractableDensity = field(default_factory=AutoregressiveSplineFlow)
    members: Annotated[int, Field(ge=1)] = 4

    def fit(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> DensityEnsemble:
        """Train every member on the same events."""
        streams = np.random.default_rng(seed).spawn(self.members)
        self.models_: list[Any] = [self._unfitted().fit(x, context, weight=weight, seed=stream) for stream in streams]
        return self

    def fit_residual(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        log_known: Float[Array, " N"],
        strip: Int[Array, " N"],
        fraction: float | None = None,
        seed: Seed = None,
    ) -> DensityEnsemble:
        """Learn with every member what the known leaves over, as in `TractableTableDensity.fit_residual`.

        One training in several may settle for an error of the known instead of the signal; the mixture still holds what
        the others found.

        Raises:
            ConfigError: the members cannot.
        """
        if not isinstance(self.model, ResidualDensity):
            raise ConfigError(f"{type(self.model).__name__} cannot be learnt of a part of the events; nsf can")
        self.models_ = [
            self._unfitted().fit_residual(x, context, log_known=log_known, strip=strip, fraction=fraction, seed=stream)
            for stream in np.random.default_rng(seed).spawn(self.members)
        ]
        self.fraction_ = float(np.mean([model.fraction_ for model in self.models_]))
        return self

    def sample(self, context: Float[Array, "N C"], *, seed: Seed = None) -> Float[Array, "N F"]:
        """One x for each context, an equal part from each member, taken in turn: contexts may come in order."""
        rng = np.random.default_rng(seed)
        parts = [model.sample(context[k :: self.members], seed=rng) for k, model in enumerate(self.models_)]
        x = np.empty((len(context), parts[0].shape[1]))
        for k, part in enumerate(parts):
            x[k :: self.members] = part
        return x

    def log_prob(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, " N"]:
        """Of the mixture that `sample` draws from."""
        log_probs: Float[Array, " N"] = logsumexp([model.log_prob(x, context) for model in self.models_], axis=0)
        return log_probs - np.log(self.members)

    def state(self) -> dict[str, Tensor]:
        """Everything learnt, as tensors by name."""
        return joined({f"member{k}": model.state() for k, model in enumerate(self.models_)})

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        """Take up what `state` gave."""
        self.models_ = [self._unfitted().load_state(part_of(state, f"member{k}.")) for k in range(self.members)]
        return self

    def _unfitted(self) -> Any:
        return replace(self.model)  # type: ignore[type-var]  # the same settings
