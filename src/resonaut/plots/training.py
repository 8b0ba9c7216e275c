"""The loss of each training of one model, epoch by epoch."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from resonaut.plots.style import REGION, TEMPLATE
from resonaut.plots.table import Table, select, values

__all__ = ["loss_curves"]


def loss_curves(table: Table, ax: Axes, *, legend: bool = True) -> Axes:
    """Training loss, and that of events held out of the training where there are any.

    Args:
        table: Rows of `training.parquet` of one model.
        ax: Where to draw.
        legend: Whether to say which line is which.
    """
    for i, seed in enumerate(values(table, "seed")):
        rows = select(table, seed=seed)
        marker = "o" if len(rows["epoch"]) == 1 else ""
        named = legend and i == 0
        ax.plot(
            rows["epoch"],
            rows["train_loss"],
            color=TEMPLATE,
            linewidth=1,
            marker=marker,
            label="training" if named else None,
        )
        if np.isfinite(rows["validation_loss"]).any():
            ax.plot(
                rows["epoch"],
                rows["validation_loss"],
                color=REGION,
                linewidth=1,
                marker=marker,
                label="held out" if named else None,
            )
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    if legend:
        ax.legend(loc="upper right")
    return ax
