"""What every outlier detector must do, whatever it is made of, and whatever its events are."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from contracts.outlier_events import Tables, Trees
from resonaut.errors import FitError, FormatError, ResonautError
from resonaut.models import training
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer
from resonaut.protocols import GraphOutlierDetector, OutlierDetector
from resonaut.registry import members

KINDS = {
    **dict.fromkeys(members("outlier").values(), Tables),
    **dict.fromkeys(members("graph-outlier").values(), Trees),
}
DETECTORS = list(KINDS)


def ordinary(cls, n, seed):
    return KINDS[cls].ordinary(n, seed=seed)


def quick(cls, pretraining=1, epochs=1):
    """The same method on little in little time."""
    model = cls(hidden=(16, 16), latent=3, langevin=Langevin(steps=5, noise=0.3), **KINDS[cls].settings)
    changes = {"trainer": replace(model.trainer, epochs=epochs, batch_size=128)}
    if hasattr(model, "pretraining"):
        changes["pretraining"] = replace(model.pretraining, epochs=pretraining, batch_size=128)
    return replace(model, **changes)


@cache
def trained(cls):
    return quick(cls, *KINDS[cls].epochs).fit(ordinary(cls, 1200, seed=1), seed=1)


@pytest.fixture(params=DETECTORS, ids=lambda cls: cls.__name__)
def fitted(request):
    return trained(request.param)


def test_it_has_the_verbs(fitted):
    assert isinstance(fitted, OutlierDetector if KINDS[type(fitted)] is Tables else GraphOutlierDetector)


def test_what_belongs_together_otherwise_is_strange(fitted):
    kind = KINDS[type(fitted)]
    scores = [fitted.score(x) for x in (kind.ordinary(1000, seed=2), kind.strange(1000, seed=3))]
    assert roc_auc_score(np.repeat([0, 1], 1000), np.concatenate(scores)) > 0.65


def test_an_events_score_does_not_depend_on_the_others(fitted):
    x = ordinary(type(fitted), 300, seed=2)
    scores = fitted.score(x)
    np.testing.assert_allclose(fitted.score(x[7:8]), scores[7:8], rtol=1e-12)
    assert fitted.score(x[:0]).shape == (0,)
    assert scores.dtype == np.float64


def test_samples_follow_the_seed(fitted):
    first, again, other, once_more = (fitted.sample(40, seed=seed) for seed in (1, 1, 2, 1))
    assert len(first) == 40
    numbers = KINDS[type(fitted)].numbers
    assert numbers(first).shape[1] == 4
    np.testing.assert_array_equal(numbers(first), numbers(again))
    assert not np.isin(numbers(first)[:, 0], numbers(other)[:, 0]).any()
    np.testing.assert_array_equal(numbers(first), numbers(once_more))  # sampling has changed nothing


def test_it_is_saved_and_loaded_to_the_bit(fitted, tmp_path):
    x = ordinary(type(fitted), 300, seed=3)
    save(fitted, tmp_path / "detector.safetensors")
    loaded = load(tmp_path / "detector.safetensors")
    assert type(loaded) is type(fitted)
    trainers = {name: value for name, value in vars(fitted).items() if isinstance(value, Trainer)}
    assert loaded == replace(fitted, **{name: replace(value, device="auto") for name, value in trainers.items()})
    np.testing.assert_array_equal(loaded.score(x), fitted.score(x))
    numbers = KINDS[type(fitted)].numbers
    np.testing.assert_array_equal(numbers(loaded.sample(20, seed=1)), numbers(fitted.sample(20, seed=1)))
    assert loaded.emd_floor_ == fitted.emd_floor_


def test_a_truncated_file_is_refused(fitted, tmp_path):
    path = tmp_path / "detector.safetensors"
    save(fitted, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"detector\.safetensors cannot be read"):
        load(path)


@pytest.mark.parametrize("cls", DETECTORS)
def test_fitting_follows_the_seed_and_leaves_everything_else_alone(cls):
    x, numbers = ordinary(cls, 400, seed=1), KINDS[cls].numbers
    x_before, torch_before = numbers(x).copy(), torch.get_rng_state()
    scores = [quick(cls).fit(x, seed=seed).score(x) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.allclose(scores[0], scores[2])
    np.testing.assert_array_equal(numbers(x), x_before)
    assert torch.equal(torch.get_rng_state(), torch_before)


@pytest.mark.parametrize("cls", DETECTORS)
def test_a_second_fit_forgets_the_first(cls):
    x = ordinary(cls, 400, seed=1)
    once = quick(cls).fit(x, seed=1).score(x)
    others = 100 + np.hstack([x, x[::-1]]) if KINDS[cls] is Tables else KINDS[cls].lumps(np.ones(400))
    twice = quick(cls).fit(others, seed=2).fit(x, seed=1).score(x)
    np.testing.assert_array_equal(once, twice)


@pytest.mark.parametrize("cls", DETECTORS)
def test_what_has_more_weight_is_less_strange(cls):
    # Two sorts of events, equal in number; only one of them weighs anything worth mentioning.
    side = np.repeat([-1.0, 1.0], 500)
    x = KINDS[cls].lumps(side)
    weight = np.where(side > 0, 1.0, 0.01)
    model = quick(cls, *KINDS[cls].epochs)
    scores = replace(model, latent=2).fit(x, weight=weight, seed=1).score(x)
    assert np.median(scores[side < 0]) > 1.3 * np.median(scores[side > 0])


@pytest.mark.parametrize("cls", DETECTORS)
def test_weights_that_are_all_alike_are_none(cls):
    x = ordinary(cls, 400, seed=1)
    without = quick(cls).fit(x, seed=1).score(x)
    equal = quick(cls).fit(x, weight=np.full(400, 7.0), seed=1).score(x)
    np.testing.assert_allclose(equal, without, rtol=1e-3)


@pytest.mark.parametrize("cls", DETECTORS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_unusable_values_are_refused(cls, value):
    x = KINDS[cls].with_value(ordinary(cls, 400, seed=1), value)
    with pytest.raises(ResonautError, match="NaN or infinite"):
        quick(cls).fit(x, seed=1)


@pytest.mark.parametrize("cls", DETECTORS)
def test_what_cannot_be_learnt_from_is_refused(cls):
    x = ordinary(cls, 400, seed=1)
    with pytest.raises(FitError, match="12 events are too few"):
        quick(cls).fit(x[:12], seed=1)
    with pytest.raises(FitError, match="latent is 4 and there are 4 features"):
        replace(quick(cls), latent=4).fit(x, seed=1)


@pytest.mark.parametrize("cls", [cls for cls, kind in KINDS.items() if kind is Tables])
def test_a_constant_feature_is_refused(cls):
    x = np.hstack([Tables.ordinary(400, seed=1), np.full((400, 1), 5.0)])
    with pytest.raises(FitError, match="feature 4 is 5 in all 400 events"):
        quick(cls).fit(x, seed=1)


@pytest.mark.parametrize("cls", DETECTORS)
def test_an_interrupted_training_goes_on_to_the_bit(cls, tmp_path, monkeypatch):
    x, model = ordinary(cls, 400, seed=1), quick(cls, epochs=3)
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
    drawn = fitted.scaling_.transform(KINDS[type(fitted)].numbers(fitted.sample(200, seed=1)))
    assert np.abs(drawn).max() <= fitted.langevin.bound + 1e-6
