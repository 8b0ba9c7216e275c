"""An autoencoder as an energy-based model, p(x) = exp(-E(x) / T) / Omega, and its judgement of itself.

The likelihood's gradient is that of E+ - E-, the mean energies of data and of the model's own samples: what the network
reconstructs without having been shown it is unlearnt. The loss says nothing of how far that has come: it is zero for a
perfect model, and for one whose samples have collapsed onto a few low-energy spots. The Earth mover's distance between
samples and data tells the two apart, and ranks the epochs.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.guards import Guard
from resonaut.models.outlier.negatives import Chains, Negatives
from resonaut.models.outlier.transport import earth_movers_distance, transport_cost
from resonaut.models.training import TrainingHistory

__all__ = ["EnergyNetwork", "JudgedNetwork", "NormalisedNetwork", "WassersteinNetwork"]


class EnergyNetwork(nn.Module):
    """A plain autoencoder: its energy is learnt from the data alone, and may be as low elsewhere.

    Args:
        autoencoder: Its reconstruction error is the energy.
        chains: Where samples come from.
    """

    def __init__(self, autoencoder: EnergyModel, chains: Chains) -> None:
        super().__init__()
        self.autoencoder, self.chains = autoencoder, chains

    def energy(self, x: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """The autoencoder's."""
        return self.autoencoder.energy(x)

    def sample(self, n: int) -> Float[Tensor, "n F"]:
        """From chains that are as long as can be had."""
        return self.chains.representative(self.autoencoder, n).detach()

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """The energy of the data."""
        return self.energy(batch["x"])


class JudgedNetwork(EnergyNetwork):
    """A training with negative examples, judged by how far its own samples are from data.

    Args:
        autoencoder, chains: As above.
        guard: When to give up, and how many samples it takes to judge.
    """

    def __init__(self, autoencoder: EnergyModel, chains: Negatives, guard: Guard) -> None:
        super().__init__(autoencoder, chains)
        self.negatives, self.guard = chains, guard

    def judge(self, data: Mapping[str, Tensor]) -> dict[str, float]:
        """The distance of its samples from data, and both energies over the data's."""
        x, weight = data["x"][: self.guard.events], data["weight"][: self.guard.events]
        drawn = self.sample(len(x))
        positive, negative = self.energy(x), self.energy(drawn)
        compared, with_these = self.autoencoder.coordinates(x), self.autoencoder.coordinates(drawn)
        return {
            "distance": earth_movers_distance(compared, with_these, weight),
            "energy_data": float((weight * positive).sum() / weight.sum()),
            "energy_samples": float(negative.mean()),
        }

    def verdict(self, history: TrainingHistory) -> str | None:
        """Why it is of no use to go on, if so."""
        return self.guard.verdict(history)


class NormalisedNetwork(JudgedNetwork):
    """E+ - E-, and a bound on E-, without which both could run away together.

    Args:
        autoencoder, chains, guard: As above.
        gamma: Weight of E-^2 in the loss.
        arrived: Chains whose energy is above that of all data of the batch do not count.
    """

    def __init__(
        self, autoencoder: EnergyModel, chains: Negatives, guard: Guard, *, gamma: float = 0.0, arrived: bool = False
    ) -> None:
        super().__init__(autoencoder, chains, guard)
        self.gamma, self.arrived = gamma, arrived

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """E of each event minus the mean E of the samples."""
        negative = self.energy(self.negatives.draw(self.autoencoder, batch["x"]))
        positive = self.energy(batch["x"])
        if self.arrived:
            # Others are on their way, and no samples yet: to raise them would lower the loss without end.
            negative = negative[negative <= positive.detach().max()]
            if not len(negative):
                return positive
        return positive - negative.mean() + self.gamma * negative.square().mean()


class WassersteinNetwork(JudgedNetwork):
    """The loss is the Earth mover's distance between data and samples itself, its gradient flowing through the chains.

    Args:
        autoencoder, chains, guard: As above.
        differentiable: Through so many of a chain's last steps.
        group: The batch is transported in groups of so many events: the cost of a plan grows with the cube of them.
    """

    def __init__(
        self, autoencoder: EnergyModel, chains: Negatives, guard: Guard, *, differentiable: int, group: int
    ) -> None:
        super().__init__(autoencoder, chains, guard)
        self.differentiable, self.group = differentiable, group

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """How far each event would have to go to become a sample."""
        drawn = self.negatives.draw(self.autoencoder, batch["x"], keep_graph=self.differentiable)
        groups = -(-len(drawn) // self.group)
        parts = zip(*(batch_part.chunk(groups) for batch_part in (batch["x"], drawn, batch["weight"])), strict=True)
        return torch.cat([transport_cost(*part) for part in parts])
