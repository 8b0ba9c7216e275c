"""What every classifier of the registry must do: scikit-learn's own checks, and that its scores are log-odds."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from resonaut.models.training import Trainer
from resonaut.protocols import Classifier
from resonaut.registry import members

CLASSIFIERS = list(members("classifier").values())

SHIFT = 1.0


def quick(cls):
    """The same classifier, with as few members as make an ensemble, or epochs as will do."""
    model = cls(random_state=1)
    settings = {f.name for f in fields(model)}
    if "trainer" in settings:
        trainer = Trainer(
            epochs=10, batch_size=256, learning_rate=1e-2, validation_fraction=0.2, best_epochs=2, device="cpu"
        )
        model = replace(model, trainer=trainer)
    return replace(model, members=3) if "members" in settings else model


def two_gaussians(n, seed, ratio=1.0):
    """Class 0 at -1/2 and class 1 at +1/2 along the first of two axes: the log-odds are x_0, plus log(ratio)."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < ratio / (1 + ratio)).astype(int)
    x = rng.standard_normal((n, 2))
    x[:, 0] += SHIFT * (y - 0.5)
    return x, y


def early_stopping_splits(estimator):
    """Checks that cannot hold, and why."""
    return {
        "check_sample_weight_equivalence_on_dense_data": (
            "early stopping holds out random events; copies of one event may end up on both sides, a weight cannot"
        )
    }


@parametrize_with_checks([quick(cls) for cls in CLASSIFIERS], expected_failed_checks=early_stopping_splits)
def test_scikit_learn_agrees(estimator, check):
    check(estimator)


@pytest.fixture(scope="module", params=CLASSIFIERS, ids=lambda cls: cls.__name__)
def fitted(request):
    return quick(request.param).fit(*two_gaussians(20_000, seed=1))


def test_it_has_the_verbs(fitted):
    assert isinstance(fitted, Classifier)


def test_it_separates_as_well_as_one_can(fitted):
    x, y = two_gaussians(20_000, seed=2)
    best = roc_auc_score(y, x[:, 0])
    assert best - 0.01 < roc_auc_score(y, fitted.decision_function(x)) < best + 0.002


def test_scores_are_log_odds(fitted):
    x, _ = two_gaussians(20_000, seed=2)
    central = np.abs(x[:, 0]) < 1
    score = fitted.decision_function(x)[central]
    slope, offset = np.polyfit(x[central, 0], score, 1)
    assert slope == pytest.approx(SHIFT, abs=0.1)
    assert offset == pytest.approx(0, abs=0.05)
    np.testing.assert_allclose(fitted.predict_proba(x)[:, 1], expit(fitted.decision_function(x)), atol=1e-12)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_scores_contain_the_weights_ratio(cls):
    # What the docstring says: log p_1/p_0 plus the logarithm of the weights' ratio, here of numbers and weights.
    x, y = two_gaussians(20_000, seed=1, ratio=0.25)
    central = np.abs(x[:, 0]) < 1
    of_numbers = quick(cls).fit(x, y).decision_function(x)[central]
    balanced = quick(cls).fit(x, y, sample_weight=np.where(y == 1, 4.0, 1.0)).decision_function(x)[central]
    assert (of_numbers - x[central, 0]).mean() == pytest.approx(np.log(0.25), abs=0.1)
    assert (balanced - x[central, 0]).mean() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_integer_weights_mean_repeated_events(cls):
    x, y = two_gaussians(10_000, seed=1)
    copies = np.where(x[:, 1] > 0, 3, 1) * np.where(y == 1, 2, 1)
    of_weights = quick(cls).fit(x, y, sample_weight=copies)
    of_copies = quick(cls).fit(np.repeat(x, copies, axis=0), np.repeat(y, copies))
    central = np.abs(x).max(axis=1) < 1
    difference = of_weights.decision_function(x) - of_copies.decision_function(x)
    for half in (x[:, 1] > 0, x[:, 1] <= 0):
        # On average only: copies on both sides of the early-stopping split let the trees grow on, into the noise.
        assert difference[central & half].mean() == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_random_state_decides(cls):
    x, y = two_gaussians(2000, seed=1)
    model = quick(cls)
    scores = [clone(model).set_params(random_state=state).fit(x, y).decision_function(x) for state in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


@pytest.mark.parametrize("cls", CLASSIFIERS)
def test_the_global_random_state_is_left_alone(cls):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    quick(cls).fit(*two_gaussians(500, seed=1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
