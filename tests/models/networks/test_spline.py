"""The spline is zuko's function, and inverts where float32 is at its worst."""

from __future__ import annotations

import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from resonaut.models.networks.spline import RationalQuadraticSpline


def parameters(n, bins=10, spread=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return [spread * torch.randn(n, 3, k, generator=generator, dtype=dtype) for k in (bins, bins, bins - 1)]


@pytest.mark.parametrize("spread", [0.1, 1.0, 30.0])
def test_it_is_the_function_of_another_implementation(spread):
    phi = parameters(500, spread=spread)
    x = torch.linspace(-7, 7, 1500, dtype=torch.float64).reshape(500, 3)
    ours, theirs = RationalQuadraticSpline(*phi), MonotonicRQSTransform(*phi)
    for a, b in zip(ours.call_and_ladj(x), theirs.call_and_ladj(x), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ours.inv(x), theirs.inv(x), rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_another_implementation():
    x = torch.linspace(-7, 7, 150, dtype=torch.float64).reshape(50, 3)
    gradients = []
    for Spline in (RationalQuadraticSpline, MonotonicRQSTransform):
        phi = [p.requires_grad_() for p in parameters(50)]
        y, ladj = Spline(*phi).call_and_ladj(x)
        gradients.append(torch.autograd.grad((y + ladj).square().sum(), phi))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


def test_the_slope_is_the_derivative():
    phi = parameters(200)
    x = torch.linspace(-6, 6, 600, dtype=torch.float64).reshape(200, 3).requires_grad_()
    y, ladj = RationalQuadraticSpline(*phi).call_and_ladj(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(ladj, slope.log())


@pytest.mark.parametrize("spread", [1.0, 10.0, 1000.0])
def test_float32_inverts_without_nan(spread):
    # Parameters far wilder than a network gives: with the last, neighbouring segments differ by a factor of 1000.
    phi = parameters(20_000, spread=spread, dtype=torch.float32)
    y = 5.2 * (2 * torch.rand(20_000, 3, generator=torch.Generator().manual_seed(2)) - 1)
    spline = RationalQuadraticSpline(*phi)
    x = spline.inv(y)
    assert torch.isfinite(x).all()
    assert (spline(x) - y).abs().median() < 1e-3


def test_beyond_the_bound_it_is_the_identity():
    phi = parameters(10)
    spline = RationalQuadraticSpline(*phi)
    edges = torch.tensor([-5.0, 5.0], dtype=torch.float64)
    for edge in edges:
        x = edge.expand(10, 3)
        torch.testing.assert_close(spline(x), x)
        torch.testing.assert_close(spline.inv(x), x)
    for value in (-1e6, 1e6):
        x = torch.full((10, 3), value, dtype=torch.float64)
        y, ladj = spline.call_and_ladj(x)
        assert torch.equal(y, x)
        assert (ladj == 0).all()
