"""What every outlier detector of tables must do, whatever it is made of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from resonaut.errors import FitError, FormatError, ResonautError
from resonaut.models import training
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer
from resonaut.protocols import OutlierDetector
from resonaut.registry import members

DETECTORS = list(members("outlier").values())


def ring(n, seed):
    """A ring in a plane that is tilted in four dimensions, three units across."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, n)
    flat = np.stack([np.cos(angle), np.sin(angle), 0.5 * np.cos(angle), rng.normal(size=n)], axis=1)
    return 3 * (flat + 0.1 * rng.normal(size=(n, 4)))


def quick(cls, epochs=1):
    """The same method on little in little time."""
    model = cls(hidden=(16, 16), latent=3, langevin=Langevin(steps=5, noise=0.3))
    changes = {"trainer": replace(model.trainer, epochs=epochs, batch_size=128)}
    if hasattr(model, "pretraining"):
        changes["pretraining"] = replace(model.pretraining, epochs=epochs, batch_size=128)
    return replace(model, **changes)


@cache
def trained(cls):
    return quick(cls, epochs=10).fit(ring(1200, seed=1), seed=1)


@pytest.fixture(params=DETECTORS, ids=lambda cls: cls.__name__)
def fitted(request):
    return trained(request.param)


def test_it_has_the_verbs(fitted):
    assert isinstance(fitted, OutlierDetector)


def test_what_is_off_the_ring_is_strange(fitted):
    # Each feature by itself looks the same, but the plane is tilted the other way.
    ordinary, strange = ring(1000, seed=2), ring(1000, seed=3)
    strange[:, 2] *= -1
    scores = fitted.score(np.concatenate([ordinary, strange]))
    assert roc_auc_score(np.repeat([0, 1], 1000), scores) > 0.65


def test_an_events_score_does_not_depend_on_the_others(fitted):
    x = ring(300, seed=2)
    scores = fitted.score(x)
    np.testing.assert_allclose(fitted.score(x[7:8]), scores[7:8], rtol=1e-12)
    assert fitted.score(x[:0]).shape == (0,)
    assert scores.dtype == np.float64


def test_samples_follow_the_seed(fitted):
    sample = fitted.sample(40, seed=1)
    assert sample.shape == (40, 4)
    np.testing.assert_array_equal(sample, fitted.sample(40, seed=1))
    assert not np.allclose(sample, fitted.sample(40, seed=2))
    np.testing.assert_array_equal(sample, fitted.sample(40, seed=1))  # sampling has changed nothing


def test_it_is_saved_and_loaded_to_the_bit(fitted, tmp_path):
    x = ring(300, seed=3)
    save(fitted, tmp_path / "detector.safetensors")
    loaded = load(tmp_path / "detector.safetensors")
    assert type(loaded) is type(fitted)
    trainers = {name: value for name, value in vars(fitted).items() if isinstance(value, Trainer)}
    assert loaded == replace(fitted, **{name: replace(value, device="auto") for name, value in trainers.items()})
    np.testing.assert_array_equal(loaded.score(x), fitted.score(x))
    np.testing.assert_array_equal(loaded.sample(20, seed=1), fitted.sample(20, seed=1))
    assert loaded.emd_floor_ == fitted.emd_floor_


def test_a_truncated_file_is_refused(fitted, tmp_path):
    path = tmp_path / "detector.safetensors"
    save(fitted, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"detector\.safetensors cannot be read"):
        load(path)


@pytest.mark.parametrize("cls", DETECTORS)
def test_fitting_follows_the_seed_and_leaves_everything_else_alone(cls):
    x = ring(400, seed=1)
    x_before, torch_before = x.copy(), torch.get_rng_state()
    scores = [quick(cls).fit(x, seed=seed).score(x) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.allclose(scores[0], scores[2])
    np.testing.assert_array_equal(x, x_before)
    assert torch.equal(torch.get_rng_state(), torch_before)


@pytest.mark.parametrize("cls", DETECTORS)
def test_a_second_fit_forgets_the_first(cls):
    x = ring(400, seed=1)
    once = quick(cls).fit(x, seed=1).score(x)
    twice = quick(cls).fit(100 + np.hstack([x, x[::-1]]), seed=2).fit(x, seed=1).score(x)
    np.testing.assert_array_equal(once, twice)


@pytest.mark.parametrize("cls", DETECTORS)
def test_what_has_more_weight_is_less_strange(cls):
    # Two lumps, equal in number; only one of them weighs anything worth mentioning.
    rng = np.random.default_rng(1)
    side = np.repeat([-1.0, 1.0], 500)
    x = rng.normal(size=(1000, 4)) * 0.3
    x[:, 0] += 3 * side
    x[:, 1] += 3 * side * x[:, 2]
    weight = np.where(side > 0, 1.0, 0.01)
    model = quick(cls, epochs=10)
    scores = replace(model, latent=2).fit(x, weight=weight, seed=1).score(x)
    assert np.median(scores[side < 0]) > 1.3 * np.median(scores[side > 0])


@pytest.mark.parametrize("cls", DETECTORS)
def test_weights_that_are_all_alike_are_none(cls):
    x = ring(400, seed=1)
    without = quick(cls).fit(x, seed=1).score(x)
    equal = quick(cls).fit(x, weight=np.full(400, 7.0), seed=1).score(x)
    np.testing.assert_allclose(equal, without, rtol=1e-3)


@pytest.mark.parametrize("cls", DETECTORS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_unusable_values_are_refused(cls, value):
    x = ring(400, seed=1)
    x[7, 1] = value
    with pytest.raises(ResonautError, match="NaN or infinite"):
        quick(cls).fit(x, seed=1)


@pytest.mark.parametrize("cls", DETECTORS)
def test_what_cannot_be_learnt_from_is_refused(cls):
    x = ring(400, seed=1)
    with pytest.raises(FitError, match="feature 4 is 5 in all 400 events"):
        quick(cls).fit(np.hstack([x, np.full((400, 1), 5.0)]), seed=1)
    with pytest.raises(FitError, match="12 events are too few"):
        quick(cls).fit(x[:12], seed=1)
    with pytest.raises(FitError, match="latent is 4 and there are 4 features"):
        replace(quick(cls), latent=4).fit(x, seed=1)


@pytest.mark.parametrize("cls", DETECTORS)
def test_an_interrupted_training_goes_on_to_the_bit(cls, tmp_path, monkeypatch):
    x, model = ring(400, seed=1), quick(cls, epochs=3)
    whole = model.fit(x, seed=1).score(x)
    resumable = replace(model, trainer=replace(model.trainer, checkpoints=tmp_path))
    epoch = training._Training._epoch

    def stops_in_the_third(self, number):
        if self.file is not None and number == 2:
            raise KeyboardInterrupt
        return epoch(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(training._Training, "_epoch", stops_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            resumable.fit(x, seed=1)
    assert list(tmp_path.iterdir())
    resumed = resumable.fit(x, seed=1)
    assert resumed.history_.epochs == 3
    np.testing.assert_array_equal(resumed.score(x), whole)


def test_the_box_holds_what_is_drawn(fitted):
    drawn = fitted.scaling_.transform(fitted.sample(200, seed=1))
    assert np.abs(drawn).max() <= fitted.langevin.bound + 1e-6
