"""Flow matching of point clouds with EPiC layers: noise becomes particles along straight lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor, nn

from resonaut.models.density.bridging import Bridging
from resonaut.models.density.cloud import NetworkCloudDensity
from resonaut.models.networks.epic import EPiCNetwork
from resonaut.models.networks.time import training_times
from resonaut.models.ode import Solver, integrate
from resonaut.models.training import Trainer
from resonaut.registry import register

__all__ = ["EPiCFlowMatching"]


@register("cloud", "epic-fm")
@dataclass(kw_only=True)
class EPiCFlowMatching(Bridging, NetworkCloudDensity):
    """A velocity field from Gaussian points (time 0) to particles (time 1), given the jet.

    Args:
        width: Of the layers of the points.
        global_width: Of the row that stands for the whole set.
        layers: EPiC layers.
        solver: "euler", "midpoint", "heun", "rk4", or "dormand-prince" with steps of its own.
        steps: Of the solvers with fixed steps; "midpoint" and "heun" call the network twice a step.
        tolerance: Of "dormand-prince".
        scaling: Applied to the coordinates of the points first.
        trainer: How it is trained.

    References:
        Buhmann et al. (EPiC-FM), arXiv:2310.00049; Lipman et al. (optimal-transport paths), ICLR 2023, arXiv:2210.02747
    """

    width: Annotated[int, Field(ge=1)] = 64
    global_width: Annotated[int, Field(ge=1)] = 64
    layers: Annotated[int, Field(ge=1)] = 5
    solver: Solver = "midpoint"
    steps: Annotated[int, Field(ge=1)] = 12
    tolerance: Annotated[float, Field(gt=0)] = 1e-4
    trainer: Trainer = field(default_factory=lambda: Trainer(epochs=20, batch_size=256, learning_rate=2e-3, ema=0.999))

    def _network(self, features: int, context: int) -> _VelocityField:
        return _VelocityField(features, context, model=self)


class _VelocityField(nn.Module):
    def __init__(self, features: int, context: int, *, model: EPiCFlowMatching) -> None:
        super().__init__()
        self.solver, self.steps, self.tolerance = model.solver, model.steps, model.tolerance
        self.velocity = EPiCNetwork(
            features, context, width=model.width, global_width=model.global_width, layers=model.layers
        )

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Squared error of the velocity of straight lines, at one random time a set; the mean over its points."""
        x, mask = batch["x"], batch["x_mask"]
        z = torch.randn_like(x) * mask[..., None]
        time = training_times(len(x), x.device)
        at = z + time[:, None, None] * (x - z)
        error = (self.velocity(at, mask, time, batch["context"]) - (x - z)).square().mean(dim=2)
        return error.sum(dim=1) / mask.sum(dim=1)

    def generate(
        self, noise: Float[Tensor, "B K F"], mask: Bool[Tensor, "B K"], context: Float[Tensor, "B C"]
    ) -> Float[Tensor, "B K F"]:
        """Follow the velocity from the noise."""
        return integrate(
            lambda x, time: self.velocity(x, mask, time, context),
            noise,
            0.0,
            1.0,
            solver=self.solver,
            steps=self.steps,
            tolerance=self.tolerance,
        )
