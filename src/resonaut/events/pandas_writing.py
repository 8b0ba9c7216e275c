"""pandas' fixed-format HDF5 frames, written with h5py alone, a piece at a time.

`pandas.read_hdf(path, "df")` gives the frame back, and so does `resonaut.events.pandas_hdf5`, which describes the
layout. pandas itself writes a frame at once; here its one block of float64 grows, so that a file may be larger than
memory. Everything that PyTables would look for is a plain number or text: no attribute is a pickle. The same numbers
give the same bytes.

References:
    https://www.pytables.org/usersguide/file_format.html
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import hdf5plugin
import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["FrameWriter"]

Array = np.ndarray
CHUNK_BYTES = 1 << 20


class FrameWriter:
    """A frame of float64 under the key `df`.

    Args:
        path: The file to write.
        columns: Names of the columns: all text, or all whole numbers.
    """

    def __init__(self, path: Path, columns: Sequence[str] | Sequence[int]) -> None:
        self._disk = _Disk(path, "w+")
        self._file = h5py.File(self._disk, "w")
        _mark(self._file, "GROUP", "1.0", PYTABLES_FORMAT_VERSION="2.1")
        group = self._file.create_group("df")
        variety = dict.fromkeys(("axis0_variety", "axis1_variety", "block0_items_variety"), "regular")
        _mark(group, "GROUP", "1.0", pandas_type="frame", encoding="UTF-8", errors="strict", **variety)
        group.attrs["ndim"], group.attrs["nblocks"] = 2, 1

        names = np.array(columns)
        kind = "integer" if names.dtype.kind == "i" else "string"
        for axis in ("axis0", "block0_items"):
            stored = names if kind == "integer" else np.char.encode(names, "utf-8")
            dataset = group.create_dataset(axis, data=stored, track_times=False)
            _mark(dataset, "ARRAY", "2.4", FLAVOR="numpy", kind=kind)
        rows = max(1, CHUNK_BYTES // (8 * len(names)))
        self._index = _growing(group, "axis1", np.int64, (), CHUNK_BYTES // 8)
        _mark(self._index, "EARRAY", "1.1", FLAVOR="numpy", kind="integer")
        self._values = _growing(group, "block0_values", np.float64, (len(names),), rows)
        _mark(self._values, "EARRAY", "1.1", FLAVOR="numpy")
        for dataset in (self._index, self._values):
            dataset.attrs["EXTDIM"] = np.int32(0)
        self.chunk = rows
        """Rows that are compressed together: pieces of a multiple of it are written fastest."""

    def write(self, rows: Float[Array, "N C"]) -> None:
        """Append rows; the index counts them."""
        first, last = len(self._index), len(self._index) + len(rows)
        for dataset, values in ((self._index, np.arange(first, last)), (self._values, rows)):
            dataset.resize(last, axis=0)
            dataset[first:last] = values
        self._disk.check()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        self._disk.close()
        self._disk.check()


class _Disk(io.FileIO):
    """A file whose errors wait until HDF5 is done: it crashes the process when it closes a file on a full disk."""

    _error: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        rest = memoryview(data)
        written = len(rest)
        try:
            while len(rest):
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._error = self._error or error
        return written

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:  # HDF5 also makes files longer in this way
            self._error = self._error or error
            return self.tell() if size is None else size

    def flush(self) -> None:
        """Nothing waits; said here because h5py has missed the inherited method after an error."""

    def check(self) -> None:
        """Raise what went wrong."""
        if self._error is not None:
            raise self._error


def _growing(group: h5py.Group, name: str, dtype: type, row: tuple[int, ...], chunk: int) -> h5py.Dataset:
    return group.create_dataset(
        name,
        shape=(0, *row),
        maxshape=(None, *row),
        chunks=(chunk, *row),
        dtype=dtype,
        track_times=False,
        # What the LHC Olympics' own particle files are compressed with.
        **hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE),
    )


def _mark(node: h5py.HLObject, node_class: str, version: str, **texts: str) -> None:
    """The attributes by which PyTables knows a node, and pandas its part in a frame."""
    for name, text in {"CLASS": node_class, "VERSION": version, "TITLE": "", **texts}.items():
        # Of a length of its own and in UTF-8: any other kind of text PyTables gives to pandas as bytes.
        kind = h5py.string_dtype("utf-8", len(text)) if text else None
        node.attrs.create(name, h5py.Empty("S1") if kind is None else np.array(text.encode(), kind), dtype=kind)
    if isinstance(node, h5py.Dataset):
        node.attrs["transposed"] = np.uint8(1)
