"""Jets in a common frame: where they were, how they were turned and mirrored is forgotten, nothing else."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from resonaut.features.jet_image import mean_image, standardise


def two_prongs(angle: float, eta: float = 0.7, phi: float = 3.1) -> tuple[ak.Array, ak.Array, ak.Array]:
    """300 GeV and 100 GeV, 0.6 apart, with 1 GeV beside the harder one; the hardest at (eta, phi)."""
    pt = ak.Array([[300.0, 100.0, 1.0]])
    along = np.array([0.0, 0.6, 0.05])
    across = np.array([0.0, 0.0, 0.1])
    eta_i = eta + along * np.cos(angle) - across * np.sin(angle)
    phi_i = phi + along * np.sin(angle) + across * np.cos(angle)
    return pt, ak.Array([eta_i]), ak.Array([np.arctan2(np.sin(phi_i), np.cos(phi_i))])


def many_jets(n: int = 200) -> tuple[ak.Array, ak.Array, ak.Array]:
    rng = np.random.default_rng(3)
    sizes = rng.integers(2, 60, n)
    jet = np.repeat(np.arange(n), sizes)
    pt = rng.exponential(20.0, sizes.sum())
    eta = rng.uniform(-2, 2, n)[jet] + rng.normal(0, 0.3, sizes.sum())
    phi = rng.uniform(-np.pi, np.pi, n)[jet] + rng.normal(0, 0.15, sizes.sum())
    return tuple(ak.unflatten(values, sizes) for values in (pt, eta, np.arctan2(np.sin(phi), np.cos(phi))))


@pytest.mark.parametrize("angle", np.linspace(0.1, 6.2, 9))
def test_the_second_prong_is_straight_below_the_first(angle: float) -> None:
    _, x, y, weight = standardise(*two_prongs(angle))
    assert weight == pytest.approx(np.array([300, 100, 1]) / 401)
    assert y[0] > 0 > y[1]
    assert y[0] - y[1] == pytest.approx(0.6, abs=1e-3)
    # The third particle turns the axis by about its share of the second moment.
    assert abs(x[1] - x[0]) < 2e-3


def test_centre_principal_axis_and_harder_halves() -> None:
    jet, x, y, weight = standardise(*many_jets())
    for i in range(200):
        mine = jet == i
        w, a, b = weight[mine], x[mine], y[mine]
        assert w.sum() == pytest.approx(1)
        assert (w * a).sum() == pytest.approx(0, abs=1e-12)
        assert (w * b).sum() == pytest.approx(0, abs=1e-12)
        assert (w * a * b).sum() == pytest.approx(0, abs=1e-12)
        assert (w * b * b).sum() >= (w * a * a).sum() - 1e-12
        assert w[a > 0].sum() >= w[a < 0].sum()
        assert w[b > 0].sum() >= w[b < 0].sum()


def test_an_image_does_not_depend_on_where_the_jet_was() -> None:
    images = [mean_image(*two_prongs(angle, eta, phi)) for angle, eta, phi in ((0.3, 0.7, 3.1), (2.9, -1.2, -0.4))]
    np.testing.assert_allclose(images[0], images[1], atol=1e-12)


def test_the_mean_image_sums_to_one() -> None:
    image = mean_image(*many_jets(), half_width=0.5, pixels=21)
    assert image.shape == (21, 21)
    assert image.min() >= 0
    assert image.sum() == pytest.approx(1, abs=1e-12)


def test_every_jet_counts_the_same() -> None:
    """Ten times the momentum is no more weight: the mean of two images is half of each."""
    pt, eta, phi = many_jets(2)
    image = mean_image(pt * ak.Array([10.0, 1.0]), eta, phi, half_width=3.0)
    parts = [mean_image(pt[i : i + 1], eta[i : i + 1], phi[i : i + 1], half_width=3.0) for i in (0, 1)]
    np.testing.assert_allclose(image, (parts[0] + parts[1]) / 2, atol=1e-12)


def test_a_jet_of_one_particle_is_one_pixel() -> None:
    image = mean_image(ak.Array([[50.0]]), ak.Array([[1.0]]), ak.Array([[3.0]]), pixels=11)
    assert image[5, 5] == 1
    assert image.sum() == 1
