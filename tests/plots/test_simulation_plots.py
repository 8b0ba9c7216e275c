"""Samples, jet images and event displays draw the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from resonaut.plots.event_display import DisplayedJet, event_display
from resonaut.plots.jet_image import jet_image
from resonaut.plots.labels import unit
from resonaut.plots.samples import samples
from resonaut.plots.style import panels, report_style
from resonaut.plots.table import Table


def table(column: str = "mjj", **events: list[int]) -> Table:
    """Four bins of 50 GeV a sample."""
    n = len(events)
    return {
        "column": np.full(4 * n, column),
        "sample": np.repeat(list(events), 4),
        "low": np.tile([3000.0, 3050.0, 3100.0, 3150.0], n),
        "high": np.tile([3050.0, 3100.0, 3150.0, 3200.0], n),
        "events": np.concatenate(list(events.values())),
    }


@pytest.mark.parametrize("log", [False, True])
def test_two_samples_have_unit_area(ax: Axes, log: bool) -> None:
    assert samples(table(background=[40, 30, 20, 10], signal=[0, 0, 4, 1]), ax, log=log) is ax
    background, _, signal = (patch.get_data().values for patch in ax.patches)
    assert background.tolist() == [0.4, 0.3, 0.2, 0.1]
    assert signal.tolist() == [0, 0, 0.8, 0.2]
    assert ax.get_ylabel() == "fraction / 50 GeV"
    assert ax.get_xlabel() == r"$m_{jj}$ [GeV]"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["background", "signal"]
    assert ax.get_ylim()[1] > 0.8


def test_one_sample_is_counted(ax: Axes) -> None:
    samples(table(signal=[1, 2, 3, 4]), ax, legend=False)
    [counted] = (patch.get_data().values for patch in ax.patches)
    assert counted.tolist() == [1, 2, 3, 4]
    assert ax.get_ylabel() == "events / 50 GeV"
    assert ax.get_legend() is None


@pytest.mark.parametrize("log", [False, True])
def test_an_empty_sample_can_be_drawn(ax: Axes, log: bool) -> None:
    samples(table(background=[0, 0, 0, 0], signal=[0, 1, 0, 0]), ax, log=log)


@pytest.mark.parametrize(
    ("column", "expected"),
    [("mjj", "GeV"), ("met_phi", "rad"), ("jet1_phi", "rad"), ("tau21_1", ""), ("met", "GeV"), ("length [mm]", "mm")],
)
def test_units(column: str, expected: str) -> None:
    assert unit(column) == expected


def test_a_jet_image_keeps_its_pixels(ax: Axes) -> None:
    image = np.zeros((5, 5))
    image[3, 1] = 0.01
    assert jet_image(image, ax, half_width=1.2, scale=(1e-6, 0.1)) is ax
    [drawn] = ax.images
    assert drawn.get_array()[3, 1] == 0.01
    assert drawn.get_array().mask.sum() == 24
    assert drawn.get_extent() == [-1.2, 1.2, -1.2, 1.2]
    assert drawn.origin == "lower"
    assert "[rad]" in ax.get_ylabel()


def jet(eta: float, phi: float, pt: float) -> DisplayedJet:
    """Two particles, one of them beyond +-pi where the jet is near it."""
    around = np.array([-0.1, 0.1])
    phis = np.arctan2(np.sin(phi + around), np.cos(phi + around))
    return DisplayedJet(pt, eta, phi, 100.0, np.array([pt, 20.0]), eta + around, phis)


def test_particles_stay_with_their_jet_across_pi(ax: Axes) -> None:
    assert event_display([jet(0.5, 3.1, 1400.0), jet(-0.4, 0.0, 1300.0)], ax, missing_phi=-3.0) is ax
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    for circle, particles in zip(circles, ax.collections, strict=False):
        distance = np.hypot(*(particles.get_offsets() - np.array(circle.get_center())).T)
        np.testing.assert_allclose(distance, np.sqrt(0.02), atol=1e-9)
    assert circles[0].get_center() == pytest.approx((0.5, 0.0))
    assert circles[1].get_center() == pytest.approx((-0.4, 2 * np.pi - 3.1))
    said = " ".join(text.get_text() for text in ax.texts)
    assert "$p_T$ = 1,400, m = 100 GeV" in said
    assert "missing" in said


def test_area_is_proportional_to_momentum(ax: Axes) -> None:
    event_display([jet(0.0, 1.0, 1400.0), jet(0.0, -2.0, 1300.0)], ax)
    hard, soft = ax.collections[0].get_sizes()
    assert hard / soft == pytest.approx(1400 / 20)


@pytest.mark.parametrize(("n", "columns"), [(1, 2), (3, 2), (7, 3)])
def test_panels_do_not_overlap(n: int, columns: int) -> None:
    with report_style():
        canvas, axes = panels(n, columns=columns)
    assert len(axes) == n == len(canvas.axes)
    boxes = [ax.get_position() for ax in axes]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(0 < box.x0 < box.x1 < 1 and 0 < box.y0 < box.y1 < 1 for box in boxes)
