"""The tables that figures are drawn from: columns by name, one row a bin.

They are the Parquet files of a run folder, read into arrays. A plot function takes the rows of one histogram; `select`
finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

__all__ = ["Table", "centres", "edges", "merge_bins", "select", "values"]

Array = np.ndarray
Table = Mapping[str, Array]
"""Columns of equal length."""


def select(table: Table, **where: float | str | bool) -> dict[str, Array]:
    """The rows in which each of the given columns has the given value."""
    keep = np.ones(len(next(iter(table.values()))), dtype=bool)
    for name, value in where.items():
        keep &= np.isclose(table[name], value) if isinstance(value, float) else table[name] == value
    return {name: column[keep] for name, column in table.items()}


def values(table: Table, name: str) -> list[Any]:
    """The different values of a column, in the order in which they first appear."""
    return list(dict.fromkeys(table[name].tolist()))


def edges(table: Table) -> Float[Array, " B+1"]:
    """Bin edges of a histogram whose bins touch."""
    low, high = table["low"], table["high"]
    assert np.allclose(low[1:], high[:-1]), "a histogram has gaps, or its rows are out of order"
    return np.append(low, high[-1])


def merge_bins(table: Table, factor: int) -> dict[str, Array]:
    """A histogram with `factor` neighbouring bins in one; counts add, their errors in quadrature."""
    assert len(table["low"]) % factor == 0, f"{len(table['low'])} bins cannot be merged by {factor}"
    merged = {}
    for name, column in table.items():
        groups = column.reshape(-1, factor)
        if name in ("data", "template"):
            merged[name] = groups.sum(axis=1)
        elif name == "template_error":
            merged[name] = np.sqrt((groups**2).sum(axis=1))
        else:
            merged[name] = groups[:, -1 if name == "high" else 0]
    return merged


def centres(table: Table) -> Shaped[Array, " B"]:
    """Middles of the bins."""
    middle: Array = (table["low"] + table["high"]) / 2
    return middle
