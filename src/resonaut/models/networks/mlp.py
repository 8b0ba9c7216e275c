"""A plain network of dense layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

__all__ = ["mlp"]


def mlp(
    inputs: int, outputs: int, hidden: Sequence[int], activation: Callable[[], nn.Module] = nn.SiLU
) -> nn.Sequential:
    """Dense layers of these widths, with an activation between them."""
    widths = [inputs, *hidden]
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))
