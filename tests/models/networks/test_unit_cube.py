"""A flow of the unit cube: a density there, both ways the same, the identity at first."""

from __future__ import annotations

import pytest
import torch

from resonaut.models.networks.unit_cube import UnitCubeFlow


@pytest.fixture(params=[1, 2, 3])
def bent(request):
    """A flow that has learnt something, of 1 to 3 dimensions."""
    torch.manual_seed(0)
    flow = UnitCubeFlow(request.param, transforms=4, bins=8, hidden=(16,))
    for layer in flow.layers:
        torch.nn.init.normal_(layer.network[-1].weight, std=0.5)
    return flow


def test_it_begins_as_the_identity():
    z = torch.rand(100, 3)
    u, log_prob = UnitCubeFlow(3, transforms=4, bins=8, hidden=(16,)).sample(z)
    torch.testing.assert_close(u, z)
    assert log_prob.abs().max() < 1e-5


def test_both_ways_agree_and_stay_in_the_cube(bent):
    dimensions = int(bent.layers[0].kept.numel() + bent.layers[0].moved.numel())
    u, log_prob = bent.sample(torch.rand(2000, dimensions))
    assert ((u >= 0) & (u <= 1)).all()
    torch.testing.assert_close(bent.log_prob(u), log_prob, atol=1e-3, rtol=0)
    assert log_prob.std() > 0.1  # it is not the identity


def test_its_density_integrates_to_one(bent):
    dimensions = int(bent.layers[0].kept.numel() + bent.layers[0].moved.numel())
    density = bent.log_prob(torch.rand(40_000, dimensions)).exp()
    assert abs(float(density.mean()) - 1) < 4 * float(density.std()) / 200
