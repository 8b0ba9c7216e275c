"""A mixture of something known and something to be learnt: what the data hold beyond a background.

    p(x, c) = w s(c) p_S(x|c) + (1 - w) known(x, c)

The network of a density gives p_S; s, the share of the new component that lies in each of a few strips of the context,
and w, its fraction, are learnt beside it. It owns the loss of R-ANODE (Das, Kasieczka, Shih, arXiv:2312.11629).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid

__all__ = ["Mixture"]

FIRST_GUESS = 0.01
STEP = 10.0
"""The fraction's logarithm has further to go than a weight of a network, which an optimizer moves as fast."""


class Mixture(nn.Module):
    """Trained on rows with `x`, `context`, `log_known` (logarithm of the known part) and `strip` (an integer).

    Args:
        network: Has `log_prob(x, context)`.
        strips: How many.
        fraction: w; None learns it.
    """

    def __init__(self, network: nn.Module, strips: int, fraction: float | None) -> None:
        super().__init__()
        self.network: Any = network
        self.spectrum = nn.Parameter(torch.zeros(strips))
        self.first = math.log(1 / (1 / (fraction or FIRST_GUESS) - 1))
        self.step = nn.Parameter(torch.zeros(()), requires_grad=fraction is None)

    @property
    def logit_fraction(self) -> Float[Tensor, ""]:
        """Ln w/(1 - w)."""
        return self.first + STEP * self.step

    def loss(self, batch: dict[str, Tensor]) -> Float[Tensor, " B"]:
        """Negative log-likelihood of the mixture, nats."""
        log_share = log_softmax(self.spectrum, dim=0)[batch["strip"]]
        new = logsigmoid(self.logit_fraction) + log_share + self.network.log_prob(batch["x"], batch["context"])
        known = logsigmoid(-self.logit_fraction) + batch["log_known"]
        return -torch.logaddexp(new, known)
