"""The trainer minimises, repeats itself, resumes to the bit, and says what went wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from closure.toy_networks import Judged, Line, Writing
from resonaut.errors import ConfigError, FitError
from resonaut.models.training import Trainer, seeded

TRAINER = Trainer(epochs=4, batch_size=64, learning_rate=0.2, device="cpu")


@pytest.fixture
def data():
    x = torch.linspace(-1, 1, 500)[:, None]
    return {"x": x, "y": 3 * x + 1}


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_it_finds_the_minimum(data):
    network = Line(noise=0.0)
    history = replace(TRAINER, epochs=40).fit(network, data, seed=1)
    # Noiseless: at the minimum nothing is left for the steps to jump about.
    torch.testing.assert_close(weights(network), torch.tensor([3.0, 1.0]), atol=1e-3, rtol=0)
    assert history.epochs == 40
    assert history.train_loss[-1] < 1e-5 < history.train_loss[0]


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "cosine-warm-up", "constant"])
def test_every_schedule_learns(schedule, data):
    history = replace(TRAINER, epochs=10, schedule=schedule).fit(Line(), data, seed=1)
    assert history.train_loss[-1] < 0.1 * history.train_loss[0]


def test_the_seed_decides_and_the_global_state_is_left_alone(data):
    results = []
    for disturbance, seed in [(1, 7), (2, 7), (2, 8)]:
        network = Line()
        torch.manual_seed(disturbance)
        before = torch.get_rng_state()
        TRAINER.fit(network, data, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        results.append(weights(network))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_only_ratios_of_weights_matter_and_they_do(data):
    # Two parallel lines, y = x - 1 and y = x + 1: the intercept is the weighted mean of -1 and 1.
    x = torch.cat([data["x"], data["x"]])
    both = {"x": x, "y": torch.cat([data["x"] - 1, data["x"] + 1])}
    three_to_one = torch.repeat_interleave(torch.tensor([3.0, 1.0]), 500)
    intercepts = []
    for weight in (three_to_one, 10 * three_to_one):
        network = Line(noise=0.0)
        replace(TRAINER, epochs=15).fit(network, both, weight=weight, seed=1)
        intercepts.append(network.layer.bias.item())
    assert intercepts[0] == pytest.approx(-0.5, abs=0.02)
    assert intercepts[1] == pytest.approx(intercepts[0], abs=1e-4)


def test_an_event_of_weight_zero_is_not_there(data):
    weight = torch.ones(500)
    weight[::5] = 0
    there = weight > 0
    networks = Line(), Line()
    trainer = replace(TRAINER, validation_fraction=0.2)
    trainer.fit(networks[0], data, weight=weight, seed=1)
    trainer.fit(networks[1], {name: tensor[there] for name, tensor in data.items()}, seed=1)
    assert torch.equal(weights(networks[0]), weights(networks[1]))


@pytest.mark.parametrize("weight", [torch.zeros(500), -torch.ones(500)])
def test_weights_that_count_nothing_are_refused(weight, data):
    with pytest.raises(FitError, match="weights must not be negative, nor all 0"):
        TRAINER.fit(Line(), data, weight=weight)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ema": 0.9},
        {"validation_fraction": 0.2, "gradient_clip": 1.0, "weight_decay": 0.1},
        {"validation_fraction": 0.2, "patience": 1, "ema": 0.9},
        {"validation_fraction": 0.2, "best_epochs": 3},
    ],
)
def test_an_interrupted_training_resumes_to_the_bit(settings, data, tmp_path, monkeypatch):
    trainer = replace(TRAINER, epochs=6, **settings)
    straight = Line()
    whole = trainer.fit(straight, data, seed=5)

    class Interrupted(Exception):
        pass

    def interrupt(loss, *, after):
        calls.append(loss)
        if len(calls) > after:
            raise Interrupted
        return loss

    calls: list[int] = []
    trainer = replace(trainer, checkpoints=tmp_path)
    original = Line.loss
    with monkeypatch.context() as patch:
        patch.setattr(
            Line, "loss", lambda self, batch: interrupt(original(self, batch), after=20)
        )  # in the third epoch
        with pytest.raises(Interrupted):
            trainer.fit(Line(), data, seed=5)
    resumed = Line()
    history = trainer.fit(resumed, data, seed=5)
    assert torch.equal(weights(resumed), weights(straight))
    assert history.train_loss == whole.train_loss
    assert history.validation_loss == whole.validation_loss

    again = Line()
    assert trainer.fit(again, data, seed=5).seconds == history.seconds  # finished: nothing is trained
    assert torch.equal(weights(again), weights(straight))


def test_trainings_share_a_folder_of_checkpoints(data, tmp_path):
    trainer = replace(TRAINER, checkpoints=tmp_path)
    trainer.fit(Line(), data, seed=5)
    other = {"x": data["x"] + 1e-3, "y": data["y"]}
    for n, (changed, events, seed) in enumerate(
        [(replace(trainer, learning_rate=0.3), data, 5), (trainer, data, 6), (trainer, other, 5)], start=2
    ):
        alone, beside = Line(), Line()
        replace(changed, checkpoints=None).fit(alone, events, seed=seed)
        changed.fit(beside, events, seed=seed)
        assert torch.equal(weights(alone), weights(beside))  # nobody else's checkpoint was taken up
        assert len(list(tmp_path.iterdir())) == n


def test_the_best_epoch_is_kept(data):
    class Worsening(Line):
        """Its validation loss falls twice and rises then."""

        def loss(self, batch):
            losses = super().loss(batch)
            if not self.training:
                seen.append(weights(self).clone())
                losses = losses * 0 + [3.0, 1.0, 2.0, 4.0][len(seen) - 1]
            return losses

    seen: list[torch.Tensor] = []
    network = Worsening()
    trainer = replace(TRAINER, epochs=9, batch_size=500, validation_fraction=0.5, patience=2)
    history = trainer.fit(network, data, seed=1)
    assert history.best_epochs == [1]
    assert history.epochs == 4
    assert torch.equal(weights(network), seen[1])


def test_the_best_epochs_are_kept_best_first(data):
    class Erratic(Line):
        """Its validation loss goes up and down."""

        def loss(self, batch):
            losses = super().loss(batch)
            if not self.training:
                seen.append(weights(self).clone())
                losses = losses * 0 + [3.0, 1.0, 5.0, 2.0, 4.0, 1.0][len(seen) - 1]
            return losses

    seen: list[torch.Tensor] = []
    network = Erratic()
    trainer = replace(TRAINER, epochs=6, batch_size=500, validation_fraction=0.5, best_epochs=3)
    history = trainer.fit(network, data, seed=1)
    assert history.best_epochs == [5, 1, 3]
    assert torch.equal(weights(network), seen[5])
    for state, epoch in zip(history.states, history.best_epochs, strict=True):
        assert torch.equal(torch.cat([state["layer.weight"].flatten(), state["layer.bias"]]), seen[epoch])


def test_validation_draws_the_same_noise_after_every_epoch(data):
    # A step so small that the network stays what it was: then only the noise could make the losses differ.
    trainer = replace(TRAINER, learning_rate=1e-12, validation_fraction=0.3)
    history = trainer.fit(Line(noise=1.0, start=(3.0, 1.0)), data, seed=1)
    assert np.ptp(history.validation_loss) < 1e-6
    assert np.ptp(history.train_loss) > 1e-3


def test_best_epochs_want_something_to_be_ranked_by():
    with pytest.raises(ConfigError, match="best_epochs is 10 but nothing is held out"):
        Trainer(best_epochs=10)


def test_the_average_follows_the_weights_from_behind(data):
    # At a constant learning rate the weights jump about the minimum; their average jumps less.
    def scatter(ema):
        trainer = replace(TRAINER, epochs=10, schedule="constant", ema=ema)
        noisy = {"x": data["x"], "y": data["y"] + torch.randn(500, 1, generator=torch.Generator().manual_seed(1))}
        results = []
        for seed in range(5):
            network = Line(start=(3.0, 1.0))
            trainer.fit(network, noisy, seed=seed)
            results.append(weights(network))
        return torch.stack(results).std(dim=0).mean()

    assert scatter(0.95) < 0.6 * scatter(None)


def test_a_loss_that_explodes_is_named(data):
    class Exploding(Line):
        def loss(self, batch):
            return super().loss(batch) * float("inf")

    with pytest.raises(FitError, match=r"training loss became (nan|inf) in epoch 1; lower learning_rate"):
        TRAINER.fit(Exploding(), data, seed=1)


def test_events_that_cannot_be_learnt_from_are_refused(data):
    data["x"][3] = float("nan")
    with pytest.raises(FitError, match="'x' holds NaN"):
        TRAINER.fit(Line(), data, seed=1)
    with pytest.raises(FitError, match="'y' has 499 rows for 500"):
        TRAINER.fit(Line(), {"x": torch.zeros(500, 1), "y": torch.zeros(499, 1)}, seed=1)
    with pytest.raises(FitError, match="at least one event"):
        TRAINER.fit(Line(), {"x": torch.zeros(0, 1)}, seed=1)
    with pytest.raises(FitError, match="split for validation"):
        replace(TRAINER, validation_fraction=0.1).fit(Line(), {"x": torch.zeros(2, 1), "y": torch.zeros(2, 1)}, seed=1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "epochs"),
        ({"schedule": "linear"}, "one-cycle"),
        ({"ema": 1.5}, "ema"),
        ({"device": "tpu"}, "cpu"),
    ],
)
def test_impossible_settings_are_refused(settings, words, data):
    with pytest.raises(ConfigError, match=words):
        replace(TRAINER, **settings).fit(Line(), data, seed=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, so that asking for one is no mistake")
def test_a_device_that_is_not_there_is_refused(data):
    with pytest.raises(ConfigError, match="device 'cuda' cannot be used here"):
        replace(TRAINER, device="cuda").fit(Line(), data, seed=1)


def test_devices_share_a_training_that_is_the_same_as_of_one(data, tmp_path):
    settings = {"epochs": 5, "batch_size": 50, "validation_fraction": 0.2, "ema": 0.9, "best_epochs": 2}
    trainer = replace(TRAINER, **settings)
    weight = torch.linspace(0.5, 1.5, 500)
    alone, together = Line(noise=0.0), Line(noise=0.0)
    one = trainer.fit(alone, data, weight=weight, seed=1)
    two = replace(trainer, devices=2, checkpoints=tmp_path).fit(together, data, weight=weight, seed=1)
    torch.testing.assert_close(weights(together), weights(alone), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(two.train_loss, one.train_loss, rtol=1e-4)
    np.testing.assert_allclose(two.validation_loss, one.validation_loss, rtol=1e-4)
    assert two.best_epochs == one.best_epochs
    assert len(two.states) == 2
    # It is a training as any other: one device takes up what two have done.
    again = Line(noise=0.0)
    assert replace(trainer, checkpoints=tmp_path).fit(again, data, weight=weight, seed=1).seconds == two.seconds
    assert torch.equal(weights(again), weights(together))


def test_each_device_draws_its_own_noise(data, tmp_path):
    replace(TRAINER, epochs=1, devices=2).fit(Writing(tmp_path), data, seed=1)
    drawn = [file.read_text() for file in tmp_path.iterdir()]
    assert len(drawn) == len(set(drawn)) == 2


def test_what_goes_wrong_on_several_devices_is_named(data):
    with pytest.raises(FitError, match="became nan in epoch 1"):
        replace(TRAINER, validation_fraction=0.2, devices=2).fit(Judged(0), data, seed=1)


def test_seeded_is_a_private_stream():
    before = torch.get_rng_state()
    with seeded(3):
        first = torch.rand(2)
    with seeded(3):
        second = torch.rand(2)
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)
    assert not np.allclose(first, 0)


def test_progress_is_shown_only_if_asked(data, capsys):
    TRAINER.fit(Line(), data, seed=1)
    assert capsys.readouterr() == ("", "")
    replace(TRAINER, progress=True).fit(Line(), data, seed=1)
    assert capsys.readouterr().err


def test_what_was_judged_before_the_loss_ran_away_is_kept(data):
    history = replace(TRAINER, epochs=9, validation_fraction=0.2).fit(network := Judged(3), data, seed=1)
    assert "became nan in epoch 4" in history.stopped
    assert "The best epoch is kept" in history.stopped
    assert history.best_epochs == [2]
    assert history.epochs == len(history.validation_loss) == len(history.measures["other"]) == 3
    assert torch.isfinite(weights(network)).all()
    with pytest.raises(FitError, match="became nan in epoch 1"):
        replace(TRAINER, validation_fraction=0.2).fit(Judged(0), data, seed=1)
