"""What the benchmark's figures show is what they were given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from resonaut.plots.benchmark import injection_scan, rejection_bands, sic_bands, significance_scan
from resonaut.plots.table import Table
from resonaut.statistics.bands import TPR_GRID, Band


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


@pytest.fixture
def bands() -> dict[str, Band]:
    power = np.array([[3.0], [4.0], [5.0]])
    return {
        "good": Band.of(TPR_GRID**power, TPR_GRID, n_background=10_000),
        "hopeless": Band.of(TPR_GRID**power, TPR_GRID, n_background=10),
    }


@pytest.fixture
def methods() -> dict[str, Table]:
    table = {"injected": np.array([0.0, 100.0, 1000.0]), "s_over_sqrt_b": np.array([0.0, 0.2, 2.0])}
    for name, values in (("max_sic", [np.nan, 2.0, 10.0]), ("significance", [0.0, 0.4, 20.0])):
        table |= {name: np.array(values), f"{name}_low": 0.9 * np.array(values), f"{name}_high": 1.1 * np.array(values)}
    return {"a": table, "b": table}


def test_curves_end_at_the_floor_and_a_method_below_it_is_left_out(axes: Axes, bands: dict[str, Band]) -> None:
    sic_bands(bands, axes)
    line = next(line for line in axes.get_lines() if line.get_label() == "good")
    assert "hopeless" not in [other.get_label() for other in axes.get_lines()]
    tpr, sic = (np.asarray(values) for values in line.get_data())
    np.testing.assert_allclose(sic, tpr / np.sqrt(tpr**4))
    assert tpr.min() ** 4 * 10_000 >= 25
    assert (tpr.min() - 0.005) ** 4 * 10_000 < 25
    assert axes.get_ylim()[1] > sic.max()


def test_rejection_is_one_over_fpr(axes: Axes, bands: dict[str, Band]) -> None:
    rejection_bands(bands, axes)
    line = next(line for line in axes.get_lines() if line.get_label() == "good")
    tpr, rejection = (np.asarray(values) for values in line.get_data())
    np.testing.assert_allclose(rejection, tpr**-4.0)


def test_methods_stand_beside_each_other_and_what_is_not_known_is_not_drawn(
    axes: Axes, methods: dict[str, Table]
) -> None:
    injection_scan(methods, axes)
    first, second = (np.asarray(container.lines[0].get_xdata()) for container in axes.containers)
    assert len(first) == 2  # without an injection there was no maximum
    np.testing.assert_allclose((first + second) / 2, [100, 1000])
    low, high = axes.get_xlim()
    assert low < min(first.min(), second.min())
    assert max(first.max(), second.max()) < high
    assert axes.child_axes[0].get_xlabel().startswith("S/√B")
    # 0 and 100 of 1000 are too near for the labels of both only if they would touch.
    assert [text.get_text() for text in axes.child_axes[0].get_xticklabels()] == ["0.0", "0.2", "2.0"]


def test_five_sigma_is_in_the_picture(axes: Axes, methods: dict[str, Table]) -> None:
    significance_scan(methods, axes)
    assert axes.get_ylim()[1] > 20
    handles, labels = axes.get_legend_handles_labels()
    assert len(handles) == 4
    assert {"a", "b", "5σ", "before the cut"} == set(labels)
    # One injection alone has no range; the picture has one all the same.
    one = {name: {key: column[2:] for key, column in table.items()} for name, table in methods.items()}
    low, high = significance_scan(one, Figure().subplots()).get_xlim()
    assert low < 1000 < high
