"""The sweep inverts what zuko computes, whatever the order and the number of features."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from zuko.flows.autoregressive import MaskedAutoregressiveTransform
from zuko.transforms import MonotonicRQSTransform

from resonaut.models.density.autoregressive_spline import AutoregressiveSplineFlow
from resonaut.models.density.maf import MaskedAutoregressiveFlow
from resonaut.models.networks.sweep import sweep


@pytest.mark.parametrize("hidden", [(5,), (16, 16), (32, 7, 32)])
@pytest.mark.parametrize(("features", "order"), [(2, [1, 0]), (4, [2, 0, 3, 1]), (7, [6, 5, 4, 3, 2, 1, 0]), (4, None)])
def test_it_inverts_the_layer(features, order, hidden):
    torch.manual_seed(1)
    layer = MaskedAutoregressiveTransform(
        features, 2, order=order and torch.tensor(order), hidden_features=hidden, activation=nn.SiLU
    ).double()
    x, context = torch.randn(50, features).double(), torch.randn(50, 2).double()
    with torch.no_grad():
        y = layer(context)(x)
        assert not torch.allclose(y, x)
        torch.testing.assert_close(sweep(layer, y, context), x)
        torch.testing.assert_close(sweep(layer, y, context), layer(context).inv(y))


def test_fewer_passes_and_other_transforms():
    # Two passes are a coupling layer; splines have several parameters a feature.
    torch.manual_seed(1)
    layer = MaskedAutoregressiveTransform(
        5, 1, passes=2, univariate=MonotonicRQSTransform, shapes=[(4,), (4,), (3,)], hidden_features=(16, 16)
    ).double()
    x, context = torch.randn(50, 5).double(), torch.randn(50, 1).double()
    with torch.no_grad():
        torch.testing.assert_close(sweep(layer, layer(context)(x), context), x)


@pytest.mark.parametrize("method", [MaskedAutoregressiveFlow, AutoregressiveSplineFlow])
@pytest.mark.parametrize("features", [1, 3])
def test_the_flow_inverts_itself(method, features):
    torch.manual_seed(1)
    flow = method(transforms=3)._network(features, 1).double()
    z, context = torch.randn(50, features).double(), torch.randn(50, 1).double()
    with torch.no_grad():
        torch.testing.assert_close(flow.to_latent(flow.to_data(z, context), context), z)


def test_no_rows_are_no_rows():
    layer = MaskedAutoregressiveTransform(3, 1, hidden_features=(8,))
    with torch.no_grad():
        assert sweep(layer, torch.empty(0, 3), torch.empty(0, 1)).shape == (0, 3)
