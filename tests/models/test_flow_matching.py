"""Continuous normalizing flows: a linear velocity, whose flow is known exactly, and both ways to a trace."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from resonaut.models.density.flow_matching import FlowMatching


class Linear(nn.Module):
    """v = A x: the flow is exp(A t), its log-determinant the trace of A."""

    def __init__(self, matrix):
        super().__init__()
        self.matrix = matrix

    def forward(self, x, time, context):
        return x @ self.matrix.T


@pytest.fixture
def matrix():
    return torch.tensor([[0.3, -0.8], [0.5, -0.1]], dtype=torch.float64)


def network(matrix, **settings):
    network = FlowMatching(solver="dormand-prince", tolerance=1e-9, **settings)._network(2, 1)
    network.velocity = Linear(matrix)
    return network


def test_a_linear_velocity_gives_its_exact_flow_and_density(matrix):
    x = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    context = torch.zeros(20, 1, dtype=torch.float64)
    z = x @ torch.matrix_exp(-matrix).T
    flow = network(matrix, trace="exact")
    np.testing.assert_allclose(flow.to_latent(x, context), z, atol=1e-7)
    expected = -0.5 * z.square().sum(dim=1) - math.log(2 * math.pi) - torch.trace(matrix)
    np.testing.assert_allclose(flow.log_prob(x, context), expected, atol=1e-7)


def test_hutchinsons_trace_is_exact_for_a_diagonal_and_unbiased_otherwise(matrix):
    x = torch.randn(4000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    context = torch.zeros(4000, 1, dtype=torch.float64)
    diagonal = torch.diag(torch.diagonal(matrix))
    for some, tolerance in ((diagonal, 1e-7), (matrix, 0.03)):  # its noise is a_12 + a_21, 0.3 an event
        exact, estimate = (network(some, trace=trace).log_prob(x, context) for trace in ("exact", "hutchinson"))
        assert float((exact - estimate).mean()) == pytest.approx(0, abs=tolerance)


def test_the_exact_trace_is_that_of_autograd():
    torch.manual_seed(1)
    flow = FlowMatching(width=16, blocks=1)._network(3, 1)
    nn.init.normal_(flow.velocity.leave.weight)
    x, time, context = torch.randn(5, 3), torch.rand(5), torch.randn(5, 1)
    _, divergence = flow._velocity_and_divergence(x, time, context, x)
    for i in range(5):
        jacobian = torch.func.jacrev(lambda row: flow.velocity(row[None], time[i : i + 1], context[i : i + 1])[0])(x[i])  # noqa: B023
        assert float(divergence[i].detach()) == pytest.approx(float(torch.trace(jacobian).detach()), rel=1e-4, abs=1e-5)
