"""Langevin dynamics: samples of p(x) ~ exp(-E(x) / T), from nothing but the energy and its gradient.

    x' = x - (noise^2 / 2T) grad E(x) + noise * xi,    xi ~ N(0, 1)

Downhill and shaken: for small noise the chain ends up distributed as p, whatever it started from. The step is tied to
the noise, so that there is one temperature and not two; the error that remains, of order noise^2 over the square of the
narrowest width, is what the Metropolis step takes away. A box keeps chains from running off to where an energy has
never been trained; they are reflected at its walls, which leaves p as it is inside (moving them to the wall would pile
them up there).

References:
    Roberts, Tweedie, Bernoulli 2 (1996) 341
    Welling, Teh, ICML 2011 (as the sampler of energy-based models)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Bool, Float
from pydantic import Field
from torch import Tensor

from resonaut.registry import settings

__all__ = ["Energy", "Langevin"]

Energy = Callable[[Tensor], Tensor]
"""From points [B, F] to energies [B]."""


@settings
@dataclass(frozen=True, kw_only=True)
class Langevin:
    """A chain of that dynamics, many points at once.

    Args:
        steps: How many.
        noise: Standard deviation of a step's noise, in units of x.
        temperature: T.
        bound: Half-width of the box, centred at 0; None lets chains go anywhere.
        metropolis: Accept or reject each step, so that p is exact for any noise.
    """

    steps: Annotated[int, Field(ge=1)] = 10
    noise: Annotated[float, Field(gt=0)] = 0.2
    temperature: Annotated[float, Field(gt=0)] = 0.05
    bound: Annotated[float, Field(gt=0)] | None = 3.0
    metropolis: bool = False

    def run(self, energy: Energy, x: Float[Tensor, "B F"], *, keep_graph: int = 0) -> Float[Tensor, "B F"]:
        """Where the chains are after all steps.

        Args:
            energy: E.
            x: Where they start.
            keep_graph: Through so many of the last steps gradients flow, to the weights of the energy.
        """
        with torch.enable_grad():
            x = self._inside(x.detach())
            if self.metropolis:
                return self._adjusted(energy, x)
            for left in reversed(range(self.steps)):
                x = self._step(energy, x, differentiable=left < keep_graph)
        return x

    def anywhere(self, like: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        """Where a chain that knows nothing starts: evenly in the box, so that no corner of it is left out."""
        if self.bound is None:
            return torch.randn_like(like)
        return self.bound * (2 * torch.rand_like(like) - 1)

    def _step(self, energy: Energy, x: Float[Tensor, "B F"], *, differentiable: bool) -> Float[Tensor, "B F"]:
        if not differentiable:
            x = x.detach()
        if not x.requires_grad:
            x.requires_grad_()
        (gradient,) = torch.autograd.grad(energy(x).sum(), x, create_graph=differentiable)
        moved = x if differentiable else x.detach()
        return self._inside(moved - self._drift * gradient + self.noise * torch.randn_like(x))

    def _adjusted(self, energy: Energy, x: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        """Every step is a proposal; what lies outside of the box has no density."""
        here, slope = self._energy_and_slope(energy, x)
        for _ in range(self.steps):
            proposed = x - self._drift * slope + self.noise * torch.randn_like(x)
            there, slope_there = self._energy_and_slope(energy, proposed)
            log_ratio = (here - there) / self.temperature
            log_ratio += self._log_step(x, proposed, slope_there) - self._log_step(proposed, x, slope)
            accepted = (torch.rand_like(here).log() < log_ratio) & self._is_inside(proposed)
            x = torch.where(accepted[:, None], proposed, x)
            here, slope = torch.where(accepted, there, here), torch.where(accepted[:, None], slope_there, slope)
        return x

    @property
    def _drift(self) -> float:
        return self.noise**2 / (2 * self.temperature)

    def _energy_and_slope(self, energy: Energy, x: Float[Tensor, "B F"]) -> tuple[Tensor, Tensor]:
        x = x.detach().requires_grad_()
        value = energy(x)
        (slope,) = torch.autograd.grad(value.sum(), x)
        return value.detach(), slope

    def _log_step(
        self, to: Float[Tensor, "B F"], start: Float[Tensor, "B F"], slope: Float[Tensor, "B F"]
    ) -> Float[Tensor, " B"]:
        """Log-density of stepping there, up to a constant."""
        return -((to - start + self._drift * slope) ** 2).sum(dim=1) / (2 * self.noise**2)

    def _is_inside(self, x: Float[Tensor, "B F"]) -> Bool[Tensor, " B"]:
        inside = torch.ones(len(x), dtype=torch.bool, device=x.device)
        return inside if self.bound is None else (x.abs() <= self.bound).all(dim=1)

    def _inside(self, x: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        """Reflected at the walls, as often as it takes."""
        if self.bound is None:
            return x
        return self.bound - (torch.remainder(x + self.bound, 4 * self.bound) - 2 * self.bound).abs()
