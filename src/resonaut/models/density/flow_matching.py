"""Conditional flow matching: learn the velocity that carries noise to data along straight lines.

The same network is a continuous normalizing flow: following its velocity backwards with its divergence gives the
likelihood.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.models.density.bridging import Bridging
from resonaut.models.density.table import LatentTableDensity
from resonaut.models.networks.noise import gaussian_noise
from resonaut.models.networks.residual import ResidualNetwork
from resonaut.models.networks.time import training_times
from resonaut.models.ode import Solver, integrate
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["FlowMatching"]

EXACT_UP_TO = 16  # features; above, a trace costs more than it is worth


@register("density", "cfm")
@dataclass(kw_only=True)
class FlowMatching(Bridging, LatentTableDensity):
    """A velocity field from a Gaussian (time 0) to the features (time 1), conditional on the mass.

    Args:
        width: Of the layers of the network.
        blocks: Residual blocks of the network.
        solver: "euler", "midpoint", "heun", "rk4", or "dormand-prince" with steps of its own.
        steps: Of the solvers with fixed steps; "midpoint" and "heun" call the network twice a step.
        tolerance: Of "dormand-prince".
        trace: Of the velocity's Jacobian, for the likelihood: "exact", "hutchinson" (one random direction: unbiased,
            noisy), or "auto", exact up to 16 features.
        scaling: Applied to the features first.
        trainer: How it is trained.

    References:
        Lipman et al., ICLR 2023, arXiv:2210.02747; Grathwohl et al. (Hutchinson's trace), ICLR 2019, arXiv:1810.01367
    """

    width: Annotated[int, Field(ge=1)] = 128
    blocks: Annotated[int, Field(ge=1)] = 3
    solver: Solver = "midpoint"
    steps: Annotated[int, Field(ge=1)] = 10
    tolerance: Annotated[float, Field(gt=0)] = 1e-4
    trace: Literal["auto", "exact", "hutchinson"] = "auto"
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=30, batch_size=1024, learning_rate=2e-3, ema=0.999))

    def _network(self, features: int, context: int) -> _VelocityField:
        return _VelocityField(features, context, model=self)


class _VelocityField(nn.Module):
    def __init__(self, features: int, context: int, *, model: FlowMatching) -> None:
        super().__init__()
        self.features = features
        self.solver, self.steps, self.tolerance = model.solver, model.steps, model.tolerance
        self.exact = model.trace == "exact" or (model.trace == "auto" and features <= EXACT_UP_TO)
        self.velocity = ResidualNetwork(features, context, width=model.width, blocks=model.blocks)

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Squared error of the velocity of a straight line, at a random time; eq. 23 of Lipman et al., sigma = 0."""
        x = batch["x"]
        z = torch.randn_like(x)
        time = training_times(len(x), x.device)
        at = z + time[:, None] * (x - z)
        error: Tensor = (self.velocity(at, time, batch["context"]) - (x - z)).square().mean(dim=1)
        return error

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context."""
        z = gaussian_noise((len(context), self.features), noise, context.device)
        return self._follow(z, context, 0.0, 1.0)

    def to_latent(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """Where x came from."""
        return self._follow(x, context, 1.0, 0.0)

    def log_prob(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        """Instantaneous change of variables: log p(x) = log p(z) - integral of the divergence."""
        probe = torch.sign(torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).to(x.device)

        def velocity(state: Tensor, time: Tensor) -> Tensor:
            v, divergence = self._velocity_and_divergence(state[:, :-1], time, context, probe)
            return torch.cat([v, divergence[:, None]], dim=1)

        state = torch.cat([x, torch.zeros_like(x[:, :1])], dim=1)
        end = integrate(velocity, state, 1.0, 0.0, solver=self.solver, steps=self.steps, tolerance=self.tolerance)
        z, change = end[:, :-1], end[:, -1]
        return change - 0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)

    def _follow(self, x: Tensor, context: Tensor, start: float, stop: float) -> Tensor:
        return integrate(
            lambda x, t: self.velocity(x, t, context),
            x,
            start,
            stop,
            solver=self.solver,
            steps=self.steps,
            tolerance=self.tolerance,
        )

    def _velocity_and_divergence(
        self, x: Tensor, time: Tensor, context: Tensor, probe: Tensor
    ) -> tuple[Tensor, Tensor]:
        if self.exact:
            # Forward mode: one pass a feature gives a column of every row's Jacobian.
            directions = torch.eye(self.features, device=x.device)
            divergence = torch.zeros_like(x[:, 0])
            for i, direction in enumerate(directions):
                v, slope = self._directional(x, time, context, direction.expand_as(x))
                divergence = divergence + slope[:, i]
            return v, divergence
        v, slope = self._directional(x, time, context, probe)
        return v, (probe * slope).sum(dim=1)

    def _directional(self, x: Tensor, time: Tensor, context: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        v, slope = torch.func.jvp(lambda x: self.velocity(x, time, context), (x,), (direction,))[:2]
        return v, slope
