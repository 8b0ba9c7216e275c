"""Several states of a network, used as one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from resonaut.models.density.spline import SplineFlow
from resonaut.models.networks.best_epochs import BestEpochs, with_states
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer


class Step(nn.Module):
    """A Gaussian of unit width around its one weight; as a function, adds it."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, x):
        return x + self.value

    def sample(self, context, noise):
        return self.value + 0 * context

    def log_prob(self, x, context):
        return -0.5 * ((x - self.value) ** 2).sum(dim=1) - 0.5 * math.log(2 * math.pi)


@pytest.fixture
def three():
    return with_states(Step(), [Step(value).state_dict() for value in (10.0, 20.0, 60.0)])


def test_one_state_is_the_network_itself():
    network = with_states(Step(), [Step(3.0).state_dict()])
    assert isinstance(network, Step)
    assert network.value.item() == 3


@pytest.mark.parametrize("n", [0, 1, 2, 3, 30, 31])
def test_each_gives_an_equal_part_of_a_sample_wherever_in_it(three, n):
    sample = three.sample(torch.zeros(n, 1), torch.Generator())[:, 0].tolist()
    assert sample == [(10, 20, 60)[i % 3] for i in range(n)]


def test_predictions_are_averaged(three):
    assert three(torch.tensor([1.0])).item() == 31


def test_the_likelihood_is_that_of_the_mixture(three):
    x = torch.linspace(-10, 90, 20_001)[:, None]
    p = three.log_prob(x, x).exp()
    torch.testing.assert_close(torch.trapezoid(p, x[:, 0]), torch.tensor(1.0), atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.trapezoid(p * x[:, 0], x[:, 0]), torch.tensor(30.0), atol=1e-2, rtol=0)


def test_a_density_of_its_best_epochs_is_saved_and_has_every_verb(tmp_path):
    rng = np.random.default_rng(1)
    x, mass = rng.standard_normal((500, 3)), rng.uniform(2, 4, (500, 1))
    trainer = Trainer(
        epochs=4, batch_size=128, learning_rate=1e-2, validation_fraction=0.3, best_epochs=3, device="cpu"
    )
    flow = SplineFlow(transforms=2, hidden=(8,), bins=4, trainer=trainer).fit(x, mass, seed=1)
    assert isinstance(flow.network_, BestEpochs)
    assert len(flow.network_.members) == 3
    save(flow, tmp_path / "flow.safetensors")
    again = load(tmp_path / "flow.safetensors")
    np.testing.assert_array_equal(again.sample(mass, seed=2), flow.sample(mass, seed=2))
    np.testing.assert_array_equal(again.log_prob(x, mass), flow.log_prob(x, mass))
    # The latent space is the best epoch's.
    best = replace(flow, trainer=replace(trainer, best_epochs=1)).fit(x, mass, seed=1)
    np.testing.assert_array_equal(flow.to_latent(x, mass), best.to_latent(x, mass))
