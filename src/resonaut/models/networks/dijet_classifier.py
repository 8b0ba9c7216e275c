"""The transformer that tells events of two jets apart by all their particles.

Jets attend to one another, particles to those of their own jet, with the same weights for both jets. In one common
space the N1 + N2 + 2 objects are then averaged, so that neither the order of the particles nor that of the jets
matters.

References:
    Buhmann et al., PRD 109 (2024) 055015, arXiv:2310.06897, section III C
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from resonaut.models.networks.attention import AttentionBlock

__all__ = ["DijetClassifier"]


class DijetClassifier(nn.Module):
    """Log-odds of an event.

    Args:
        particle, jet: Columns of a particle and of a jet.
        width: Of the layers.
        heads: Of the attention.
        blocks: Attention blocks of the particles.
        dropout: Of the two layers at the end.
    """

    def __init__(self, particle: int, jet: int, *, width: int, heads: int, blocks: int, dropout: float) -> None:
        super().__init__()
        self.enter_particle, self.enter_jet = _dense(particle, width), _dense(jet, width)
        self.jet_block = AttentionBlock(width, heads)
        self.particle_blocks = nn.ModuleList(AttentionBlock(width, heads) for _ in range(blocks))
        self.each = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.Dropout(dropout), nn.LeakyReLU())
        self.all = nn.Sequential(nn.Linear(width, width), nn.Dropout(dropout), nn.LeakyReLU(), nn.Linear(width, 1))

    def forward(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Log-odds of class 1.

        Args:
            batch: What `embed` takes.
        """
        log_odds: Tensor = self.all[-1](self.embed(batch))[:, 0]
        return log_odds

    def embed(self, batch: dict[str, Tensor]) -> Float[Tensor, "B W"]:
        """What the last layer decides by.

        Args:
            batch: Jets "jets" [B, 2, J], particles "first" [B, K1, P] and "second" [B, K2, P] with their masks.
        """
        jets = batch["jets"]
        both = torch.ones(jets.shape[:2], dtype=torch.bool, device=jets.device)
        total = self.each(self.jet_block(self.enter_jet(jets), both)).float().sum(dim=1)
        count = torch.full_like(total[:, :1], 2)
        for jet in ("first", "second"):
            mask = batch[f"{jet}_mask"]
            total = total + self._of_particles(batch[jet], mask)
            count = count + mask.sum(dim=1, keepdim=True)
        embedded: Tensor = self.all[:-1](total / count)
        return embedded

    def forget_answer(self) -> None:
        """Start the last layer anew: what the others have learnt is kept for another question."""
        last = self.all[-1]
        assert isinstance(last, nn.Linear)
        last.reset_parameters()

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Binary cross-entropy, nats."""
        log_odds = self(batch).float()
        return nn.functional.binary_cross_entropy_with_logits(log_odds, batch["y"], reduction="none")

    def _of_particles(self, x: Float[Tensor, "B K P"], mask: Bool[Tensor, "B K"]) -> Float[Tensor, "B W"]:
        """The sum over a jet's particles of what they have become."""
        h = self.enter_particle(x)
        for block in self.particle_blocks:
            h = block(h, mask)
        total: Tensor = (self.each(h) * mask[..., None]).float().sum(dim=1)
        return total


def _dense(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.LeakyReLU(), nn.Linear(width, width))
