"""Batches of point clouds: every event once, little padding, nothing changed by it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from resonaut.events.point_cloud import PointCloud
from resonaut.models.ragged import Ragged, similar_batches
from resonaut.models.training import Trainer


def multiplicities(n, seed):
    """Numbers of particles as the jets of the LHC Olympics have them: median 51, 1 % above 139."""
    return np.clip(np.random.default_rng(seed).lognormal(np.log(51), 0.45, n), 1, 279).astype(int)


def clouds(counts, seed=0):
    points = np.random.default_rng(seed).normal(size=(int(np.sum(counts)), 2))
    return PointCloud.of_counts(points, np.asarray(counts))


@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 2))
def test_every_event_is_in_one_batch_of_almost_equal_length(n, n_batches, kinds):
    n_batches = min(n, n_batches)
    sizes = [torch.from_numpy(multiplicities(n, seed)) for seed in range(kinds)]
    batches = similar_batches(torch.randperm(n), sizes, n_batches)
    assert len(batches) == n_batches
    assert sorted(torch.cat(batches).tolist()) == list(range(n))
    lengths = [len(batch) for batch in batches]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    ("kinds", "n", "size"), [(1, 50_000, 256), (1, 50_000, 1024), (2, 50_000, 128), (2, 50_000, 512)]
)
def test_little_is_padded(kinds, n, size):
    sizes = [torch.from_numpy(multiplicities(n, seed)) for seed in range(kinds)]
    batches = similar_batches(torch.randperm(n), sizes, n // size)
    padded = sum(int(counts[batch].max()) * len(batch) for batch in batches for counts in sizes)
    assert padded < 1.15 * sum(int(counts.sum()) for counts in sizes)
    # Random batches, which this is for, would be padded to more than twice the points.
    at_random = torch.randperm(n).tensor_split(n // size)
    assert sum(int(sizes[0][batch].max()) * len(batch) for batch in at_random) > 2 * int(sizes[0].sum())


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9), st.data())
def test_a_padded_batch_holds_the_points_and_zeros(counts, data):
    cloud = clouds(counts)
    rows = data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=6))
    for ragged in (Ragged.of(cloud), Ragged.of(cloud)[torch.arange(len(counts))]):
        padded = ragged.padded(torch.tensor(rows))
        assert padded.mask.sum(dim=1).tolist() == [counts[i] for i in rows]
        for points, mask, i in zip(padded.points, padded.mask, rows, strict=True):
            np.testing.assert_array_equal(points[mask], cloud[np.array([i])].points.astype(np.float32))
            assert not points[~mask].any()


class Mean(nn.Module):
    """Learns the mean of all points."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(2))

    def loss(self, batch):
        square = (batch["x"] - self.mean).square().sum(dim=2) * batch["x_mask"]
        return square.sum(dim=1)


def test_point_clouds_are_trained_on_and_a_training_resumes(tmp_path):
    cloud = clouds(multiplicities(600, seed=1))
    data = {"x": Ragged.of(cloud)}
    trainer = Trainer(
        epochs=8, batch_size=32, learning_rate=0.02, validation_fraction=0.1, device="cpu", checkpoints=tmp_path
    )
    network = Mean()
    history = trainer.fit(network, data, seed=1)
    held_in = torch.from_numpy(cloud.points.mean(axis=0)).float()
    torch.testing.assert_close(network.mean.detach(), held_in, atol=0.01, rtol=0)
    again = trainer.fit(Mean(), data, seed=1)
    assert again.train_loss == history.train_loss
    assert len(list(tmp_path.iterdir())) == 1
