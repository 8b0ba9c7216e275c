"""Integrators: the order of convergence each one promises, and a case whose answer is known."""

import math

import numpy as np
import pytest
import torch

from resonaut.errors import FitError
from resonaut.models.ode import integrate

ORDERS = {"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}


def turning(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """A rotation that gets faster: the angle after time t is t + t^2 / 2."""
    return torch.stack([-x[:, 1], x[:, 0]], dim=1) * (1 + time[:, None])


def exact(x: torch.Tensor, angle: float) -> torch.Tensor:
    rotation = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]], dtype=x.dtype)
    return x @ rotation


@pytest.fixture
def start() -> torch.Tensor:
    return torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("solver", ORDERS)
def test_the_error_falls_with_the_order(solver, start):
    errors = [
        float((integrate(turning, start, 0, 1, solver=solver, steps=steps) - exact(start, 1.5)).abs().max())
        for steps in (16, 32)
    ]
    # Halving the step divides the error by 2^order, up to a term of the next order.
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[solver], abs=0.25)


def test_the_adaptive_solver_keeps_its_tolerance_and_comes_back(start):
    for tolerance in (1e-3, 1e-6):
        there = integrate(turning, start, 0, 1, solver="dormand-prince", tolerance=tolerance)
        # The tolerance is that of a step; there are a few.
        assert float((there - exact(start, 1.5)).abs().max()) < 10 * tolerance
        back = integrate(turning, there, 1, 0, solver="dormand-prince", tolerance=tolerance)
        assert float((back - start).abs().max()) < 10 * tolerance


def test_the_adaptive_solver_is_of_fifth_order(start):
    """Error against network calls: a thousandth of the error costs less than 1000^(1/4) of the calls."""
    calls = []

    def counted(x, time):
        calls[-1] += 1
        return turning(x, time)

    for tolerance in (1e-5, 1e-8):
        calls.append(0)
        integrate(counted, start, 0, 1, solver="dormand-prince", tolerance=tolerance)
    assert calls[1] / calls[0] < 1000**0.25


def test_an_empty_sample_and_a_wild_velocity():
    assert integrate(turning, torch.empty(0, 2), 0, 1, solver="dormand-prince").shape == (0, 2)
    with pytest.raises(FitError, match="raise tolerance"):
        integrate(
            lambda x, t: 1e6 * torch.sign(torch.sin(1e7 * t[:, None])) * torch.ones_like(x),
            torch.zeros(1, 1),
            0,
            1,
            solver="dormand-prince",
            tolerance=1e-7,
        )


def test_rows_do_not_mix(start):
    alone = torch.cat([integrate(turning, row[None], 0, 1, steps=5) for row in start])
    np.testing.assert_allclose(integrate(turning, start, 0, 1, steps=5), alone, rtol=1e-12)
