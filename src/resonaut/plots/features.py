"""A feature of the data over the background template, with their ratio or deviation.

In the sidebands this tests what the density model learnt, in the signal region what it interpolates, and after a cut it
shows where an excess sits.
"""

from __future__ import annotations

from matplotlib.axes import Axes

from resonaut.plots.histograms import band, deviation, points, ratio
from resonaut.plots.labels import axis_label
from resonaut.plots.table import Table, edges

__all__ = ["feature", "feature_deviation", "feature_ratio"]


def feature(table: Table, ax: Axes, *, legend: bool = True) -> Axes:
    """Histogram of one feature.

    Args:
        table: Rows of `features.parquet` of one place, cut and feature.
        ax: Where to draw.
        legend: Whether to say which is data and which is the template.
    """
    bins = edges(table)
    band(ax, bins, table["template"], table["template_error"], label="background template")
    points(ax, bins, table["data"], label="data")
    ax.set_xlim(bins[0], bins[-1])
    ax.set_ylim(0, 1.35 * max(table["data"].max(), table["template"].max(), 1))
    ax.set_ylabel("events")
    if legend:
        ax.legend(loc="upper right")
    return ax


def feature_ratio(table: Table, ax: Axes) -> Axes:
    """Data over the background template."""
    ratio(ax, edges(table), table["data"], table["template"], table["template_error"])
    ax.set_xlabel(axis_label(str(table["feature"][0])))
    return ax


def feature_deviation(table: Table, ax: Axes) -> Axes:
    """Data minus the background template in units of the error."""
    deviation(ax, edges(table), table["data"], table["template"], table["template_error"])
    ax.set_xlabel(axis_label(str(table["feature"][0])))
    return ax
