"""Histograms of every column of a table too large for memory, background and signal apart.

The axes come from the first events of the file, which stand for all where a production has shuffled them; what falls
outside is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int, Shaped

from resonaut.events.parquet import read_batches, read_schema
from resonaut.events.reading import ID, LABEL

__all__ = ["Distribution", "read_distributions", "sample_rows"]

Array = np.ndarray
BATCH = 16_384
MAX_BINS = 50
TAIL = 5e-4  # of the events at either end do not decide where an axis ends


@dataclass
class Distribution:
    """One column.

    Args:
        column: Its name.
        edges: Of the bins.
        counts: Events in the bins, by sample.
        outside: Events beyond the edges, by sample.
        n_unusable: Values that are NaN or infinite.
        low, high: The least and the largest of the others.
    """

    column: str
    edges: Float[Array, " E"]
    counts: dict[str, Int[Array, " B"]] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)
    n_unusable: int = 0
    low: float = np.inf
    high: float = -np.inf

    def add(self, sample: str, values: Shaped[Array, " N"]) -> None:
        """Count these values."""
        finite = values[np.isfinite(values)]
        counts = np.histogram(finite, self.edges)[0]
        self.counts[sample] = self.counts.get(sample, np.zeros(len(self.edges) - 1, dtype=int)) + counts
        self.outside[sample] = self.outside.get(sample, 0) + len(finite) - int(counts.sum())
        self.n_unusable += len(values) - len(finite)
        if len(finite):
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))


def read_distributions(path: Path) -> dict[str, Distribution]:
    """Every column of numbers in a Parquet file, but for ids and labels; a file without labels is one sample."""
    schema = read_schema(path)
    columns = [one.name for one in schema if _is_number(one.type) and one.name not in (ID, LABEL)]
    wanted = [*columns, LABEL] if LABEL in schema.names else columns
    found: dict[str, Distribution] = {}
    for batch in read_batches(path, BATCH, wanted):
        samples = sample_rows(batch)
        for column in columns:
            values = batch.column(column).to_numpy()
            if column not in found:
                parts = [values[rows] for rows in samples.values()]
                found[column] = Distribution(column, choose_edges(column, parts))
            for sample, rows in samples.items():
                found[column].add(sample, values[rows])
    return found


def sample_rows(table: pa.Table) -> dict[str, Array]:
    """Which rows are background and which signal; without labels all are `events`. Empty samples are left out."""
    if LABEL not in table.schema.names:
        return {"events": np.ones(table.num_rows, dtype=bool)}
    labels = table.column(LABEL).to_numpy()
    rows = {"background": labels == 0, "signal": labels == 1}
    return {name: chosen for name, chosen in rows.items() if chosen.any()}


def choose_edges(column: str, parts: list[Shaped[Array, " _"]]) -> Float[Array, " E"]:
    """Bins of a round width over nearly all values, the fewer the smaller the smallest sample is.

    Args:
        column: Its name; azimuths have a range of their own.
        parts: Values of each sample.
    """
    finite = [part[np.isfinite(part)] for part in parts]
    finite = [part for part in finite if len(part)]
    if not finite:
        return np.linspace(0.0, 1.0, 11)
    n_bins = int(np.clip(1.5 * np.sqrt(min(map(len, finite))), 10, MAX_BINS))
    if column.endswith("phi"):
        return np.linspace(-np.pi, np.pi, 24 + 1)  # flat, unless something is wrong: few bins show that best
    low = min(float(np.quantile(part, TAIL)) for part in finite)
    high = max(float(np.quantile(part, 1 - TAIL)) for part in finite)
    whole = all(part.dtype.kind in "iu" for part in finite)
    width = _round_width((high - low) / n_bins)
    if whole:
        width = max(1.0, np.round(width))
    first, last = np.floor(low / width), np.floor(high / width) + 1
    edges = width * np.arange(first, last + 1)
    # A whole number belongs in the middle of its bin.
    return edges - 0.5 if whole else edges


def _round_width(width: float) -> float:
    """The nearest 1, 2, 2.5 or 5 times a power of ten."""
    if not width > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width))
    return float(min((power * step for step in (1, 2, 2.5, 5, 10)), key=lambda near: abs(np.log(near / width))))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
