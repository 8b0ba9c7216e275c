"""A normalised autoencoder is a density, is judged as one, and says where its training goes wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from resonaut.errors import ConfigError
from resonaut.models.outlier import guards
from resonaut.models.outlier.energy_network import NormalisedNetwork
from resonaut.models.outlier.normalised import NormalisedAutoencoder
from resonaut.models.outlier.wasserstein import WassersteinNormalisedAutoencoder
from resonaut.models.training import Trainer, seeded
from resonaut.quality.two_sample import c2st
from resonaut.registry import read_config

TRAINER = Trainer(
    epochs=15,
    batch_size=256,
    learning_rate=2e-3,
    schedule="constant",
    gradient_clip=1.0,
    validation_fraction=0.25,
    device="cpu",
)
SMALL = {"hidden": (16, 16), "latent": 1, "trainer": TRAINER, "pretraining": replace(TRAINER, epochs=5)}


def crescent(n, seed):
    """A bent band in the plane."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.1 * rng.normal(size=(n, 2))


@pytest.fixture(scope="module")
def fitted():
    return NormalisedAutoencoder(**SMALL).fit(crescent(2400, seed=1), seed=1)


def by_quadrature(detector, n, rng):
    """Draws of exp(-E / T) in the box, from a fine grid of its values."""
    bound, cells = detector.langevin.bound, 300
    edges = np.linspace(-bound, bound, cells + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    energy = detector.score(detector.scaling_.inverse(grid))
    density = np.exp(-(energy - energy.min()) / detector.langevin.temperature)
    chosen = rng.choice(len(grid), n, p=density / density.sum())
    return grid[chosen] + (rng.random((n, 2)) - 0.5) * (edges[1] - edges[0])


def test_its_samples_have_the_density_that_its_energy_stands_for(fitted):
    rng = np.random.default_rng(1)
    exact = by_quadrature(fitted, 4000, rng)
    chain = replace(fitted.langevin, steps=300, metropolis=True)
    with seeded(2):
        drawn = chain.run(fitted.network_.energy, torch.randn(4000, 2).double()).numpy()
    assert c2st(exact, drawn, seed=1).auc <= 0.55
    # The chains of the training, unadjusted and persistent, stay near it.
    kept = fitted.scaling_.transform(fitted.sample(4000, seed=3))
    assert c2st(exact, kept, seed=1).auc <= 0.6
    # The test notices another density: that of twice the temperature.
    hot = by_quadrature(replace(fitted, langevin=replace(chain, temperature=0.2)).load_state(fitted.state()), 4000, rng)
    assert c2st(exact, hot, seed=1).auc > 0.6


class Still(torch.nn.Module):
    """Chains that are where they are."""

    def __init__(self, ends):
        super().__init__()
        self.ends = ends

    def draw(self, network, x, *, keep_graph=0):
        return self.ends


def test_a_chain_above_all_data_does_not_count_where_only_those_that_arrived_do(fitted):
    x = torch.from_numpy(fitted.scaling_.transform(crescent(200, seed=5)))
    corner = torch.full((1, 2), 3.0, dtype=torch.float64)
    inside = x[fitted.network_.energy(x).argmin()][None]

    def loss(ends, arrived):
        judge = fitted.network_.guard
        network = NormalisedNetwork(fitted.network_.autoencoder, Still(torch.cat(ends)), judge, arrived=arrived)
        return network.loss({"x": x}).mean().item()

    assert fitted.network_.energy(corner) > fitted.network_.energy(x).max()
    assert loss([inside], True) == pytest.approx(loss([inside], False))
    assert loss([inside, corner], True) == pytest.approx(loss([inside], True))
    assert loss([inside, corner], False) < loss([inside], False) - 0.1
    # Where none has arrived it is the loss of a plain autoencoder.
    assert loss([corner], True) == pytest.approx(fitted.network_.energy(x).mean().item())


def test_the_epoch_of_the_least_distance_is_kept(fitted):
    history = fitted.history_
    assert set(history.measures) == {"distance", "energy_data", "energy_samples"}
    assert {len(values) for values in history.measures.values()} == {history.epochs}
    assert history.validation_loss == history.measures["distance"]
    assert history.best_epochs[0] == int(np.argmin(history.measures["distance"]))
    assert 0 < fitted.emd_floor_ < min(history.measures["distance"])


def test_every_epoch_can_be_looked_at(fitted):
    x = crescent(50, seed=2)
    model = replace(NormalisedAutoencoder(**SMALL), trainer=replace(TRAINER, epochs=3, best_epochs=3))
    model.fit(crescent(600, seed=1), seed=1)
    scores = [model.at_epoch(epoch).score(x) for epoch in range(3)]
    np.testing.assert_array_equal(scores[model.history_.best_epochs[0]], model.score(x))
    assert not np.allclose(scores[0], scores[2])


@pytest.mark.parametrize("start", ["data", "manifold"])
def test_chains_may_start_elsewhere(start):
    model = NormalisedAutoencoder(**SMALL | {"trainer": replace(TRAINER, epochs=2)}, start=start)
    model.fit(crescent(600, seed=1), seed=1)
    assert np.isfinite(model.sample(10, seed=1)).all()
    assert np.isfinite(model.history_.measures["distance"]).all()


def test_a_wnae_moves_its_samples_onto_the_data():
    quick = SMALL | {"trainer": replace(TRAINER, epochs=18, learning_rate=4e-3)}
    model = WassersteinNormalisedAutoencoder(**quick).fit(crescent(2000, seed=1), seed=1)
    distance = model.history_.measures["distance"]
    assert min(distance) < 0.8 * distance[0]


def test_training_that_has_gone_wrong_is_stopped_and_explained(monkeypatch):
    # An absurd learning rate, and a guard that has seen enough after three epochs.
    monkeypatch.setattr(guards, "LASTING", 3)
    wild = replace(TRAINER, epochs=40, learning_rate=0.3, gradient_clip=100.0)
    model = NormalisedAutoencoder(**SMALL | {"trainer": wild})
    with pytest.warns(UserWarning, match="training stopped after epoch"):
        model.fit(crescent(600, seed=1), seed=1)
    assert model.history_.epochs < 40
    assert model.history_.stopped
    watching = replace(model, stop=False, trainer=replace(wild, epochs=model.history_.epochs + 2))
    assert watching.fit(crescent(600, seed=1), seed=1).history_.epochs == model.history_.epochs + 2


def test_without_held_out_events_there_is_no_judging():
    with pytest.raises(ConfigError, match="held-out"):
        NormalisedAutoencoder(trainer=replace(TRAINER, validation_fraction=0.0))


@pytest.mark.parametrize("setting", [{"gamma": 0.1}, {"arrived": True}])
def test_a_wnae_refuses_settings_of_a_loss_that_it_does_not_have(setting):
    read_config("outlier", {"name": "nae", **setting})
    with pytest.raises(ConfigError, match=next(iter(setting))):
        read_config("outlier", {"name": "wnae", **setting})
    # Nor is it advised to try them.
    assert next(iter(setting)) in NormalisedAutoencoder.remedies
    assert next(iter(setting)) not in WassersteinNormalisedAutoencoder.remedies
