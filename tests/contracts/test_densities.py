"""What every density of the registry must do, whatever it is made of."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from resonaut.errors import FitError, FormatError, ResonautError
from resonaut.models.density.ensemble import DensityEnsemble
from resonaut.models.saving import load, save
from resonaut.models.training import Trainer
from resonaut.protocols import Density, TractableDensity
from resonaut.quality.two_sample import c2st
from resonaut.registry import members

DENSITIES = list(members("density").values())
LATENT = list(members("density", needs=("to_latent",)).values())
TRACTABLE = list(members("density", needs=("log_prob",)).values())

CORRELATION = 0.8


def gaussian(n, seed):
    """Two correlated Gaussians of unit width whose means follow the mass, m and -m; masses between 2 and 4."""
    rng = np.random.default_rng(seed)
    mass = rng.uniform(2, 4, (n, 1))
    mass[:2] = [[2], [4]]  # so that no other sample is outside of what was fitted
    noise = rng.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]], n)
    return noise + np.hstack([mass, -mass]), mass


def trained_by(cls, trainer):
    """The method with this trainer, which an ensemble hands to its members."""
    model = cls()
    if isinstance(model, DensityEnsemble):
        return replace(model, model=replace(model.model, trainer=trainer), members=2)
    return replace(model, trainer=trainer)


def quick(cls, epochs=12, device="cpu"):
    """The same method, trained on little in little time."""
    return trained_by(cls, Trainer(epochs=epochs, batch_size=256, learning_rate=5e-3, device=device))


def barely(cls):
    """Trained enough for what does not depend on how well it has learnt."""
    return quick(cls, epochs=1)


@cache
def trained(cls):
    """One fit for all tests that only look at it."""
    return quick(cls).fit(*gaussian(6000, seed=1), seed=1)


@pytest.fixture(params=DENSITIES, ids=lambda cls: cls.__name__)
def fitted(request):
    return trained(request.param)


@pytest.fixture(params=TRACTABLE, ids=lambda cls: cls.__name__)
def tractable(request):
    return trained(request.param)


def test_it_has_the_verbs(fitted):
    assert isinstance(fitted, Density)
    assert isinstance(fitted, TractableDensity) == hasattr(fitted, "log_prob")


def test_it_learns_a_correlated_gaussian_given_the_mass(fitted):
    x, mass = gaussian(6000, seed=2)
    fake = fitted.sample(mass, seed=3)
    # The mass is shown as well, so that a wrong dependence on it is a difference.
    features = np.vstack([np.hstack([x, mass]), np.hstack([fake, mass])])
    label = np.repeat([1, 0], len(mass))
    train = np.random.default_rng(4).random(len(label)) < 0.5
    trees = HistGradientBoostingClassifier(max_iter=100, early_stopping=True, random_state=5)
    score = trees.fit(features[train], label[train]).decision_function(features[~train])
    # 6,000 events a side in two halves: the AUC of equal samples scatters by 0.0075.
    assert roc_auc_score(label[~train], score) <= 0.55


@pytest.mark.parametrize("cls", DENSITIES)
def test_it_learns_two_moons_given_the_mass(cls):
    # Curved, of two pieces, moving up with the mass. Some methods get there in a quarter of the epochs.
    def moons(seed):
        x, _ = make_moons(6000, noise=0.25, random_state=seed)
        mass = np.random.default_rng(seed).uniform(2, 4, (6000, 1))
        mass[:2] = [[2], [4]]
        return x + np.hstack([np.zeros_like(mass), mass]), mass

    x, mass = moons(seed=2)
    for epochs in (10, 40):
        trainer = Trainer(epochs=epochs, batch_size=256, learning_rate=5e-3, ema=0.99, device="cpu")
        fake = trained_by(cls, trainer).fit(*moons(seed=1), seed=1).sample(mass, seed=3)
        found = c2st(np.hstack([x, mass]), np.hstack([fake, mass]), seed=1)
        if found.auc <= 0.55:
            break
    assert found.auc <= 0.55


def test_the_wrong_mass_is_noticed(fitted):
    # The same test must fail where the density is asked for another mass.
    _, mass = gaussian(6000, seed=2)
    right, wrong = fitted.sample(mass, seed=3), fitted.sample(np.full_like(mass, 2.1), seed=3)
    assert abs(right.mean(axis=0) - [3, -3]).max() < 0.1
    assert abs(wrong.mean(axis=0) - [2.1, -2.1]).max() < 0.2


@pytest.mark.parametrize("n", [0, 1, 2, 257])
def test_one_row_for_each_context(fitted, n):
    sample = fitted.sample(np.full((n, 1), 3.0), seed=1)
    assert sample.shape == (n, 2)
    assert sample.dtype == np.float64
    assert np.isfinite(sample).all()


def test_samples_follow_the_seed(fitted):
    mass = np.full((50, 1), 3.0)
    np.testing.assert_array_equal(fitted.sample(mass, seed=1), fitted.sample(mass, seed=1))
    assert not np.allclose(fitted.sample(mass, seed=1), fitted.sample(mass, seed=2))
    assert not np.allclose(fitted.sample(mass), fitted.sample(mass))
    rng = np.random.default_rng(1)
    assert not np.allclose(fitted.sample(mass, seed=rng), fitted.sample(mass, seed=rng))


def test_masses_outside_the_fit_are_counted_aloud(fitted):
    with pytest.warns(UserWarning, match="have a context outside") as caught:
        sample = fitted.sample(np.array([[1.0], [3.0], [5.0]]), seed=1)
    # Each member of an ensemble counts the events that are drawn from it.
    assert sum(int(str(warning.message).split()[0]) for warning in caught) == 2
    assert np.isfinite(sample).all()


def test_it_is_saved_and_loaded_to_the_bit(fitted, tmp_path):
    mass = np.full((300, 1), 3.0)
    save(fitted, tmp_path / "density.safetensors")
    loaded = load(tmp_path / "density.safetensors")
    assert type(loaded) is type(fitted)
    # Dataclasses are equal if their settings are; another machine may have other devices.
    assert loaded == quick(type(fitted), device="auto")
    np.testing.assert_array_equal(loaded.sample(mass, seed=1), fitted.sample(mass, seed=1))
    if hasattr(fitted, "log_prob"):
        x = fitted.sample(mass, seed=1)
        np.testing.assert_array_equal(loaded.log_prob(x, mass), fitted.log_prob(x, mass))


def test_a_truncated_file_is_refused(fitted, tmp_path):
    path = tmp_path / "density.safetensors"
    save(fitted, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"density\.safetensors cannot be read"):
        load(path)


@pytest.mark.parametrize("cls", DENSITIES)
def test_fitting_follows_the_seed_and_leaves_everything_else_alone(cls):
    x, mass = gaussian(300, seed=1)
    x_before, mass_before = x.copy(), mass.copy()
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    samples = [barely(cls).fit(x, mass, seed=seed).sample(mass, seed=1) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert not np.allclose(samples[0], samples[2])
    np.testing.assert_array_equal(x, x_before)
    np.testing.assert_array_equal(mass, mass_before)
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


@pytest.mark.parametrize("cls", DENSITIES)
def test_a_second_fit_forgets_the_first(cls):
    x, mass = gaussian(300, seed=1)
    once = barely(cls).fit(x, mass, seed=1)
    elsewhere = 100 + np.hstack([x, x[::-1]])  # other features in number and in place
    twice = barely(cls).fit(elsewhere, mass, seed=2).fit(x, mass, seed=1)
    np.testing.assert_array_equal(once.sample(mass, seed=1), twice.sample(mass, seed=1))


@pytest.mark.parametrize("cls", DENSITIES)
def test_integer_weights_mean_repeated_events(cls):
    # Two lumps, equal in number; the weights make one three times the other, as three copies of each event would.
    rng = np.random.default_rng(1)
    side = np.repeat([-1.0, 1.0], 800)
    x = np.stack([side + 0.4 * rng.standard_normal(1600), rng.standard_normal(1600)], axis=1)
    mass = rng.uniform(2, 4, (1600, 1))
    weight = np.where(side > 0, 3.0, 1.0)
    copies = weight.astype(int)
    of_weights = quick(cls, epochs=24).fit(x, mass, weight=weight, seed=1)
    of_copies = quick(cls, epochs=12).fit(np.repeat(x, copies, axis=0), np.repeat(mass, copies, axis=0), seed=1)
    for model in (of_weights, of_copies):
        fraction = (model.sample(np.full((4000, 1), 3.0), seed=2)[:, 0] > 0).mean()
        # 0.007 of statistics; the rest is for a density of 1,600 events.
        assert fraction == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("cls", DENSITIES)
def test_equal_weights_are_no_weights(cls):
    x, mass = gaussian(300, seed=1)
    without = barely(cls).fit(x, mass, seed=1)
    equal = barely(cls).fit(x, mass, weight=np.full(300, 7.0), seed=1)
    np.testing.assert_allclose(equal.sample(mass, seed=1), without.sample(mass, seed=1), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("cls", DENSITIES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_unusable_values_are_refused(cls, value):
    x, mass = gaussian(300, seed=1)
    x[7, 1] = value
    with pytest.raises(ResonautError, match="NaN or infinite"):
        barely(cls).fit(x, mass, seed=1)


@pytest.mark.parametrize("mass", [2.2, 3.0, 3.9])
def test_the_density_integrates_to_one(tractable, mass):
    step = 0.16
    grid = np.stack(np.meshgrid(np.arange(-2.5, 8.5, step), np.arange(-8.5, 2.5, step)), axis=-1).reshape(-1, 2)
    log_prob = tractable.log_prob(grid, np.full((len(grid), 1), mass))
    assert not np.isnan(log_prob).any()
    # A sum over a smooth density converges faster than any power of the step; kinks of splines leave some 0.1 %.
    assert np.exp(log_prob).sum() * step**2 == pytest.approx(1, abs=0.01)


def test_the_likelihood_is_that_of_the_truth(tractable):
    x, mass = gaussian(4000, seed=2)
    z = x - np.hstack([mass, -mass])
    square = (z[:, 0] ** 2 + z[:, 1] ** 2 - 2 * CORRELATION * z[:, 0] * z[:, 1]) / (1 - CORRELATION**2)
    truth = -0.5 * square - np.log(2 * np.pi) - 0.5 * np.log(1 - CORRELATION**2)
    log_prob = tractable.log_prob(x, mass)
    usable = np.isfinite(log_prob)
    assert usable.mean() > 0.995  # a few may lie beyond all events of the fit
    # Their mean difference is the Kullback-Leibler divergence from the truth, in nats.
    assert (truth - log_prob)[usable].mean() < 0.05


@pytest.mark.parametrize("cls", LATENT, ids=lambda cls: cls.__name__)
def test_the_likelihood_is_a_gaussians_times_the_jacobian(cls):
    fitted = trained(cls)
    if any(f.name == "solver" for f in fields(fitted)):  # steps small enough to be no approximation
        fitted = replace(fitted, solver="rk4", steps=40).load_state(fitted.state())
    x, mass = gaussian(40, seed=2)
    z = torch.from_numpy(fitted.scaling_.transform(x)).float()
    context = torch.from_numpy(fitted.context_scaling_.transform(mass)).float()

    def to_latent(z, context):
        return fitted.network_.to_latent(z[None], context[None])[0]

    jacobian = torch.func.vmap(torch.func.jacrev(to_latent))(z, context)
    latent = fitted.to_latent(x, mass)
    gaussian_part = -0.5 * (latent**2 + np.log(2 * np.pi)).sum(axis=1)
    change = torch.linalg.slogdet(jacobian).logabsdet.detach().numpy() + fitted.scaling_.log_jacobian(x)
    # Single precision, in steep corners.
    np.testing.assert_allclose(fitted.log_prob(x, mass), gaussian_part + change, atol=2e-3)


def test_no_events_have_no_likelihood(tractable):
    assert tractable.log_prob(np.empty((0, 2)), np.empty((0, 1))).shape == (0,)


@pytest.mark.parametrize("cls", DENSITIES)
def test_what_has_no_density_is_refused(cls):
    x, mass = gaussian(400, seed=1)
    with pytest.raises(FitError, match="feature 2 is 5 in all 400 events"):
        barely(cls).fit(np.hstack([x, np.full((400, 1), 5.0)]), mass, seed=1)
    with pytest.raises(FitError, match="features 0 and 2 are the same"):
        barely(cls).fit(np.hstack([x, x[:, :1]]), mass, seed=1)
    with pytest.raises(FitError, match="3 events are too few to learn"):
        barely(cls).fit(x[:3], mass[:3], seed=1)
