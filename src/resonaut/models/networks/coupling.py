"""Flows of coupling layers: each transforms half of the features by functions of the other half and the context."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import torch
from jaxtyping import Bool
from torch import Tensor, nn
from torch.distributions import Transform
from zuko.flows.coupling import GeneralCouplingTransform

from resonaut.models.networks.flow import FlowNetwork

__all__ = ["coupling_flow", "coupling_masks"]


def coupling_flow(
    features: int,
    context: int,
    *,
    transforms: int,
    univariate: Callable[..., Transform],
    shapes: Sequence[tuple[int, ...]],
    hidden: Sequence[int],
) -> FlowNetwork:
    """A flow from features to a Gaussian, both directions at the price of one network call a layer.

    Args:
        features, context: Numbers of columns.
        transforms: Coupling layers.
        univariate: Builds the map of one feature from parameters of these `shapes`.
        shapes: Of the parameters.
        hidden: Widths of each layer's network.
    """
    layers = [
        GeneralCouplingTransform(
            features,
            context,
            mask=mask,
            univariate=univariate,
            shapes=shapes,
            hidden_features=hidden,
            activation=nn.SiLU,
        )
        for mask in islice(coupling_masks(features), transforms)
    ]
    return FlowNetwork(layers, features)


def coupling_masks(features: int) -> Iterator[Bool[Tensor, " F"]]:
    """Which features stay as they are, layer by layer, without end.

    Row k of a Walsh-Hadamard matrix splits the features by the parity of the bits that a feature's number shares with
    k; its complement follows. The powers of two come first: then any two features have been on opposite sides after
    2 log2(F) layers, and equally often after a whole cycle. Halves that are only swapped never part some pairs.

    References:
        Gao, Isaacson, Krause, Mach. Learn.: Sci. Technol. 1 (2020) 045023, arXiv:2001.05486
    """
    bits = max(1, math.ceil(math.log2(features)))
    while True:
        for k in sorted(range(1, 2**bits), key=int.bit_count):
            mask = torch.tensor([(k & feature).bit_count() % 2 == 1 for feature in range(features)])
            yield mask
            yield ~mask
