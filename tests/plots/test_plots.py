"""Each plot draws what its table says on the Axes it is given, gives it back, and leaves the user's style alone."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch

from resonaut.plots.curves import roc, sic
from resonaut.plots.features import feature, feature_deviation, feature_ratio
from resonaut.plots.folds import fold_significances
from resonaut.plots.labels import axis_label
from resonaut.plots.scores import score_distribution, score_ratio
from resonaut.plots.sculpting import sculpting
from resonaut.plots.spectrum import pulls, spectrum
from resonaut.plots.style import above_and_below, figure, report_style
from resonaut.plots.table import Table

REGION = (3300.0, 3700.0)


def texts(ax: Axes) -> str:
    """Everything an Axes says."""
    legend = ax.get_legend()
    entries = [text.get_text() for text in legend.get_texts()] if legend else []
    return "\n".join([ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel(), *entries])


def mass_table() -> Table:
    """A falling spectrum with an excess in the region's middle, and an empty last bin."""
    edges = np.arange(2600.0, 5001.0, 100.0)
    expected = 1000 * np.exp(-(edges[:-1] - 2600) / 400)
    observed = np.round(expected)
    observed[8] += 100
    observed[-1] = 0
    masked = (edges[:-1] >= REGION[0]) & (edges[1:] <= REGION[1])
    return {
        "low": edges[:-1],
        "high": edges[1:],
        "observed": observed,
        "expected": expected,
        "expected_error": 0.02 * expected,
        "in_fit": ~masked,
        "pull": (observed - expected) / np.sqrt(expected),
    }


def histogram(**columns: np.ndarray) -> Table:
    """Four bins of data over a template."""
    return {
        "low": np.array([0.0, 1.0, 2.0, 3.0]),
        "high": np.array([1.0, 2.0, 3.0, 4.0]),
        "data": np.array([100, 50, 20, 0]),
        "template": np.array([100.0, 40.0, 2.0, 0.0]),
        "template_error": np.array([3.0, 2.0, 0.5, 0.0]),
        "feature": np.array(["mj1"] * 4, dtype=object),
        **columns,
    }


def curves(n: int = 200, floor: int = 25) -> Table:
    """ROC points of a perfect exponential ranking, counted with 10,000 background events."""
    passing = np.unique(np.geomspace(1, 10_000, n).astype(int))
    fpr = passing / 10_000
    tpr = fpr**0.3
    return {
        "fpr": fpr,
        "tpr": tpr,
        "sic": tpr / np.sqrt(fpr),
        "sic_error": tpr / np.sqrt(fpr) / np.sqrt(passing),
        "passes_floor": passing >= floor,
    }


def test_spectrum_shows_fit_quality_and_peak(ax: Axes) -> None:
    fit = SimpleNamespace(
        chi2=34.1,
        n_dof=36,
        p_value=0.56,
        fitted_yield=158.2,
        fitted_yield_error=20.4,
        peak_mass=3480.0,
        peak_mass_error=12.0,
    )
    assert spectrum(mass_table(), ax, region=REGION, fit=fit) is ax
    assert "34.1 / 36, p = 0.56" in texts(ax)
    assert "158 ± 20 events\nat 3480 ± 12 GeV" in texts(ax)
    assert "events / 100 GeV" in texts(ax)
    assert ax.get_ylim()[1] > 1000


def test_spectrum_without_fit_or_peak_claims_none(ax: Axes) -> None:
    table = {**mass_table(), "expected": np.full(24, np.nan), "expected_error": np.full(24, np.nan)}
    assert spectrum(table, ax, region=REGION) is ax
    assert "peak" not in texts(ax)
    assert "background fit" not in texts(ax)


def test_pulls_reach_the_largest(ax: Axes) -> None:
    table = mass_table()
    assert pulls(table, ax, region=REGION) is ax
    low, high = ax.get_ylim()
    assert low < table["pull"].min() < table["pull"].max() < high
    assert "[GeV]" in ax.get_xlabel()


def test_pulls_of_masked_bins_have_another_colour(ax: Axes) -> None:
    """The fit does not see them, so they may not look as if it did."""
    table = mass_table()
    pulls(table, ax, region=REGION)
    fitted, masked = (patch for patch in ax.patches if isinstance(patch, StepPatch))
    assert fitted.get_facecolor() != masked.get_facecolor()
    assert fitted.get_data().values.tolist() == np.where(table["in_fit"], table["pull"], 0).tolist()
    assert masked.get_data().values.tolist() == np.where(table["in_fit"], 0, table["pull"]).tolist()


def test_feature_and_its_ratio() -> None:
    with report_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        canvas = figure()
        [(main, lower)] = above_and_below(canvas)
        assert feature(histogram(), main) is main
        assert feature_ratio(histogram(), lower) is lower
        canvas.draw_without_rendering()
    assert {"background template", "data"} <= set(texts(main).splitlines())
    assert lower.get_xlabel() == axis_label("mj1")
    assert main.get_ylim()[0] == 0
    low, high = lower.get_ylim()
    assert low == pytest.approx(2 - high)


def test_feature_deviation_shows_the_largest_and_survives_an_empty_template(ax: Axes) -> None:
    """The third bin has 20 events over 2.0 +- 0.5: a pull of 18 / sqrt(2.25) = 12."""
    assert feature_deviation(histogram(), ax) is ax
    [drawn] = (patch for patch in ax.patches if isinstance(patch, StepPatch))
    assert drawn.get_data().values == pytest.approx([0, 10 / 44**0.5, 12, 0])
    assert ax.get_ylim()[1] > 12


def test_scores_with_thresholds_of_each_cut(ax: Axes) -> None:
    folds = {"efficiency": np.array([0.1, 0.1, 0.01, 0.01]), "threshold": np.array([1.0, 1.2, 2.0, 2.3])}
    assert score_distribution(histogram(), ax, folds=folds) is ax
    assert "thresholds of the 10 % cut" in texts(ax)
    assert "thresholds of the 1 % cut" in texts(ax)


def test_scores_without_thresholds(ax: Axes) -> None:
    assert score_distribution(histogram(), ax) is ax
    assert "threshold" not in texts(ax)


def test_score_ratio_returns_its_axes(ax: Axes) -> None:
    assert score_ratio(histogram(), ax) is ax
    assert ax.get_xlabel().startswith("score")


def test_sculpting_shows_both_samples_and_leaves_out_empty_bins(ax: Axes) -> None:
    n = 4
    table = {
        "low": np.tile([2300.0, 2900.0, 3500.0, 4100.0], 2),
        "high": np.tile([2900.0, 3500.0, 4100.0, 4700.0], 2),
        "sample": np.array(["data sidebands"] * n + ["sampled background"] * n, dtype=object),
        "fraction": np.array([0.1, np.nan, 0.11, 0.09, 0.1, 0.1, 0.1, 0.1]),
        "fraction_error": np.full(2 * n, 0.01),
    }
    assert sculpting(table, ax, efficiency=0.1, region=REGION) is ax
    assert {"data sidebands", "sampled background", "nominal"} <= set(texts(ax).splitlines())
    assert 10 < ax.get_ylim()[1] < 100


def test_folds_are_all_in_view(ax: Axes) -> None:
    table = {
        "efficiency": np.repeat([0.1, 0.01], 5),
        "fold": np.tile(np.arange(5), 2),
        "z": np.array([-2.5, 0, 1, 2, 3, 4, 5, 6, 7, 8.0]),
    }
    assert fold_significances(table, ax) is ax
    low, high = ax.get_ylim()
    assert low < -3.5
    assert high > 9
    assert list(ax.get_xticks()) == [1, 2, 3, 4, 5]


def test_roc_marks_what_is_below_the_floor(ax: Axes) -> None:
    assert roc(curves(), ax, n_background=10_000) is ax
    assert "below the floor" in texts(ax)


def test_sic_maximum_is_read_above_the_floor(ax: Axes) -> None:
    """SIC = FPR^-0.2 here, so that its maximum is where the floor is: (25 / 10^4)^-0.2."""
    assert sic(curves(), ax) is ax
    assert f"maximum {(25 / 10_000) ** -0.2:.1f} ±" in texts(ax)


def test_sic_all_below_the_floor_has_no_maximum(ax: Axes) -> None:
    assert sic(curves(floor=20_000), ax) is ax
    assert "maximum" not in texts(ax)


def test_twenty_thousand_thresholds_are_drawn(ax: Axes) -> None:
    table = curves(20_000)
    sic(table, ax)


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("mjj", r"$m_{jj}$ [GeV]"),
        ("tau21_1", r"$\tau_{21}$ of the lighter jet"),
        ("tau3_b05_2", r"$\tau_{3}$ ($\beta$ = 0.5) of the heavier jet"),
        ("c2_b20_1", r"$C_2$ ($\beta$ = 2.0) of the lighter jet"),
        ("msd_2", "soft-drop mass of the heavier jet [GeV]"),
        ("jet2_pt", r"$p_T$ of jet 2 [GeV]"),
        ("jet1_constituent", "jet1_constituent"),
        ("price in $", r"price in \$"),
    ],
)
def test_axis_labels(column: str, label: str) -> None:
    assert axis_label(column) == label


@pytest.mark.parametrize("column", ["a$b$", "$\\frac", "100%", "a_b^c", "<script>"])
def test_any_column_name_can_be_drawn(ax: Axes, column: str) -> None:
    ax.set_xlabel(axis_label(column))


def test_the_users_style_is_left_alone() -> None:
    before = dict(mpl.rcParams)
    with report_style():
        canvas = figure()
        above_and_below(canvas, columns=2, rows=2)
    assert dict(mpl.rcParams) == before


def test_no_pyplot_figure_is_left_open() -> None:
    import matplotlib.pyplot as plt

    with report_style():
        figure().add_subplot()
    assert plt.get_fignums() == []
