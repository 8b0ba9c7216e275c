"""Events in ROOT files: a TTree with a branch a column, read and written through uproot.

Written files hold one tree, `events`. The constituents of a jet are jagged branches with a common counter, as in
NanoAOD: `njet1_constituent`, `jet1_constituent_pt`, ... ROOT notes the time and a UUID in every file, so that the same
events give the same content but not the same bytes.

Reference: Pivarski et al., Uproot, doi:10.5281/zenodo.4340632
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from resonaut.errors import FormatError
from resonaut.events.columns import listed, require_columns
from resonaut.events.files import damage_reported, first_bytes

if TYPE_CHECKING:
    import awkward as ak

__all__ = ["ROOT_MAGIC", "RootWriter", "column_names", "read_table"]

ROOT_MAGIC = b"root"
WHAT = "ROOT"
TREE = "events"


def column_names(path: Path | str) -> tuple[str, ...]:
    """The branches of the file's one tree."""
    with _tree(path) as tree:
        return tuple(tree.keys(recursive=False))


def read_table(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """The file's one tree as a table, or some of its branches.

    Raises:
        FormatError: the file is missing, not ROOT, damaged, or has more or fewer trees than one.
        EventsError: a branch that it does not have.
    """
    import awkward as ak

    with _tree(path) as tree:
        wanted = tuple(tree.keys(recursive=False) if columns is None else columns)
        require_columns(wanted, tree.keys(recursive=False), path)
        arrays = {name: tree[name].array(library="ak") for name in wanted}
        return pa.table(
            {name: ak.to_arrow(array, list_to32=True, extensionarray=False) for name, array in arrays.items()}
        )


class RootWriter:
    """A TTree written a piece at a time."""

    def __init__(self, path: Path) -> None:
        import uproot

        self._file = uproot.recreate(path)
        self._tree: Any = None

    def write(self, table: pa.Table) -> None:
        """Append events."""
        branches = _branches(table)
        if self._tree is None:
            self._tree = self._file.mktree(TREE, {name: array.type.content for name, array in branches.items()})
        self._tree.extend(branches)

    def close(self) -> Mapping[str, int]:
        """Finish the file: it takes every column."""
        self._file.close()
        return {}


def _branches(table: pa.Table) -> dict[str, ak.Array]:
    """Columns of numbers as they are; lists of one object (`jet1_constituent_pt`, ...) together, as one record."""
    import awkward as ak

    branches: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        if pa.types.is_list(column.type):
            owner, _, quantity = name.rpartition("_")
            lists = ak.unflatten(column.flatten().to_numpy(), column.value_lengths().to_numpy())
            branches.setdefault(owner, {})[quantity] = lists
        else:
            branches[name] = ak.Array(column.to_numpy(zero_copy_only=False))
    return {name: ak.zip(array) if isinstance(array, dict) else array for name, array in branches.items()}


@contextmanager
def _tree(path: Path | str) -> Iterator[Any]:
    """The one tree of a file."""
    import uproot

    if not first_bytes(path).startswith(ROOT_MAGIC):
        raise FormatError(f"{path} is not a ROOT file; name its --format, or give another file")
    with damage_reported(path, WHAT), uproot.open(path) as file:
        if (size := Path(path).stat().st_size) < file.file.fEND:
            raise FormatError(f"{path} is truncated: {size} of {file.file.fEND} bytes are there; copy it again")
        trees = sorted(set(file.keys(filter_classname="TTree", cycle=False)))
        if len(trees) != 1:
            raise FormatError(f"{path} has {len(trees)} trees ({listed(trees)}); give a file with exactly one")
        yield file[trees[0]]
