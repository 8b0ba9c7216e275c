"""An Axes for plots to draw on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from matplotlib.axes import Axes

from resonaut.plots.style import figure, report_style


@pytest.fixture
def ax() -> Iterator[Axes]:
    """An Axes in the report's style; drawn at the end with every warning an error."""
    with report_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        canvas = figure()
        yield canvas.add_axes((0.15, 0.15, 0.8, 0.8))
        canvas.draw_without_rendering()
