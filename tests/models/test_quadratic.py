"""Quadratic splines: inverse, Jacobian and limits."""

import numpy as np
import pytest
import torch

from resonaut.models.networks.quadratic import QuadraticSpline

BINS = 6


@pytest.fixture(params=[0.3, 3.0, 30.0])
def spline(request):
    generator = torch.Generator().manual_seed(1)
    widths = request.param * torch.randn(500, BINS, generator=generator, dtype=torch.float64)
    slopes = request.param * torch.randn(500, BINS - 1, generator=generator, dtype=torch.float64)
    return QuadraticSpline(widths, slopes)


@pytest.fixture
def x():
    return 8 * torch.rand(500, generator=torch.Generator().manual_seed(2), dtype=torch.float64) - 4


def test_the_inverse_brings_back(spline, x):
    np.testing.assert_allclose(spline.inv(spline(x)), x, atol=1e-8)


def test_the_jacobian_is_the_slope(spline, x):
    x = x.requires_grad_()
    y, log_slope = spline.call_and_ladj(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    np.testing.assert_allclose(log_slope.detach(), slope.log(), atol=1e-8)


def test_outside_and_at_the_bounds_it_is_the_identity(spline):
    for value in (-7.0, -5.0, 5.0, 7.0):
        edge = torch.full((500,), value, dtype=torch.float64)
        np.testing.assert_allclose(spline(edge), edge, atol=1e-8)
    inside = torch.full((500,), 5.0 - 1e-12, dtype=torch.float64)
    np.testing.assert_allclose(spline.call_and_ladj(inside)[1], 0, atol=1e-4)  # the slope is continuous


def test_it_rises():
    generator = torch.Generator().manual_seed(3)
    parameters = (torch.randn(1, size, generator=generator, dtype=torch.float64) for size in (BINS, BINS - 1))
    spline = QuadraticSpline(*(p.expand(1000, -1) for p in parameters))
    assert (spline(torch.linspace(-6, 6, 1000, dtype=torch.float64)).diff() > 0).all()
