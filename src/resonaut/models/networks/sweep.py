"""Sampling a masked autoregressive flow in one sweep.

Feature i of a sample needs the shift and scale that the network computes from the features before it. The plain
inverse calls the whole network once a feature and uses one column of the result. But a hidden unit of a masked network
sees the first k features only, and never changes once they are known: here every unit is evaluated once, as soon as it
can be, so that a sample costs what a likelihood does.

References:
    Germain et al. (masks), ICML 2015, arXiv:1502.03509; Papamakarios et al. (MAF), NeurIPS 2017, arXiv:1705.07057
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.lazy import LazyTransform
from zuko.nn import MaskedLinear
from zuko.utils import unpack

from resonaut.models.networks.flow import FlowNetwork

__all__ = ["AutoregressiveFlowNetwork", "masked_flow", "sweep"]


def masked_flow(
    features: int, context: int, *, transforms: int, hidden: Sequence[int], **univariate: Any
) -> AutoregressiveFlowNetwork:
    """A flow of masked layers, each of which takes the features in the opposite order of the one before it.

    Args:
        features, context: Numbers of columns.
        transforms: Autoregressive layers.
        hidden: Widths of the hidden layers of each layer's network.
        univariate: `univariate` and `shapes` as of `coupling_flow`; without them, a shift and a scale.
    """
    forward = torch.arange(features)
    layers = [
        MaskedAutoregressiveTransform(
            features,
            context,
            order=forward if layer % 2 == 0 else forward.flip(0),
            hidden_features=hidden,
            activation=nn.SiLU,
            **univariate,
        )
        for layer in range(transforms)
    ]
    return AutoregressiveFlowNetwork(layers, features)


class AutoregressiveFlowNetwork(FlowNetwork):
    """A flow of masked autoregressive layers."""

    def __init__(self, layers: Sequence[LazyTransform], features: int) -> None:
        super().__init__(layers, features)
        self.layers = layers

    def to_data(self, z: Float[Tensor, "B F"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        """The x of Gaussian variables."""
        for layer in reversed(self.layers):
            # zuko's layer of one feature has no masks: there is nothing to wait for.
            masked = isinstance(layer, MaskedAutoregressiveTransform)
            z = sweep(layer, z, context) if masked else layer(context).inv(z)
        return z


def sweep(
    layer: MaskedAutoregressiveTransform, y: Float[Tensor, "B F"], context: Float[Tensor, "B C"]
) -> Float[Tensor, "B F"]:
    """The x that a layer of two or more features maps to y, given the context."""
    *hidden, last = [module for module in layer.hyper if isinstance(module, MaskedLinear)]
    activations: list[Any] = [module for module in layer.hyper if not isinstance(module, MaskedLinear)]

    # How many features must be known before a column is. Each stage's columns are put in that order, one after the
    # other in memory: what a step has to go on with is then what comes first.
    wait = torch.cat([layer.order + 1, layer.order.new_zeros(context.shape[1])])
    waits, orders, weights = [wait], [wait.argsort(stable=True)], []
    for module in hidden:
        waits.append((module.mask * waits[-1]).amax(dim=1))
        orders.append(waits[-1].argsort(stable=True))
        weights.append((module.mask * module.weight)[orders[-1]][:, orders[-2]])
    columns = [y.new_empty(len(order), len(y)) for order in orders]
    columns[0][: context.shape[1]] = context.T
    known = [context.shape[1], *(0 for _ in hidden)]

    x = torch.empty_like(y)
    for step in range(layer.passes):
        for i, (module, activation, weight) in enumerate(zip(hidden, activations, weights, strict=True)):
            new = slice(known[i + 1], int((waits[i + 1] <= step).sum()))
            bias = module.bias[orders[i + 1]][new, None]
            columns[i + 1][new] = activation(torch.addmm(bias, weight[new, : known[i]], columns[i][: known[i]]))
            known[i + 1] = new.stop
        now = (layer.order == step).nonzero()[:, 0]
        rows = (now[:, None] * layer.total + torch.arange(layer.total, device=y.device)).ravel()
        weight = (last.mask * last.weight)[rows][:, orders[-1][: known[-1]]]
        parameters = torch.addmm(last.bias[rows, None], weight, columns[-1][: known[-1]])
        parameters = unpack(parameters.T.reshape(len(y), len(now), layer.total), layer.shapes)
        x[:, now] = layer.univariate(*parameters).inv(y[:, now])
        columns[0][known[0] : known[0] + len(now)] = x[:, now].T
        known[0] += len(now)
    return x
