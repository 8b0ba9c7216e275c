"""Draws an integration's figures from the tables of its run."""

from __future__ import annotations

from collections.abc import Iterator

from resonaut.plots.importance import efficiency_by_round, weight_histogram
from resonaut.plots.style import figure
from resonaut.report.integration.contents import IntegrationContents
from resonaut.report.pictures import Drawing, Image, render_figures

__all__ = ["draw_figures"]


def draw_figures(run: IntegrationContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    return render_figures(run.path, {"weights": _weights(run), "learning": _learning(run)})


def _weights(run: IntegrationContents) -> Iterator[Drawing]:
    canvas = figure(6.4, 4.8)
    weight_histogram(run.tables["weights"], canvas.add_axes((0.14, 0.13, 0.83, 0.83)))
    yield "weights", "Weights of points, in units of the weight that is always accepted", canvas


def _learning(run: IntegrationContents) -> Iterator[Drawing]:
    if len(run.tables["learning"]["round"]) < 2:
        return
    canvas = figure(6.4, 4.8)
    efficiency_by_round(run.tables["learning"], canvas.add_axes((0.14, 0.13, 0.83, 0.83)))
    yield "learning", "Unweighting efficiency and deviation of the weights, round by round", canvas
