"""The classifier of all particles: what it can tell, and what it must not see."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from closure.toy_dijets import toy_events
from resonaut.errors import ConfigError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.point_cloud import PointCloud
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer
from resonaut.quality.two_sample import c2st

TRAINER = Trainer(epochs=6, batch_size=128, learning_rate=4e-3, device="cpu")
SMALL = CloudTransformer(width=16, blocks=1, trainer=TRAINER, random_state=1)


@pytest.fixture(scope="module")
def samples():
    """Events whose particles lie closer together, and others."""
    return [toy_events(350, seed=seed, spread=spread)[0] for seed, spread in ((1, 0.15), (2, 0.12), (3, 0.15))]


def test_it_tells_what_differs_and_not_what_does_not(samples):
    narrow = c2st(samples[0], samples[1], seed=1, classifier=SMALL)
    same = c2st(samples[0], samples[2], seed=1, classifier=SMALL)
    assert narrow.auc > 0.75
    assert abs(same.auc - 0.5) < 4 * same.error


def test_the_order_of_jets_and_of_particles_means_nothing(samples):
    y = np.repeat([0, 1], 350)
    fitted = clone(SMALL).fit(DijetClouds.concatenate(samples[:2]), y)
    some = samples[2][:40]
    plain = fitted.decision_function(some)
    rng = np.random.default_rng(1)
    shuffled = []
    for cloud in some.jets:
        order = np.lexsort((rng.random(len(cloud.points)), cloud.owner))
        shuffled.append(PointCloud(cloud.points[order], cloud.offsets))
    np.testing.assert_allclose(fitted.decision_function(DijetClouds(*shuffled)), plain, atol=1e-4)
    np.testing.assert_allclose(fitted.decision_function(DijetClouds(some.second, some.first)), plain, atol=1e-4)
    # Nor does the company in which an event is scored, which decides how far it is padded.
    np.testing.assert_allclose(fitted.decision_function(some[:7]), plain[:7], atol=1e-4)
    assert len(fitted.decision_function(some[:0])) == 0


def test_the_hardest_particles_can_be_enough(samples):
    few = CloudTransformer(width=16, blocks=1, most=8, trainer=TRAINER)
    assert c2st(samples[0], samples[1], seed=1, classifier=few).auc > 0.65


def test_it_goes_on_from_a_backbone(samples, tmp_path):
    y = np.repeat([0, 1], 350)
    both = DijetClouds.concatenate(samples[:2])
    backbone = clone(SMALL).fit(both, y)
    file = tmp_path / "backbone.safetensors"
    save(backbone, file)
    again = load(file)
    np.testing.assert_array_equal(again.decision_function(both), backbone.decision_function(both))
    assert backbone.embed(both[:9]).shape == (9, SMALL.width)
    # Trained with next to no steps it still is the backbone, but for the last layer, which answers another question.
    still = replace(TRAINER, epochs=1, learning_rate=1e-9)
    fitted = clone(SMALL).set_params(backbone=file, trainer=still).fit(both, y)
    np.testing.assert_allclose(fitted.embed(both), backbone.embed(both), atol=1e-4)
    assert np.abs(fitted.decision_function(both) - backbone.decision_function(both)).max() > 0.1
    with pytest.raises(ConfigError, match="holds no cloud-transformer of width 8"):
        clone(SMALL).set_params(backbone=file, width=8).fit(both, y)


def test_a_model_is_loaded_where_there_is_no_such_device(samples, tmp_path):
    y = np.repeat([0, 1], 350)
    fitted = clone(SMALL).fit(DijetClouds.concatenate(samples[:2]), y)
    fitted.trainer = replace(TRAINER, device="cuda")
    save(fitted, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.trainer.device == "auto"
    assert np.isfinite(again.decision_function(samples[0][:5])).all()
