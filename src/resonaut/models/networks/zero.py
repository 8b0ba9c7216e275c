"""Layers that begin as zero: a network that ends in one begins as the mean of its target, a modulation as none."""

from __future__ import annotations

from torch import nn

__all__ = ["zeroed"]


def zeroed(layer: nn.Linear) -> nn.Linear:
    """The same layer, its weights and biases zero until it is trained."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
