"""Weighted points and unweighted events are distributed alike: a classifier that knows the weights cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from resonaut.integration.integrand import Integrand, IntegrandValue
from resonaut.integration.unweighting import WeightLimit

N = 4000
TOLERANCE = 0.045
"""Three and a half standard deviations of an AUC of 2,000 events and 2,000 points whose weights vary (Mann-Whitney,
with the effective number of the points)."""


def auc(points, weights, events, event_weights):
    """Trained on every other row, read on the rest; each sample has the same total weight."""
    x = np.concatenate([points, events])
    label = np.repeat([0, 1], [len(points), len(events)])
    weight = np.concatenate([weights / weights.sum(), event_weights / event_weights.sum()])
    train = np.arange(len(x)) % 2 == 0
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)
    model.fit(x[train], label[train], sample_weight=weight[train] * len(x))
    score = model.predict_proba(x[~train])[:, 1]
    return roc_auc_score(label[~train], score, sample_weight=weight[~train])


def slanted(symmetry):
    """Rising along both axes together; four channels, two of which are mirrored, and one that hardly matters."""

    def function(x, channel):
        y = torch.where((channel % 2 == 1)[:, None], 1 - x, x)
        share = torch.tensor([0.5, 0.3, 0.199, 0.001], dtype=x.dtype).expand(len(x), 4)
        return IntegrandValue((y[:, 0] + y[:, 1]) ** 3, y, share)

    return Integrand(function=function, dimensions=2, n_channels=4, symmetry=symmetry)


@pytest.mark.parametrize(
    ("symmetry", "drop_below", "fraction", "overweights"),
    [
        ((0, 1, 0, 1), 0.0, 1e-3, "keep"),
        (None, 0.01, 1e-3, "keep"),
        ((0, 1, 0, 1), 0.0, 0.1, "keep"),
        (None, 0.0, 0.1, "repeat"),
    ],
    ids=["grouped", "dropped", "overweights kept", "overweights repeated"],
)
def test_a_classifier_cannot_tell_them_apart(symmetry, drop_below, fraction, overweights, make_small):
    integrator = make_small(refine="always", rounds=1, drop_below=drop_below).fit(slanted(symmetry), seed=1)
    if drop_below:
        assert integrator.integral_map_.sampler.maps.dropped.any()
    events = integrator.unweight(N, seed=2, limit=WeightLimit(fraction=fraction), overweights=overweights)
    points, weights = (tensor.numpy() for tensor in integrator.sample(N, seed=3))
    assert auc(points, weights, events.y.numpy(), events.weight.numpy()) == pytest.approx(0.5, abs=TOLERANCE)


def test_one_that_does_not_know_the_weights_can(make_small):
    integrator = make_small(refine="never", grid_iterations=0).fit(slanted(None), seed=1)
    events = integrator.unweight(N, seed=2)
    points, _ = integrator.sample(N, seed=3)
    assert auc(points.numpy(), np.ones(len(points)), events.y.numpy(), np.ones(N)) > 0.6
