"""A network as it was after each of its best epochs, used as one.

The validation loss of a long training goes up and down by more than the last epochs differ. CATHODE therefore takes its
ten best: a density draws a tenth of its sample from each, a classifier averages their predictions.

References:
    Hallin et al., PRD 106 (2022) 055006, arXiv:2109.00546, sections III A and III B
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["BestEpochs", "with_states"]


def with_states(network: nn.Module, states: Sequence[Mapping[str, Tensor]]) -> nn.Module:
    """The network itself where one state is given, else all of them as one."""
    if len(states) == 1:
        network.load_state_dict(states[0])
        return network
    together = BestEpochs(network, len(states))
    for member, state in zip(together.members, states, strict=True):
        member.load_state_dict(state)
    return together.eval()


class BestEpochs(nn.Module):
    """Several states of one network, the best first.

    Args:
        network: Gives the architecture; it is copied.
        epochs: How many.
    """

    def __init__(self, network: nn.Module, epochs: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(deepcopy(network) for _ in range(epochs))

    @property
    def _states(self) -> list[Any]:  # what each can do is up to the network
        return list(self.members)

    def forward(self, *inputs: Tensor) -> Tensor:
        """The average of what they predict."""
        return torch.stack([member(*inputs) for member in self.members]).mean(dim=0)

    def sample(self, context: Float[Tensor, "B C"], noise: torch.Generator) -> Float[Tensor, "B F"]:
        """One x for each context, an equal part from each, taken in turn: contexts may come in order."""
        n = len(self.members)
        parts: list[Tensor] = [member.sample(context[i::n], noise) for i, member in enumerate(self._states)]
        x = parts[0].new_empty(len(context), *parts[0].shape[1:])
        for i, part in enumerate(parts):
            x[i::n] = part
        return x

    def log_prob(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        """Of the mixture that `sample` draws from."""
        log_probs = torch.stack([member.log_prob(x, context) for member in self._states])
        return torch.logsumexp(log_probs, dim=0) - math.log(len(self.members))

    def to_latent(self, x: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The best one's: a mixture of flows has no latent space of its own."""
        z: Tensor = self._states[0].to_latent(x, context)
        return z
