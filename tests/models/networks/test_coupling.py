"""Every feature meets every other one in a coupling layer."""

from __future__ import annotations

from itertools import islice

import pytest
import torch

from resonaut.models.networks.coupling import coupling_masks


def separations(features, layers):
    """How often each pair of features is on opposite sides in the first layers."""
    masks = torch.stack(list(islice(coupling_masks(features), layers)))
    assert masks.any(dim=1).all()
    assert not masks.all(dim=1).any()
    return (masks[:, :, None] != masks[:, None, :]).sum(dim=0)[*torch.triu_indices(features, features, 1)]


@pytest.mark.parametrize("features", [2, 3, 4, 5, 10, 56])
def test_every_pair_is_separated_early_and_equally_often(features):
    bits = (features - 1).bit_length()
    assert (separations(features, 2 * bits) > 0).all()
    # Of the rows of a Walsh-Hadamard matrix two columns differ in half: 2^(bits-1) rows, each used twice.
    assert (separations(features, 2 * (2**bits - 1)) == 2**bits).all()


@pytest.mark.parametrize("features", [2, 3, 4, 10])
def test_the_first_two_layers_transform_everything(features):
    first, second = islice(coupling_masks(features), 2)
    assert (first ^ second).all()
