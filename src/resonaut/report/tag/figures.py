"""Draws a tagging's figures from the tables of its run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.outlier_training import energy_difference, samples_distance
from resonaut.plots.style import REGION, TEMPLATE, panels
from resonaut.plots.table import Table
from resonaut.plots.tagging import rejection, score_against_pt, score_by_class
from resonaut.report.pictures import Drawing, Image, render_figures
from resonaut.report.tag.contents import TagContents

__all__ = ["draw_figures"]


def draw_figures(run: TagContents) -> dict[str, list[Image]]:
    """Every figure, by section of the page; also written into the run's folder."""
    return render_figures(run.path, {"result": _result(run), "pt": _pt(run), "training": _training(run)})


def _result(run: TagContents) -> Iterator[Drawing]:
    canvas, (scores, curves) = panels(2, columns=2, height=4.4)
    score_by_class(run.tables["scores"], scores, background=run.result.background)
    rejection(run.tables["curves"], curves)
    yield "scores", "The score of every class, and background rejection against efficiency", canvas


def _pt(run: TagContents) -> Iterator[Drawing]:
    canvas, [ax] = panels(1, columns=1, width=6.4, height=4.0)
    score_against_pt(run.pt_profile(), ax)
    yield "pt", "The background's score in bins of pT", canvas


def _training(run: TagContents) -> Iterator[Drawing]:
    table = run.tables["training"]
    if not len(table["epoch"]):
        return
    if np.isfinite(table["distance"]).all():
        canvas, (ratio, distance) = panels(2, columns=2, height=3.6)
        energy_difference(table, ratio)
        samples_distance(table, distance, best=run.result.kept_epoch)
        yield "training", "Energies and the distance of the samples from the data, by epoch", canvas
    else:
        canvas, [ax] = panels(1, columns=1, width=6.4, height=4.0)
        _losses(table, ax)
        yield "training", "Loss by epoch", canvas


def _losses(table: Table, ax: Axes) -> None:
    ax.plot(table["epoch"], table["train_loss"], color=TEMPLATE, label="training")
    if np.isfinite(table["validation_loss"]).any():
        ax.plot(table["epoch"], table["validation_loss"], color=REGION, label="held out")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.legend(loc="upper right")
