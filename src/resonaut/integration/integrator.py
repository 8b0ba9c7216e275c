"""Neural importance sampling: integrals and events by maps that are learnt from the integrand itself.

    integrator = Integrator().fit(integrand, seed=1)
    result = integrator.integrate(1_000_000, seed=2)      # result.integral, result.error
    events = integrator.unweight(10_000, seed=3)

The integral is estimated with the finished map and fresh points alone: it does not depend on how long was trained.

References:
    MadNIS: Heimel et al., SciPost Phys. 15 (2023) 141, arXiv:2212.06172; SciPost Phys. 17 (2024) 023, arXiv:2311.01548
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

import torch
from pydantic import Field

from resonaut.errors import IntegrandError
from resonaut.integration.integrand import Integrand
from resonaut.integration.learning import Learning, Map
from resonaut.integration.losses import Loss
from resonaut.integration.quality import MapQuality
from resonaut.integration.result import IntegrationResult
from resonaut.integration.strata import generator
from resonaut.integration.two_looks import integrate_in_two_looks
from resonaut.integration.unweighting import UnweightedEvents, WeightLimit, unweight
from resonaut.models.training import Trainer
from resonaut.protocols import Seed
from resonaut.registry import check_config, settings

__all__ = ["Integrator"]


def _trainer() -> Trainer:
    return Trainer(epochs=3, batch_size=1024, learning_rate=1e-2, gradient_clip=1.0, ema=0.99)


@settings
@dataclass(kw_only=True)
class Integrator:
    """Learns to sample an integrand, then integrates it or draws its events.

    Each group of channels has a VEGAS grid, which is adapted first and stays, and upon it a flow of spline couplings.
    Training goes in rounds: points of the present map are evaluated, and the map is trained on them and those of the
    rounds before. Of the maps of all rounds, on points that they had not seen, the one with the least deviation of the
    weights is kept for integrals, and the one with the highest efficiency for events.

    Args:
        refine: "auto" trains a flow only where the VEGAS grid alone is not efficient enough (half of all points
            accepted); "always"; "never".
        loss: Which distance is minimised.
        rounds: Of evaluating and training.
        points: Evaluations a round, over all channels.
        buffer: Rounds whose points are trained on.
        grid_bins: Of each coordinate of a VEGAS grid that is used alone.
        flow_grid_bins: Of the one beneath a flow, which follows an integrand the better the smoother its grid is.
        grid_iterations: Adaptations of the grid, each by `grid_points` evaluations a group; the second half of them is
            averaged. 0 leaves it flat.
        grid_points: Evaluations an iteration.
        grid_damping: VEGAS's alpha.
        transforms: Coupling layers of a flow; None takes 2 log2(dimensions), at least 4.
        bins: Segments of each spline.
        hidden: Widths of the networks.
        learn_weights: Whether the channel weights are learnt, on top of the prior.
        drop_below: Channels are dropped which together contribute less than this fraction.
        trainer: How each round is trained; its `checkpoints` make a training that was interrupted go on, to the bit.
    """

    refine: Literal["auto", "always", "never"] = "auto"
    loss: Loss = "variance"
    rounds: Annotated[int, Field(ge=1)] = 5
    points: Annotated[int, Field(ge=1000)] = 50_000
    buffer: Annotated[int, Field(ge=1)] = 5
    grid_bins: Annotated[int, Field(ge=2)] = 64
    flow_grid_bins: Annotated[int, Field(ge=2)] = 16
    grid_iterations: Annotated[int, Field(ge=0)] = 20
    grid_points: Annotated[int, Field(ge=100)] = 2500
    grid_damping: Annotated[float, Field(ge=0)] = 0.75
    transforms: Annotated[int, Field(ge=1)] | None = None
    bins: Annotated[int, Field(ge=2)] = 12
    hidden: tuple[int, ...] = (32, 32)
    learn_weights: bool = True
    drop_below: Annotated[float, Field(ge=0, lt=1)] = 0.0
    trainer: Trainer = field(default_factory=_trainer)

    def fit(self, integrand: Integrand, *, seed: Seed = None) -> Self:
        """Learn the map.

        Raises:
            IntegrandError: the integrand's values have the wrong shape, are zero, or are not finite, everywhere.
            FitError: the training failed.
        """
        check_config(self)
        learning = Learning(self, integrand, seed)
        learning.run()
        self.integrand_ = integrand
        self.integral_map_: Map = learning.for_integrals
        self.event_map_: Map = learning.for_events
        self.history_: list[MapQuality] = learning.history
        self.seconds_: list[float] = learning.seconds  # of the CPU, until each of history_ was known
        self.n_evaluations_: int = learning.n_evaluations
        self.refined_: bool = learning.n_trained > 0
        return self

    def integrate(self, n: int, *, seed: int, progress: bool = False) -> IntegrationResult:
        """The integral, by fresh points.

        Args:
            n: How many.
            seed: The same one gives the same result.
            progress: Show a progress bar.

        Raises:
            FitError: too few points for the channels.
        """
        self._require_fitted()
        deviations = {group: float(points.weight.std()) for group, points in self.integral_map_.survey.items()}
        return integrate_in_two_looks(self.integral_map_.sampler, deviations, n, seed=seed, progress=progress)

    def unweight(
        self,
        n: int,
        *,
        seed: int,
        limit: WeightLimit | None = None,
        overweights: Literal["keep", "repeat"] = "keep",
        progress: bool = False,
    ) -> UnweightedEvents:
        """Events of weight one, but for overweights where these are kept; `resonaut.integration.unweighting`."""
        self._require_fitted()
        survey = {group: points.weight for group, points in self.event_map_.survey.items()}
        return unweight(
            self.event_map_.sampler.draw,
            survey,
            self.integrand_.dimensions,
            n,
            limit=limit,
            overweights=overweights,
            seed=seed,
            progress=progress,
        )

    def sample(self, n: int, *, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weighted points y and their weights, whose sum estimates the integral; channels in equal parts."""
        self._require_fitted()
        y, weight = [], []
        for group in self.integral_map_.survey:
            random = generator(seed, 5, group)
            size = -(-n // len(self.integral_map_.survey))
            z = torch.rand(size, self.integrand_.dimensions, generator=random, dtype=torch.float64)
            points = self.integral_map_.sampler.draw(group, z, random)
            y.append(points.y)
            weight.append(points.weight / size)
        return torch.cat(y), torch.cat(weight)

    def _require_fitted(self) -> None:
        if not hasattr(self, "integral_map_"):
            raise IntegrandError("the integrator has learnt nothing yet; call fit(integrand) first")
