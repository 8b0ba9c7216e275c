"""The compiled loops against the same function in torch: values, slopes, inverse, and all gradients."""

from __future__ import annotations

import pytest
import torch

from resonaut.models.networks import unit_spline as module
from resonaut.models.networks.unit_spline import unit_spline, unit_spline_inverse

pytest.importorskip("numba")


def both_ways(monkeypatch, call):
    compiled = call()
    monkeypatch.setattr(module, "_compiled", lambda x: False)
    return compiled, call()


@pytest.fixture
def parameters():
    # Large enough that widths, heights and slopes reach their bounds; 300 rows of two splines of five segments.
    return 4 * torch.randn(300, 2, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def values():
    x = torch.rand(300, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    x[0, 0], x[1, 0] = 0.0, 1.0
    return x


def test_values_and_gradients_are_those_of_torch(parameters, values, monkeypatch):
    def call():
        p, x = parameters.clone().requires_grad_(), values.clone().requires_grad_()
        y, log_slope = unit_spline(p, x)
        return y, log_slope, *torch.autograd.grad((torch.sin(3 * y) + log_slope**2).sum(), (p, x))

    compiled, in_torch = both_ways(monkeypatch, call)
    inside = (values > 0) & (values < 1)  # at the ends torch's spline goes over into the identity
    for one, other in zip(compiled, in_torch, strict=True):
        torch.testing.assert_close(one[inside], other[inside], rtol=1e-6, atol=1e-8)


def test_the_inverse_is_the_inverse(parameters, values, monkeypatch):
    y, log_slope = unit_spline(parameters, values)
    x, same = unit_spline_inverse(parameters, y)
    torch.testing.assert_close(x, values, rtol=0, atol=1e-9)
    torch.testing.assert_close(same, log_slope, rtol=1e-5, atol=1e-6)
    compiled, in_torch = both_ways(monkeypatch, lambda: unit_spline_inverse(parameters, y)[0])
    torch.testing.assert_close(compiled, in_torch, rtol=0, atol=1e-9)


def test_single_precision_stays_in_the_interval(parameters, values):
    x, log_slope = unit_spline_inverse(parameters.float(), values.float())
    assert x.dtype == torch.float32
    assert ((x >= 0) & (x <= 1 + 1e-6)).all()
    assert log_slope.isfinite().all()
