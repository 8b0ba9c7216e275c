"""The Earth mover's distance is POT's, is differentiable, and takes weights."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch

from resonaut.models.outlier.transport import earth_movers_distance, transport_cost


@pytest.fixture
def points():
    rng = np.random.default_rng(1)
    return torch.from_numpy(rng.normal(size=(60, 3))), torch.from_numpy(rng.normal(size=(60, 3)) + 0.5)


def reference(x, y, weight=None):
    share = np.full(len(x), 1 / len(x)) if weight is None else (weight / weight.sum()).numpy()
    return ot.emd2(share, np.full(len(y), 1 / len(y)), ot.dist(x.numpy(), y.numpy(), metric="euclidean"))


def test_it_is_pots_distance(points):
    assert earth_movers_distance(*points) == pytest.approx(reference(*points), rel=1e-5)


def test_with_weights_too(points):
    weight = torch.linspace(0.2, 3, 60).double()
    assert earth_movers_distance(*points, weight) == pytest.approx(reference(*points, weight), rel=1e-5)


def test_a_shift_costs_its_length(points):
    x, _ = points
    shift = torch.tensor([3.0, 4.0, 0.0])
    torch.testing.assert_close(transport_cost(x, x + shift), torch.full((60,), 5.0).double())


@pytest.mark.parametrize("weight", [None, torch.linspace(0.2, 3, 60).double()])
def test_its_gradient_is_that_of_finite_differences(points, weight):
    x, y = (part.clone().requires_grad_() for part in points)
    ones = torch.ones(60).double() if weight is None else weight
    ((transport_cost(x, y, weight) * ones).sum() / ones.sum()).backward()
    for part, other in ((y, x), (x, y)):
        step = torch.zeros_like(part)
        step[7, 1] = 1e-5
        there = [part.detach() + sign * step for sign in (1, -1)]
        pairs = [(other.detach(), at) if part is y else (at, other.detach()) for at in there]
        slope = (earth_movers_distance(*pairs[0], weight) - earth_movers_distance(*pairs[1], weight)) / 2e-5
        assert part.grad[7, 1].item() == pytest.approx(slope, rel=1e-3)


def test_points_that_meet_have_a_finite_gradient(points):
    x, _ = points
    y = x.clone().requires_grad_()
    transport_cost(x, y).mean().backward()
    assert torch.isfinite(y.grad).all()
