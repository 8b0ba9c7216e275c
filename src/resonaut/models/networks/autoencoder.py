"""An autoencoder of a table's rows, whose reconstruction error is an energy."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from resonaut.models.networks.energy_model import EnergyModel
from resonaut.models.networks.mlp import mlp

__all__ = ["AutoencoderNetwork"]


class AutoencoderNetwork(EnergyModel):
    """Down to a few latent numbers and up again.

    Args:
        features: Columns.
        hidden: Widths of the encoder's layers; the decoder has the same in reverse.
        latent: Width in the middle.
    """

    def __init__(self, features: int, hidden: Sequence[int], latent: int) -> None:
        super().__init__()
        self.moving, self.latent = features, latent
        self.encoder = mlp(features, latent, hidden)
        self.decoder = mlp(latent, features, hidden[::-1])

    def energy(self, x: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """Mean squared error of the reconstruction."""
        error: Tensor = self.decoder(self.encoder(x)) - x
        return error.square().mean(dim=1)

    def latent_energy(self, z: Float[Tensor, "B L"]) -> Float[Tensor, " B"]:
        """The energy of what is decoded."""
        return self.energy(self.decoder(z))
