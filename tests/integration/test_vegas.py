"""The vegas library beside our own use of its grid."""

from __future__ import annotations

import math

import torch

from resonaut.integration.processes.toys import TOYS
from resonaut.integration.vegas import integrate_with_vegas
from resonaut.integration.vegas_grid import VegasGrid


def test_vegas_gives_the_known_integrals():
    for name in ("gaussian", "breit-wigners"):
        toy = TOYS[name]
        result = integrate_with_vegas(toy.integrand, 40_000, seed=1)
        assert abs(result.integral - toy.integral) < 5 * result.error
        assert result.n_evaluations < 60_000
        assert result == integrate_with_vegas(toy.integrand, 40_000, seed=1)


def test_the_slope_of_the_grid_is_its_derivative():
    grid = VegasGrid.through([[0.0, 0.5, 0.5 + 1e-9, 0.5 + 2e-9, 1.0], [0.0, 0.1, 0.2, 0.9, 1.0]])
    u = torch.rand(500, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()
    x, slope = grid(u)
    (first,) = torch.autograd.grad(x[:, 0].sum(), u, retain_graph=True)
    (second,) = torch.autograd.grad(x[:, 1].sum(), u)
    torch.testing.assert_close(slope, first[:, 0] * second[:, 1], rtol=1e-6, atol=0)
    assert (slope > 0).all()
    ends, _ = grid(torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    assert ends.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_tail_falls_on_within_the_outermost_bins():
    """Knots where an exponential has equal parts, and one more: behind the last but one the density goes on falling."""
    u = torch.arange(8, dtype=torch.float64) / 8
    knots = -torch.log1p(-u)
    grid = VegasGrid(torch.cat([knots, 2 * knots[-1:]])[None] / (2 * knots[-1]))
    _, slope = grid(torch.linspace(7 / 8, 1.0, 9, dtype=torch.float64)[:, None])
    assert (slope.diff() > 0).all()
    secant = float(grid.knots[0].diff()[-1]) * 8
    assert float(slope[0]) < secant < 4 * secant < 4.001 * float(slope[-1])


def test_bins_without_any_width_do_no_harm():
    grid = VegasGrid.through([[0.0, 0.3, 0.3, 0.3, 1.0]])
    x, slope = grid(torch.linspace(0, 1, 101)[:, None])
    assert x.isfinite().all()
    assert (slope > 0).all()
    assert math.isclose(float(x[-1, 0]), 1.0)
