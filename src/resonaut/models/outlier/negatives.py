"""Where the samples come from that an energy is lowered against: Langevin chains, and how they start.

    replay    the chains of earlier batches go on, a few start afresh from noise: long chains at the price of short ones
    data      from the events of the batch (contrastive divergence): quick, and blind to low energies far from the data
    manifold  a chain in the latent space first, decoded: begins where the decoder can get to, which is where the
              energies that should not be low are

References:
    Hinton (contrastive divergence), Neural Comput. 14 (2002) 1771
    Tieleman (persistent chains), ICML 2008;  Du, Mordatch (replay with restarts), NeurIPS 2019, arXiv:1903.08689
    Yoon, Noh, Park (on the manifold), ICML 2021, arXiv:2105.05735
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from resonaut.models.networks.autoencoder import AutoencoderNetwork
from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.outlier.langevin import Langevin

__all__ = ["Chains", "Negatives", "Start", "negatives"]

Start = Literal["replay", "data", "manifold"]

KEPT_CHAINS = 10_000
KEPT_NUMBERS = 500_000
"""In all chains together: fewer are kept of what is described by many numbers."""
RESTARTS = 0.05
"""Of the replayed chains, how many start from noise each time, so that no region is left out for good."""
LONG = 200
"""Steps of a chain that comes from noise and is to be representative."""


class Chains(nn.Module):
    """Samples of p(x) ~ exp(-E(x) / T), by chains that start anywhere.

    A module, so that what chains remember is trained, saved and resumed with the weights.
    """

    def __init__(self, langevin: Langevin) -> None:
        super().__init__()
        self.langevin = langevin

    def representative(self, network: EnergyModel, n: int) -> Float[Tensor, "n F"]:
        """Of chains that are long enough to have forgotten their start."""
        return self.follow(replace(self.langevin, steps=LONG), network, self.nowhere(network, n))

    def nowhere(self, network: EnergyModel, n: int) -> Float[Tensor, "n F"]:
        """Starts that know nothing but what is given."""
        given = network.given(n)
        return torch.cat([self.langevin.anywhere(given.new_empty(n, network.moving)), given], dim=1)

    def follow(
        self, langevin: Langevin, network: EnergyModel, x: Float[Tensor, "B F"], keep_graph: int = 0
    ) -> Float[Tensor, "B F"]:
        """Where chains from x end; what is given with them stays."""
        given = x[:, network.moving :]

        def energy(moving: Float[Tensor, "B M"]) -> Float[Tensor, " B"]:
            return network.energy(torch.cat([moving, given], dim=1))

        ends = langevin.run(energy, x[:, : network.moving], keep_graph=keep_graph)
        return torch.cat([ends, given], dim=1)


class Negatives(Chains, ABC):
    """Chains that also make the samples of a training."""

    @abstractmethod
    def draw(self, network: EnergyModel, x: Float[Tensor, "B F"], *, keep_graph: int = 0) -> Float[Tensor, "B F"]:
        """As many samples as there are data x.

        Args:
            network: The energy.
            x: A batch.
            keep_graph: As `Langevin.run` has it.
        """


def negatives(start: Start, langevin: Langevin, network: EnergyModel) -> Negatives:
    """The chains that start so."""
    if start == "replay":
        return Replay(langevin, network)
    return FromData(langevin) if start == "data" else FromManifold(langevin)


class FromData(Negatives):
    """Contrastive divergence."""

    def draw(self, network: EnergyModel, x: Float[Tensor, "B F"], *, keep_graph: int = 0) -> Float[Tensor, "B F"]:
        """From the data."""
        return self.follow(self.langevin, network, x, keep_graph)


class FromManifold(Negatives):
    """On-manifold initialisation: a chain on the energy of what is decoded, then one in x."""

    def draw(self, network: EnergyModel, x: Float[Tensor, "B F"], *, keep_graph: int = 0) -> Float[Tensor, "B F"]:
        """From decoded latent samples."""
        assert isinstance(network, AutoencoderNetwork)  # others have no decoder of rows
        # Latent values have no scale of their own: the chain is free, and as wide as the data's.
        z = network.encoder(x).detach()
        start = z.mean(dim=0) + z.std(dim=0) * torch.randn_like(z)
        z = replace(self.langevin, bound=None).run(network.latent_energy, start)
        return self.langevin.run(network.energy, network.decoder(z.detach()), keep_graph=keep_graph)


class Replay(Negatives):
    """Persistent chains."""

    chains: Tensor

    def __init__(self, langevin: Langevin, network: EnergyModel) -> None:
        super().__init__(langevin)
        width = network.moving + network.given(1).shape[1]
        self.register_buffer("chains", self.nowhere(network, min(KEPT_CHAINS, KEPT_NUMBERS // width)))

    def draw(self, network: EnergyModel, x: Float[Tensor, "B F"], *, keep_graph: int = 0) -> Float[Tensor, "B F"]:
        """Go on from where some chains were, and remember where they are now."""
        rows = torch.randint(len(self.chains), (len(x),), device=self.chains.device)
        afresh = torch.rand(len(x), 1, device=self.chains.device) < RESTARTS
        kept = self.chains[rows]
        moving, given = kept[:, : network.moving], kept[:, network.moving :]
        start = torch.where(afresh, self.langevin.anywhere(moving), moving)
        drawn = self.follow(self.langevin, network, torch.cat([start, given], dim=1), keep_graph)
        self.chains[rows] = drawn.detach()
        return drawn

    def representative(self, network: EnergyModel, n: int) -> Float[Tensor, "n F"]:
        """The remembered chains, each followed a little further."""
        rows = torch.randperm(len(self.chains), device=self.chains.device)
        rows = rows.repeat(-(-n // len(self.chains)))[:n]
        return self.follow(replace(self.langevin, steps=5 * self.langevin.steps), network, self.chains[rows])
