"""pandas' fixed-format HDF5 frames, read with h5py alone.

Many physicists' tables are `DataFrame.to_hdf(path, key="df")`. PyTables, which pandas reads them with, unpickles
attributes and object columns, and a pickle from a stranger's file can run anything. The layout itself is simple:

    df/axis0            names of the columns          df/blockI_items     names of the columns in block I
    df/axis1            the index                     df/blockI_values    [N, columns in block I], one dtype a block

so plain HDF5 reads it. No attribute is decoded and no object column is touched; `hdf5plugin` brings the filters
(Blosc, Blosc2, bzip2) that pandas offers.

References:
    https://pandas.pydata.org/docs/user_guide/io.html#fixed-format
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  # registers filter 32001 (Blosc) with HDF5
import numpy as np
from jaxtyping import Float

from resonaut.errors import FormatError
from resonaut.events.columns import listed
from resonaut.events.files import damage_reported, first_bytes

__all__ = ["HDF5_MAGIC", "FixedFrame", "open_frame"]

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
WHAT = "pandas fixed-format HDF5"

Array = np.ndarray


@dataclass(frozen=True)
class FixedFrame:
    """A frame in an open file: its columns' names, its number of rows, and the numbers on demand."""

    path: Path | str
    columns: tuple[str, ...]
    n_rows: int
    _blocks: tuple[tuple[list[int], h5py.Dataset], ...]

    def rows(self, start: int, stop: int) -> Float[Array, "N C"]:
        """Rows `start` to `stop` of all columns, in the frame's order of columns."""
        stop = min(stop, self.n_rows)
        if stop <= start:
            return np.empty((0, len(self.columns)))
        with damage_reported(self.path, WHAT):
            if len(self._blocks) == 1 and self._blocks[0][0] == list(range(len(self.columns))):
                return np.asarray(self._blocks[0][1][start:stop], dtype=np.float64)
            rows = np.empty((stop - start, len(self.columns)))
            for places, values in self._blocks:
                rows[:, places] = values[start:stop]
        return rows


@contextmanager
def open_frame(path: Path | str, key: str = "df") -> Iterator[FixedFrame]:
    """Open the frame under `key`.

    Raises:
        FormatError: no HDF5 file, truncated or corrupted, no such key, or not a fixed-format frame of numbers.
    """
    if not first_bytes(path).startswith(HDF5_MAGIC):
        raise FormatError(f"{path} is not an HDF5 file; name its --format, or give another file")
    with damage_reported(path, WHAT):
        # Read-only file systems refuse locks; where they are possible they are kept.
        file = h5py.File(path, "r", locking="best-effort")
    try:
        with damage_reported(path, WHAT):
            frame = _frame(path, file, key)
        yield frame
    finally:
        file.close()


def _frame(path: Path | str, file: h5py.File, key: str) -> FixedFrame:
    if not isinstance(file.get(key), h5py.Group):
        raise FormatError(
            f"{path} has no key '{key}' (it has {listed(sorted(file))}); write the frame with key='{key}'"
        )
    group = file[key]
    if "table" in group:
        raise FormatError(f"{path} is in pandas' table format; write it with to_hdf(..., format='fixed')")
    if "axis0" not in group or "axis1" not in group:
        raise FormatError(f"{path} holds no frame with plain columns under '{key}'; write one with DataFrame.to_hdf")
    columns = _names(path, group["axis0"])
    n_rows = 0 if _is_empty(group["axis1"]) else group["axis1"].shape[0]
    blocks: list[tuple[tuple[str, ...], h5py.Dataset]] = []
    while (prefix := f"block{len(blocks)}") + "_values" in group:
        items, values = _names(path, group[f"{prefix}_items"]), group[f"{prefix}_values"]
        _check_numbers(path, values, items, n_rows)
        blocks.append((items, values))
    place = {name: column for column, name in enumerate(columns)}
    if sorted(name for items, _ in blocks for name in items) != sorted(place):
        raise FormatError(f"{path} is damaged: its blocks do not hold the columns that it names; copy it again")
    return FixedFrame(
        path, columns, n_rows, tuple(([place[name] for name in items], values) for items, values in blocks)
    )


def _names(path: Path | str, axis: h5py.Dataset) -> tuple[str, ...]:
    """The names on an axis, whole numbers as text."""
    if _is_empty(axis):
        return ()
    if axis.ndim != 1 or axis.dtype.kind not in "Siu":
        # Python objects: names of mixed types are pickled.
        raise FormatError(f"{path} has columns without plain names; make them all text with df.columns.map(str)")
    _check_stored(path, axis)
    names = axis[()]
    return tuple(name.decode() for name in names) if names.dtype.kind == "S" else tuple(map(str, names))


def _check_numbers(path: Path | str, values: h5py.Dataset, items: tuple[str, ...], n_rows: int) -> None:
    if values.dtype.kind not in "fiub":
        raise FormatError(f"{path} has columns that are not numbers ({listed(items)}); leave them out")
    if not n_rows and _is_empty(values):
        return
    if values.shape != (n_rows, len(items)):
        raise FormatError(
            f"{path} holds {values.shape} values for {n_rows} rows of {len(items)} columns; write it again"
        )
    _check_stored(path, values)


def _is_empty(dataset: h5py.Dataset) -> bool:
    """PyTables cannot write arrays of length 0: pandas stores one element, and the true shape in an attribute."""
    return dataset.size == 1 and "shape" in dataset.attrs


def _check_stored(path: Path | str, dataset: h5py.Dataset) -> None:
    """Refuse an array that was never fully written: HDF5 would invent zeros, as many as a damaged header claims."""
    if dataset.chunks is None:
        stored, needed = dataset.id.get_storage_size(), dataset.nbytes
    else:
        stored = dataset.id.get_num_chunks()
        needed = math.prod(-(-n // chunk) for n, chunk in zip(dataset.shape, dataset.chunks, strict=True))
    if stored < needed:
        raise FormatError(f"{path} is incomplete: {dataset.name} was not fully written; copy it again")
