"""How a map is learnt: adapt the grids, then rounds of drawing points, judging the map by them, and training on them.

Each round's training has the trainer's checkpoint, and the points of a round come from seeds of its own: a learning
that was killed draws the same points again, reads the trainings that are done, and goes on with the one under way, to
the bit.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from resonaut.errors import IntegrandError
from resonaut.integration.channel_maps import ChannelMaps
from resonaut.integration.integrand import Integrand
from resonaut.integration.points import Points, Sampler, Scale
from resonaut.integration.quality import MapQuality
from resonaut.integration.strata import generator
from resonaut.integration.vegas_grid import VegasGrid, adapt_grid
from resonaut.models.training import seeded
from resonaut.protocols import Seed

if TYPE_CHECKING:
    from resonaut.integration.integrator import Integrator

__all__ = ["Learning", "Map"]

ENOUGH = 0.5
"""Unweighting efficiency of the VEGAS grid above which "auto" trains no flow."""


@dataclass(frozen=True)
class Map:
    """A map, and fresh points of each of its active groups."""

    sampler: Sampler
    survey: dict[int, Points]

    @property
    def quality(self) -> MapQuality:
        """By its points."""
        return MapQuality.of(self.survey)


class Learning:
    """One learning under way."""

    sampler: Sampler
    """The map under way."""
    for_integrals: Map
    """Of the least deviation of the weights."""
    for_events: Map
    """Of the highest unweighting efficiency: a map that is flatter on the whole may have a few larger weights."""

    def __init__(self, settings: Integrator, integrand: Integrand, seed: Seed) -> None:
        self.settings, self.integrand = settings, integrand
        self.seed = int(np.random.default_rng(seed).integers(2**62))
        self.groups = integrand.groups()
        self.history: list[MapQuality] = []
        self.seconds: list[float] = []
        self._start = time.process_time()
        self.n_evaluations = self.n_trained = 0
        self.rounds: list[dict[int, Points]] = []
        self._least, self._highest = math.inf, -1.0

    def run(self) -> None:
        """Learn until the rounds are done, or the grid turns out to be enough."""
        self._begin()
        if self.settings.refine != "always":
            self._judge(self._survey(0))
            if self._grid_is_enough():
                return
            self.sampler = replace(self.sampler, grids=self._grids(self.settings.flow_grid_bins))
        for number in range(self.settings.rounds + 1):
            survey = self._survey(number)
            self._judge(survey)
            if number == self.settings.rounds:
                return
            self.rounds = [*self.rounds, survey][-self.settings.buffer :]
            if self._drop_channels(survey):
                self._least, self._highest = math.inf, -1.0  # the next map has other channels: there is none to beat
            self._train(number)

    def _judge(self, survey: dict[int, Points]) -> None:
        """Keep the map of now if it is the best so far."""
        now = Map(self._frozen(), survey)
        quality = now.quality
        if quality.relative_deviation <= self._least:
            self.for_integrals, self._least = now, quality.relative_deviation
        if quality.efficiency >= self._highest:
            self.for_events, self._highest = now, quality.efficiency
        self.history.append(quality)
        self.seconds.append(time.process_time() - self._start)

    def _begin(self) -> None:
        """Grids and networks as they are before the first round."""
        s, integrand = self.settings, self.integrand
        grids = self._grids(s.flow_grid_bins if s.refine == "always" else s.grid_bins)
        probe = torch.rand(1000, integrand.dimensions, generator=generator(self.seed, 6), dtype=torch.float64)
        channel = torch.arange(len(probe)) % integrand.n_channels
        found = integrand(probe, channel)
        assert found.y is not None
        usable = found.y[found.y.isfinite().all(dim=1) & found.weight.isfinite()]
        self.n_evaluations += len(probe)
        if not len(usable):
            raise IntegrandError(
                f"the integrand is not finite at any of {len(probe)} points; look for a division by zero, or a channel "
                "map that leaves its range"
            )
        with seeded(self.seed):
            maps = ChannelMaps(
                self.groups,
                integrand.dimensions,
                found.y.shape[1],
                learn_weights=s.learn_weights,
                loss=s.loss,
                transforms=s.transforms or max(4, 2 * math.ceil(math.log2(integrand.dimensions))),
                bins=s.bins,
                hidden=s.hidden,
            ).eval()
        self.sampler = Sampler(integrand, self.groups, grids, maps, Scale.of(usable))

    def _grids(self, bins: int) -> list[VegasGrid]:
        """VEGAS's map of each group."""
        return [self._grid(group, bins) for group in range(len(self.groups))]

    def _grid(self, group: int, bins: int) -> VegasGrid:
        """VEGAS's map of one, by the prior channel weights."""
        s, channels = self.settings, torch.tensor(self.groups[group])
        if not s.grid_iterations:
            return VegasGrid.identity(self.integrand.dimensions)
        rng = np.random.default_rng([self.seed, group])

        def value(x: Tensor) -> Tensor:
            channel = channels[torch.as_tensor(rng.integers(len(channels), size=len(x)))]
            found = self.integrand(x, channel)
            assert found.alpha is not None
            self.n_evaluations += len(x)
            share = found.weight * found.alpha.gather(1, channel[:, None])[:, 0]
            return torch.where(share.isfinite(), share, 0.0)

        return adapt_grid(
            value,
            self.integrand.dimensions,
            bins=bins,
            iterations=s.grid_iterations,
            points=s.grid_points,
            damping=s.grid_damping,
            rng=rng,
        )

    def _survey(self, number: int) -> dict[int, Points]:
        """Fresh points of every group, half of them equally, half by the deviations of the round before.

        Raises:
            IntegrandError: there is nothing to integrate.
        """
        active = self.sampler.maps.active.nonzero()[:, 0].tolist()
        before = self.rounds[-1] if self.rounds else {}
        deviations = {g: float(before[g].weight.std()) if g in before else 1.0 for g in active}
        total = sum(deviations.values()) or 1.0
        survey = {}
        for group in active:
            share = 0.5 / len(active) + 0.5 * deviations[group] / total
            random = generator(self.seed, 1, number, group)
            n = max(100, round(share * self.settings.points))
            z = torch.rand(n, self.integrand.dimensions, generator=random, dtype=torch.float64)
            survey[group] = self.sampler.draw(group, z, random)
            self.n_evaluations += n
        everything = Points.together(list(survey.values()))
        if everything.nonfinite.all():
            raise IntegrandError(f"the integrand is not finite at any of {len(everything)} points; check its formula")
        if not everything.weight.any():
            raise IntegrandError(
                f"the integrand is zero at all of {len(everything)} points; check its cuts, or help it with a channel "
                "map that leads where it is not"
            )
        return survey

    def _grid_is_enough(self) -> bool:
        return self.settings.refine == "never" or self.history[-1].efficiency >= ENOUGH

    def _frozen(self) -> Sampler:
        """The map as it is now."""
        return replace(self.sampler, maps=copy.deepcopy(self.sampler.maps))

    def _drop_channels(self, survey: dict[int, Points]) -> bool:
        """Drop the channels that matter least, unless one is alone at some of its points; whether there was any."""
        maps, limit = self.sampler.maps, self.settings.drop_below
        parts = {group: float(points.weight.abs().mean()) for group, points in survey.items()}
        missing, dropped = 0.0, maps.dropped.clone()
        for group in sorted(parts, key=lambda g: parts[g]):
            missing += parts[group]
            if missing >= limit * sum(parts.values()):
                break
            candidate = dropped | (maps.group_of == group)
            rows = survey[group].weight != 0
            others = survey[group].log_prior[rows][:, ~candidate]
            if others.numel() == 0 or (others.exp().sum(dim=1) < 1e-6).any():
                continue
            dropped = candidate
        changed = bool((dropped != maps.dropped).any())
        maps.dropped.copy_(dropped)
        return changed

    def _train(self, number: int) -> None:
        """Train on the points of the buffer."""
        maps, s = self.sampler.maps, self.settings
        active = maps.active.tolist()
        parts, integral = [], self.history[-1].absolute
        for survey in self.rounds:
            total = sum(len(points) for points in survey.values())
            for group, points in survey.items():
                if active[group]:
                    parts.append((points, points.log_prob + math.log(len(points) / total)))
        points = Points.together([points for points, _ in parts])
        data = {
            "u": points.u.float(),
            "y": self.sampler.scale(points.y),
            "channel": points.channel,
            "log_prior": points.log_prior,
            "value": (points.value / integral).float(),
            "log_sampled": torch.cat([log_sampled for _, log_sampled in parts]),
        }
        s.trainer.fit(maps, data, seed=int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
        self.n_trained += 1
