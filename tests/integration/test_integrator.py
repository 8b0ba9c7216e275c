"""Integrals known from elsewhere, whatever the map has learnt."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from resonaut.errors import IntegrandError
from resonaut.integration.integrand import Integrand, IntegrandValue, from_numpy, single_channel
from resonaut.integration.processes.toys import TOYS
from resonaut.models.saving import read_tensors
from resonaut.models.training import Trainer


@pytest.mark.parametrize("name", TOYS)
def test_the_grid_alone_gives_the_known_integral(name, make_small):
    toy = TOYS[name]
    result = make_small(refine="never").fit(toy.integrand, seed=1).integrate(40_000, seed=2)
    assert abs(result.integral - toy.integral) < 4 * result.error
    assert result.error < 0.05 * toy.integral


def test_a_trained_map_is_better_and_as_right(make_small):
    toy = TOYS["ridges"]
    integrator = make_small(refine="always", rounds=2, points=6000).fit(toy.integrand, seed=1)
    first, best = integrator.history_[0], integrator.integral_map_.quality
    assert best.relative_deviation < 0.8 * first.relative_deviation
    result = integrator.integrate(20_000, seed=2)
    assert abs(result.integral - toy.integral) < 4 * result.error
    y, weight = integrator.sample(4000, seed=3)
    assert y.shape == (4000, 2)
    assert float(weight.sum()) == pytest.approx(toy.integral, rel=5 * best.relative_deviation / math.sqrt(4000))


def test_a_flow_stands_on_a_smoother_grid_and_what_is_enough_is_left_alone(make_small):
    enough = make_small(refine="auto").fit(TOYS["breit-wigners"].integrand, seed=1)
    assert (len(enough.history_), enough.refined_) == (1, False)
    assert enough.integral_map_.sampler.grids[0].knots.shape == (3, 33)
    trained = make_small(refine="auto", rounds=2, flow_grid_bins=16).fit(TOYS["ring"].integrand, seed=1)
    assert (len(trained.history_), trained.refined_) == (4, True)  # the grid, the smoother one, two trainings
    assert trained.event_map_.sampler.grids[0].knots.shape == (2, 17)


def test_integrals_and_events_each_have_the_map_that_is_best_for_them(make_small):
    """A short training flattens most of the Gaussian and spoils its tails, which decide how many points are kept."""
    integrator = make_small(refine="always", points=6000, grid_points=5000).fit(TOYS["gaussian"].integrand, seed=1)
    history = integrator.history_
    assert integrator.integral_map_.quality.relative_deviation == min(one.relative_deviation for one in history)
    best = max(one.efficiency for one in history)
    assert integrator.event_map_.quality.efficiency == best
    assert integrator.unweight(3000, seed=2).efficiency == pytest.approx(best, rel=0.06)  # the survey's own accuracy


def test_pulls_are_gaussian(make_small):
    toy = TOYS["ring"]
    integrator = make_small(refine="never").fit(toy.integrand, seed=1)
    results = [integrator.integrate(1000, seed=seed) for seed in range(60)]
    pulls = [(result.integral - toy.integral) / result.error for result in results]
    assert kstest(pulls, "norm").pvalue > 1e-3  # the chance that a right one fails


def test_stratification_beats_one_over_root_n(make_small):
    integrator = make_small(refine="never").fit(TOYS["ring"].integrand, seed=1)
    few, many = (integrator.integrate(n, seed=2).error for n in (2000, 32_000))
    assert few / many > 4.5  # plain sampling: 4


def test_the_same_seed_gives_the_same_result(make_small):
    toy = TOYS["breit-wigners"]
    one, two = (make_small(refine="always", rounds=1).fit(toy.integrand, seed=5).integrate(2000, seed=6) for _ in "12")
    assert one == two


def test_a_learning_that_was_killed_goes_on_to_the_bit(make_small, tmp_path):
    """The integrand dies where the last survey begins: both trainings are on disk, and the same numbers come out."""
    toy = TOYS["ring"]
    trainer = Trainer(epochs=2, batch_size=512, learning_rate=8e-3)
    whole = make_small(refine="always", trainer=trainer).fit(toy.integrand, seed=5)

    watched = Trainer(epochs=2, batch_size=512, learning_rate=8e-3, checkpoints=tmp_path)
    calls = 0

    def dying(x, channel):
        nonlocal calls
        calls += 1
        if calls > 23:  # 20 for the grid, the probe, two surveys
            raise KeyboardInterrupt
        return toy.integrand(x, channel)

    with pytest.raises(KeyboardInterrupt):
        make_small(refine="always", trainer=watched).fit(Integrand(function=dying, dimensions=2), seed=5)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(before) == 2
    again = make_small(refine="always", trainer=watched).fit(toy.integrand, seed=5)
    assert {file: file.stat().st_mtime_ns for file in before} == before  # nothing was trained twice
    assert again.integrate(2000, seed=6) == whole.integrate(2000, seed=6)


def test_a_learning_killed_in_the_middle_of_a_training_ends_as_if_nobody_had_touched_it(make_small, tmp_path):
    """SIGKILL after some of the epochs, to another process; the result is that of a learning without checkpoints."""
    epochs = {"epochs": 25, "batch_size": 512, "learning_rate": 8e-3}
    script = f"""
from pathlib import Path
from integration.conftest import small
from resonaut.integration.processes.toys import TOYS
from resonaut.models.saving import read_tensors
from resonaut.models.training import Trainer
trainer = Trainer(**{epochs}, checkpoints=Path({str(tmp_path)!r}))
small(refine="always", rounds=1, trainer=trainer).fit(TOYS["ring"].integrand, seed=5)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment)
    while not list(tmp_path.glob("*.safetensors")) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL  # it had not come to its end
    (file,) = tmp_path.glob("*.safetensors")
    assert 0 < len(read_tensors(file)[1]["history"]["train_loss"]) < 25
    ring = TOYS["ring"].integrand
    watched, unwatched = Trainer(**epochs, checkpoints=tmp_path), Trainer(**epochs)
    again, whole = (make_small(refine="always", rounds=1, trainer=t).fit(ring, seed=5) for t in (watched, unwatched))
    assert list(tmp_path.glob("*.safetensors")) == [file]  # that training went on, and no other began
    assert again.integrate(2000, seed=6) == whole.integrate(2000, seed=6)


def test_a_peak_much_narrower_than_a_bin_is_found_and_integrated(make_small):
    width = 1e-5
    integrand = single_channel(
        lambda x: (
            torch.exp(-0.5 * ((x - 0.37) / width) ** 2).sum(dim=1) / (width * math.sqrt(2 * math.pi))
            + 1 / ((x[:, 0] - 0.37) ** 2 + 1e-4)
        ),
        1,
    )
    truth = 1 + 100 * (math.atan(63) + math.atan(37))
    result = make_small(refine="always", rounds=1, grid_iterations=25).fit(integrand, seed=1).integrate(30_000, seed=2)
    assert abs(result.integral - truth) < 4 * result.error
    assert result.error < 0.01 * truth


def test_values_that_are_not_finite_count_as_zero_and_are_counted(make_small):
    def half(x):
        return np.where(x[:, 0] < 0.25, np.nan, 1.0)

    result = make_small(refine="never", grid_iterations=0).fit(from_numpy(half, 2), seed=1).integrate(10_000, seed=2)
    assert result.n_nonfinite > 1000  # a quarter of the points, and more where the values jump
    assert result.integral == pytest.approx(0.75, abs=0.02)
    assert result.error > 0


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: np.full(len(x), np.nan), "not finite at any"),
        (lambda x: np.zeros(len(x)), "zero at all"),
        (lambda x: np.ones((len(x), 2)), r"weight of shape \(\d+, 2\)"),
        (lambda x: 1.0, "weight of shape"),
        (lambda x: (x[:, 0], x[:, 0], None), r"a y of shape \(\d+,\) for \d+ points; return \(\d+, any\)"),
        (lambda x: (x[:, 0], None, x), r"an? alpha of shape \(\d+, 2\) for \d+ points; return \(\d+, 1\)"),
        (lambda x: (x[:, 0], x), "a tuple of 2; return the weights"),
    ],
)
def test_what_cannot_be_integrated_is_refused(function, says, make_small):
    with pytest.raises(IntegrandError, match=says):
        make_small().fit(from_numpy(function, 2), seed=1)


def test_a_map_may_be_trained_around_points_that_are_not_finite(make_small):
    """Infinite on one side, not a number beyond it: neither reaches the network, the result, or an event."""

    def function(x):
        return np.select([x[:, 0] < 0.1, x[:, 0] < 0.2], [np.inf, np.nan], 2 * x[:, 1])

    integrator = make_small(refine="always", rounds=1, points=12_000).fit(from_numpy(function, 2), seed=1)
    result = integrator.integrate(10_000, seed=2)
    assert result.n_nonfinite > 0
    assert abs(result.integral - 0.8) < 4 * result.error
    events = integrator.unweight(500, seed=3)
    assert (events.y[:, 0] >= 0.2).all()


def test_a_function_that_returns_something_else_is_refused(make_small):
    with pytest.raises(IntegrandError, match="returned Tensor; return IntegrandValue"):
        make_small().fit(Integrand(function=lambda x, channel: x[:, 0], dimensions=2), seed=1)  # type: ignore[arg-type]


def test_negative_values_are_integrated(make_small):
    integrand = single_channel(lambda x: torch.sin(2 * torch.pi * x[:, 0]) + 0.2, 2)
    result = make_small(refine="always", rounds=1).fit(integrand, seed=1).integrate(20_000, seed=2)
    assert abs(result.integral - 0.2) < 4 * result.error


def four_channels(symmetry):
    """Four channels that are images of one another: two turns of the square, twice, for an integrand that is not."""

    def function(x, channel):
        flipped = torch.where((channel % 2 == 1)[:, None], 1 - x, x)
        near = torch.exp(-8 * flipped[:, 0])[:, None] * torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=x.dtype)
        far = torch.exp(-8 * (1 - flipped[:, 0]))[:, None] * torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=x.dtype)
        alpha = near + far
        weight = torch.cosh(8 * (flipped[:, 0] - 0.5)) * (1 + flipped[:, 1])
        return IntegrandValue(weight, flipped, alpha / alpha.sum(dim=1, keepdim=True))

    return Integrand(function=function, dimensions=2, n_channels=4, symmetry=symmetry)


@pytest.mark.parametrize("symmetry", [None, (0, 1, 0, 1), (7, 7, 7, 7)])
@pytest.mark.parametrize("learn_weights", [True, False])
def test_neither_groups_nor_channel_weights_change_the_integral(symmetry, learn_weights, make_small):
    integrator = make_small(refine="always", rounds=1, learn_weights=learn_weights)
    result = integrator.fit(four_channels(symmetry), seed=1).integrate(8000, seed=2)
    truth = 1.5 * 2 * math.sinh(4) / 8
    assert abs(result.integral - truth) < 4 * result.error
    assert len(result.groups) == len(set(symmetry or range(4)))


def test_dropping_channels_does_not_change_the_integral(make_small):
    """The last two of five channels hardly get anything; without them the others take their part over."""

    def function(x, channel):
        share = torch.tensor([0.5, 0.3, 0.199, 0.0005, 0.0005], dtype=x.dtype)
        return IntegrandValue(1 + x[:, 0], alpha=share.expand(len(x), 5))

    integrator = make_small(refine="always", rounds=1, drop_below=0.01, learn_weights=False)
    result = integrator.fit(Integrand(function=function, dimensions=2, n_channels=5), seed=1).integrate(8000, seed=2)
    assert [group.channels for group in result.groups] == [(0,), (1,), (2,)]
    assert abs(result.integral - 1.5) < 4 * result.error


def test_a_channel_that_is_alone_somewhere_is_not_dropped(make_small):
    def function(x, channel):
        alone = (x[:, 0] < 0.002).double()
        return IntegrandValue(torch.ones(len(x), dtype=x.dtype), alpha=torch.stack([1 - alone, alone], dim=1))

    integrator = make_small(refine="always", rounds=1, drop_below=0.05, points=20_000, learn_weights=False)
    result = integrator.fit(Integrand(function=function, dimensions=2, n_channels=2), seed=1).integrate(8000, seed=2)
    assert len(result.groups) == 2


def test_memory_is_that_of_a_piece():
    from resonaut.integration.strata import Strata

    strata = Strata.for_points(3, 10**8)
    sizes = [len(cell) for cell, _ in zip(strata.pieces(strata.counts(10**8)), range(3), strict=False)]
    assert max(sizes) < 70_000
