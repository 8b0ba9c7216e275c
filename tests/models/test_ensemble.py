"""An ensemble is the mean of its members, and less noisy than one of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from resonaut.models.classifier.ensemble import Ensemble
from resonaut.models.classifier.trees import BoostedTrees


@pytest.fixture(scope="module")
def noise():
    """Two classes that are the same: every score but 0 is noise of the training."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((4000, 3)), rng.integers(0, 2, 4000)


def test_the_score_is_the_mean_of_the_members(noise):
    ensemble = Ensemble(members=4, random_state=1).fit(*noise)
    scores = [model.decision_function(noise[0]) for model in ensemble.models_]
    assert len(scores) == 4
    assert len({score.tobytes() for score in scores}) == 4
    np.testing.assert_allclose(ensemble.decision_function(noise[0]), np.mean(scores, axis=0))


def test_members_average_their_noise(noise):
    fresh = np.random.default_rng(2).standard_normal((4000, 3))
    one = BoostedTrees(random_state=1).fit(*noise).decision_function(fresh)
    many = Ensemble(members=8, random_state=1).fit(*noise).decision_function(fresh)
    assert many.std() < 0.8 * one.std()


def test_any_classifier_can_be_repeated(noise):
    ensemble = Ensemble(model=LogisticRegression(C=0.5), members=2, random_state=1).fit(*noise)
    assert [model.C for model in ensemble.models_] == [0.5, 0.5]
    assert ensemble.set_params(model__C=2.0).model.C == 2.0


def test_trees_stop_early_where_there_is_nothing_to_learn(noise):
    nothing = BoostedTrees(random_state=1).fit(*noise)
    learnable = BoostedTrees(random_state=1).fit(noise[0], (noise[0].sum(axis=1) > 0).astype(int))
    assert nothing.n_iter_ < 0.5 * learnable.n_iter_
