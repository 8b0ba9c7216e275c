"""What the figures of a limit show are the table's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

from resonaut.plots import limits

BANDS = ("m2", "m1", "0", "p1", "p2")


def line(ax: Axes, label: str) -> np.ndarray:
    """Ordinates of the line with this label."""
    return np.asarray(next(each for each in ax.lines if str(each.get_label()).startswith(label)).get_ydata())


def test_cls_are_drawn_in_fb_and_the_level_is_marked(ax: Axes) -> None:
    x = np.geomspace(0.001, 0.01, 20)
    table = {"cross_section_pb": x, "observed": np.exp(-300 * x)}
    table |= {f"expected_{name}": np.exp(-300 * x * (1 + 0.2 * k)) for k, name in enumerate(BANDS)}
    limits.cls_curve(table, ax)
    np.testing.assert_allclose(line(ax, "observed"), table["observed"])
    assert ax.get_xlim() == pytest.approx((1, 10))
    assert any(np.allclose(each.get_ydata(), 0.05) for each in ax.lines)


def test_excluded_against_injected_in_order_with_limit_and_diagonal(ax: Axes) -> None:
    injected = np.array([0.02, 0.005, 0.01])
    grid = {"injected_pb": injected, "observed_pb": 0.0001 / injected}
    grid |= {f"expected_{name}_pb": 0.0001 / injected * (1 + 0.1 * k) for k, name in enumerate(BANDS)}
    uncut = {name: column[:1] for name, column in grid.items()}
    limits.injected_against_excluded(grid, ax, limit_pb=0.01, uncut=uncut)
    np.testing.assert_allclose(line(ax, "observed"), [20, 10, 5])
    np.testing.assert_allclose(line(ax, "limit"), 10)
    np.testing.assert_allclose(line(ax, "excluded = injected"), ax.get_xlim())


def test_the_signal_region_has_room_for_every_point(ax: Axes) -> None:
    table = {
        "low": np.array([3300.0, 3500.0]),
        "high": np.array([3500.0, 3700.0]),
        "observed": np.array([12, 30]),
        "background": np.array([10.0, 8.0]),
        "background_error": np.array([1.0, 1.0]),
        "signal_at_limit": np.array([5.0, 5.0]),
    }
    limits.signal_region(table, ax)
    assert ax.get_ylim()[1] > 30 + np.sqrt(30)
    assert ax.get_xlim() == (3300, 3700)


def test_the_shape_is_drawn_over_its_events(ax: Axes) -> None:
    edges = np.linspace(2300, 5000, 28)
    counts = np.round(1000 * np.exp(-((edges[:-1] - 3500) ** 2) / 2e4))
    table = {"low": edges[:-1], "high": edges[1:], "simulated": counts, "fitted": counts + 1.0}
    limits.signal_shape(table, ax, region=(3300, 3700))
    np.testing.assert_allclose(line(ax, "double Crystal Ball"), counts + 1)
