"""What pandas writes is what h5py alone reads, and nothing in a file is ever executed."""

import pickle
import string
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tables
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import FormatError
from resonaut.events.pandas_hdf5 import open_frame

NAMES = st.text(string.ascii_letters + string.digits + "_μ√", min_size=1, max_size=8)
DTYPES = st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint16, np.bool_])
FILTERS = [None, "zlib", "bzip2", "blosc", "blosc:zstd"]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of several dtypes, which pandas stores in as many blocks, with NaN and infinities among the floats."""
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(0, 20))
    special = rng.choice([np.nan, np.inf, -np.inf, 0.0, 1e-300, 1.5], n)
    columns = [np.where(rng.random(n) < 0.5, special, rng.normal(size=n)) for _ in names]
    with np.errstate(invalid="ignore"):
        return pd.DataFrame({name: column.astype(draw(DTYPES)) for name, column in zip(names, columns, strict=True)})


@pytest.mark.parametrize("complib", FILTERS)
@settings(max_examples=12, deadline=None)
@given(frame=frames(), cut=st.integers(0, 20))
def test_pandas_to_hdf_round_trip(frame, cut, complib, scratch, write_frame):
    path = write_frame(scratch / "frame.h5", frame, complib)
    with open_frame(path) as read:
        assert read.columns == tuple(frame.columns)
        assert read.n_rows == len(frame)
        np.testing.assert_array_equal(read.rows(0, len(frame)), frame.to_numpy(dtype=np.float64))
        np.testing.assert_array_equal(read.rows(cut, 20), frame.to_numpy(dtype=np.float64)[cut:20])


def test_blosc2_is_read(tmp_path, write_frame):
    # Once only: PyTables' Blosc2 chunks are 100 MB each, however few the rows.
    path = write_frame(tmp_path / "frame.h5", pd.DataFrame({"a": [1.0, 2.0]}), "blosc2")
    with open_frame(path) as frame:
        assert frame.rows(0, 2).tolist() == [[1.0], [2.0]]


class Bomb:
    """Whoever unpickles it creates a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_no_pickle_is_loaded(tmp_path, write_frame):
    trace, path = tmp_path / "exploded", tmp_path / "bomb.h5"
    write_frame(path, pd.DataFrame({"mjj": [1.0, 2.0], "mj1": [3.0, 4.0]}))
    with h5py.File(path, "a") as file:
        for node in (file["df"], file["df/axis0"], file["df/block0_values"]):
            node.attrs["shape"] = np.bytes_(pickle.dumps(Bomb(trace), protocol=0))
    with open_frame(path) as frame:
        assert frame.rows(0, 2).tolist() == [[1.0, 3.0], [2.0, 4.0]]
    assert not trace.exists()
    with tables.open_file(path) as file:  # the bomb is live: the usual reader sets it off
        _ = file.root.df._v_attrs.shape
    assert trace.exists()


def test_pickled_names_are_refused_unread(tmp_path, write_frame):
    path = write_frame(tmp_path / "f.h5", pd.DataFrame(np.ones((2, 3)), columns=["a", 1, "b"]))
    with pytest.raises(FormatError, match=r"f\.h5 has columns without plain names; .*map\(str\)"), open_frame(path):
        pass


WRONG = {
    "another key": (pd.DataFrame({"a": [1.0]}), {"key": "events"}, r"no key 'df' \(it has events\)"),
    "table format": (pd.DataFrame({"a": [1.0]}), {"format": "table"}, r"table format; write it with .*fixed"),
    "text column": (pd.DataFrame({"a": [1.0], "who": ["me"]}), {}, r"columns that are not numbers \(who\)"),
    "series": (pd.Series([1.0, 2.0]), {}, r"no frame with plain columns under 'df'"),
}


@pytest.mark.parametrize(("frame", "options", "message"), WRONG.values(), ids=WRONG)
def test_other_contents_are_named(frame, options, message, tmp_path, write_frame):
    path = write_frame(tmp_path / "f.h5", frame, **options)
    with pytest.raises(FormatError, match=rf"\A[^\n]*f\.h5[^\n]*{message}[^\n]*\Z"), open_frame(path):
        pass


def test_values_that_were_never_written_are_not_invented(tmp_path, write_frame):
    path = write_frame(tmp_path / "f.h5", pd.DataFrame({"a": np.arange(9.0)}))
    with h5py.File(path, "a") as file:
        del file["df/block0_values"]
        file["df"].create_dataset("block0_values", (9, 1), float, chunks=(3, 1))  # HDF5 would give zeros
    with pytest.raises(FormatError, match="incomplete: /df/block0_values was not fully written"), open_frame(path):
        pass


@pytest.mark.parametrize("damage", ["block0_items", "axis1", "block0_values"])
def test_parts_that_contradict_each_other_are_refused(damage, tmp_path, write_frame):
    path = write_frame(tmp_path / "f.h5", pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    other = {"block0_items": np.array([b"a", b"c"]), "axis1": np.arange(3), "block0_values": np.ones((2, 3))}
    with h5py.File(path, "a") as file:
        del file[f"df/{damage}"]
        file[f"df/{damage}"] = other[damage]
    with pytest.raises(FormatError, match=r"f\.h5"), open_frame(path):
        pass


def test_columns_are_found_by_name_whatever_their_order_in_a_block(tmp_path, write_frame):
    path = write_frame(tmp_path / "f.h5", pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [5.0, 6.0]}))
    with h5py.File(path, "a") as file:
        del file["df/block0_items"]
        file["df/block0_items"] = np.array([b"c", b"a", b"b"])
    with open_frame(path) as frame:
        assert frame.columns == ("a", "b", "c")
        assert frame.rows(0, 2).tolist() == [[3.0, 5.0, 1.0], [4.0, 6.0, 2.0]]
