"""Parquet tables come back as they were written, or are refused."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import EventsError, FormatError, RunError
from resonaut.events.exclusions import exclusions_of, with_exclusions
from resonaut.events.parquet import column_names, read_table, write_table

NAMES = st.lists(st.text("abcμ_1 .", min_size=1, max_size=6), unique=True, min_size=1, max_size=5)
TYPES = st.sampled_from([pa.float64(), pa.float32(), pa.int64(), pa.int8(), pa.list_(pa.float32())])


@st.composite
def event_tables(draw: st.DrawFn) -> pa.Table:
    """Tables with the column types of events, constituents' lists among them, and missing values."""
    n = draw(st.integers(0, 20))
    numbers = st.one_of(st.none(), st.integers(-100, 100))
    arrays = {}
    for name in draw(NAMES):
        kind = draw(TYPES)
        value = st.lists(st.integers(0, 9), max_size=3) if pa.types.is_list(kind) else numbers
        arrays[name] = pa.array(draw(st.lists(value, min_size=n, max_size=n)), type=kind)
    return pa.table(arrays)


@settings(max_examples=60, deadline=None)
@given(table=event_tables(), data=st.data())
def test_round_trip(table, data, scratch):
    path = scratch / "table.parquet"
    write_table(table, path)
    assert column_names(path) == tuple(table.column_names)
    assert read_table(path).equals(table)
    some = data.draw(st.lists(st.sampled_from(table.column_names), unique=True))
    assert read_table(path, some).equals(table.select(some))


@settings(max_examples=30, deadline=None)
@given(counts=st.dictionaries(st.text(max_size=20), st.integers(0, 2**40)))
def test_exclusions_travel_with_the_table(counts, scratch):
    path = scratch / "noted.parquet"
    table = pa.table({"mjj": [1.0]}).replace_schema_metadata({"made_by": "somebody"})
    write_table(with_exclusions(table, counts), path)
    back = read_table(path)
    assert exclusions_of(back) == {reason: count for reason, count in counts.items() if count}
    assert back.schema.metadata[b"made_by"] == b"somebody"
    assert exclusions_of(with_exclusions(back, {})) == {}


def test_a_damaged_note_of_exclusions_is_refused():
    table = pa.table({"mjj": [1.0]}).replace_schema_metadata({"resonaut.exclusions": "[1, 2"})
    with pytest.raises(FormatError, match="note of excluded events"):
        exclusions_of(table)


def test_a_flipped_bit_in_the_values_is_noticed(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(pa.table({"mjj": np.random.default_rng(0).random(1000)}), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"\A[^\n]*t\.parquet cannot be read as Parquet[^\n]*\Z"):
        read_table(path)


def test_folder_names_are_not_columns(tmp_path):
    path = tmp_path / "label=1" / "events.parquet"
    write_table(pa.table({"mjj": [1.0]}), path)
    assert read_table(path).column_names == ["mjj"]


def test_missing_columns_are_named_with_a_near_match(tmp_path):
    path = tmp_path / "t.parquet"
    write_table(pa.table({"mjj": [1.0], "tau21_1": [0.5]}), path)
    message = r"no columns 'tau_21_1' \(did you mean 'tau21_1'\?\), 'charge'; choose from mjj, tau21_1\Z"
    with pytest.raises(EventsError, match=message):
        read_table(path, ["mjj", "tau_21_1", "charge"])


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["mjj", "mjj"]), path)
    with pytest.raises(EventsError, match="more than one column 'mjj'"):
        read_table(path, ["mjj"])


def test_an_interrupted_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    write_table(pa.table({"mjj": [1.0]}), path)

    def fails_half_way(table: pa.Table, where: Path, **_: object) -> None:
        Path(where).write_bytes(b"PAR1 half of it")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pq, "write_table", fails_half_way)
    with pytest.raises(RunError, match=r"t\.parquet cannot be written \(No space left"):
        write_table(pa.table({"mjj": [2.0]}), path)
    assert read_table(path)["mjj"].to_pylist() == [1.0]
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]
