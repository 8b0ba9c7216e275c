"""Any file to events: what is right comes through exactly, what is wrong is said in one line."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import EventsError, FormatError
from resonaut.events.exclusions import with_exclusions
from resonaut.events.formats import FORMATS, ParticleFormat, TableFormat, format_named
from resonaut.events.parquet import write_table
from resonaut.events.reading import BASELINE, detect_format, read_events

VALUES = st.floats(width=32) | st.sampled_from([np.nan, np.inf, -np.inf])


def table(n=6, **columns):
    """A Parquet table of n good events; columns given replace those or are added, None takes one away."""
    good = {"mjj": np.linspace(2400, 4900, n)} | {name: np.linspace(0.1, 0.9, n) for name in BASELINE}
    return pa.table({name: values for name, values in {**good, **columns}.items() if values is not None})


@pytest.fixture
def stored(tmp_path):
    """Writes such a table."""

    def store(n=6, **columns):
        write_table(table(n, **columns), tmp_path / "events.parquet")
        return tmp_path / "events.parquet"

    return store


# --- what is right


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(VALUES, VALUES, VALUES, st.integers(0, 1)), min_size=1, max_size=12), data=st.data())
def test_parquet_round_trip_accounts_for_every_event(rows, data, scratch):
    mass, a, b, label = (np.array(column) for column in zip(*rows, strict=True))
    ids = np.array(data.draw(st.permutations(range(100)).map(lambda order: order[: len(rows)])))
    usable = np.isfinite(mass) & np.isfinite(a) & np.isfinite(b)
    path = scratch / "round.parquet"
    write_table(pa.table({"event": ids, "m": mass, "a": a, "b": b, "label": label}), path)

    if any(not np.isfinite(column).any() for column in (mass, a, b)):
        with pytest.raises(EventsError, match="has no usable value"):
            read_events(path, features=["a", "b"], mass="m")
        return
    events = read_events(path, features=["a", "b"], mass="m")
    assert len(events) + events.n_unusable == len(rows)
    np.testing.assert_array_equal(events.mass, mass[usable])
    np.testing.assert_array_equal(events.features, np.stack([a, b], axis=1)[usable])
    np.testing.assert_array_equal(events.ids, ids[usable])
    np.testing.assert_array_equal(events.labels, label[usable])
    assert (events.names, events.mass_name) == (("a", "b"), "m")


def test_formats_are_told_apart_by_content(tmp_path, stored, feature_file, particle_file):
    for path, name in ((stored(), "parquet"), (feature_file, "lhco"), (particle_file, "lhco-particles")):
        disguised = tmp_path / "data.txt"
        disguised.write_bytes(path.read_bytes())
        assert detect_format(disguised) == detect_format(str(disguised)) == name


def test_each_format_reads_or_says_where_features_come_from(stored, feature_file, particle_file):
    assert len(read_events(stored())) == 6
    assert len(read_events(feature_file)) == len(read_events(feature_file, format="lhco")) == 50
    with pytest.raises(FormatError, match=r"particles, not features; make them with: resonaut features .*h5 --out"):
        read_events(particle_file)


def test_the_registry_reads_particles_too(particle_file):
    known = format_named(detect_format(particle_file))
    assert isinstance(known, ParticleFormat)
    assert known.count(particle_file) == 5
    assert sum(len(batch) for batch in known.read(particle_file, chunk=2)) == 5


def test_a_new_format_is_one_entry(tmp_path, monkeypatch):
    path = tmp_path / "events.csv"
    path.write_text("mjj,a\n2500,1\n3500,2\n")
    csv = TableFormat(
        recognises=lambda path, start: start.startswith(b"mjj,"),
        columns=lambda path: tuple(pd.read_csv(path)),
        read=lambda path, columns: pa.Table.from_pandas(pd.read_csv(path, usecols=columns)),
    )
    with pytest.raises(FormatError, match=r"of no known format \(it begins with b'mjj,a"):
        detect_format(path)
    monkeypatch.setitem(FORMATS, "csv", csv)
    assert detect_format(path) == "csv"
    assert read_events(path, features=["a"]).mass.tolist() == [2500.0, 3500.0]


def test_a_feature_file_and_its_parquet_give_the_same_events(tmp_path, feature_file):
    write_table(FORMATS["lhco"].read(feature_file, None), tmp_path / "f.parquet")
    one, two = read_events(feature_file), read_events(tmp_path / "f.parquet")
    np.testing.assert_array_equal(one.features, two.features)
    np.testing.assert_array_equal(one.mass, two.mass)
    np.testing.assert_array_equal(one.labels, two.labels)


def test_real_signal_region_events(validation_data):
    events = read_events(validation_data / "lhco_rnd_v2_signal_region_train.parquet")
    assert (len(events), events.labels.sum(), events.n_unusable) == (60_000, 395, 0)
    assert events.mass.min() >= 3300
    assert events.mass.max() < 3700


def test_rows_are_numbered_and_labels_absent_where_the_file_has_neither(stored):
    events = read_events(stored(mjj=np.array([2400, np.nan, 2600, 2700, 2800, np.inf])))
    assert events.ids.tolist() == [0, 2, 3, 4]
    assert events.labels is None
    assert events.exclusions == {"mjj is NaN or infinite": 2}


def test_missing_values_and_whole_numbers(stored):
    events = read_events(stored(mj1=pa.array([1, None, 3, 4, 5, 6]), delta_mj=pa.array([True, False] * 3)))
    assert events.feature("mj1").tolist() == [1, 3, 4, 5, 6]
    assert events.feature("delta_mj").tolist() == [1, 1, 0, 1, 0]
    assert events.exclusions == {"mj1 is NaN or infinite": 1}


def test_the_window_cuts_and_counts_nothing_outside(stored):
    mass = np.array([2200.0, 2300.0, 2500.0, 5000.0, np.nan, 4999.0])
    outside_and_nan = np.array([np.nan, 1.0, np.nan, 1.0, 1.0, 1.0])
    events = read_events(stored(mjj=mass, mj1=outside_and_nan), window=(2300, 5000))
    assert events.mass.tolist() == [2300.0, 4999.0]
    assert events.ids.tolist() == [1, 5]
    assert events.exclusions == {"mjj is NaN or infinite": 1, "mj1 is NaN or infinite": 1}


def test_what_earlier_steps_left_out_is_counted_too(tmp_path):
    path = tmp_path / "t.parquet"
    noted = with_exclusions(table(mj1=np.array([np.nan, 1, 1, 1, 1, 1])), {"fewer than two jets": 12})
    write_table(noted, path)
    assert read_events(path).exclusions == {"fewer than two jets": 12, "mj1 is NaN or infinite": 1}


# --- what is wrong

COLUMNS = {
    "missing": ({"tau21_2": None}, {}, "no column 'tau21_2' (did you mean 'tau21_1'?); choose from mjj, mj1"),
    "missing mass": ({"mjj": None}, {}, "no column 'mjj'"),
    "misspelt": ({}, {"features": ["mj1", "tau12_1"]}, "no column 'tau12_1' (did you mean 'tau21_1'?)"),
    "none usable": ({"mj1": np.full(6, np.nan)}, {}, "column 'mj1' has no usable value in 6 events"),
    "text": ({"mj1": list("abcdef")}, {}, "column 'mj1' of {path} holds string, not one number an event"),
    "lists": ({"mj1": [[1.0, 2.0]] * 6}, {}, "holds list<element: double>, not one number an event"),
    "the mass": ({}, {"features": ["mj1", "mjj"]}, "column 'mjj' is the mass and cannot be a feature"),
    "the truth": ({"label": [0, 1] * 3}, {"features": ["label"]}, "'label' is the truth and cannot be a feature"),
    "the id": ({"event": range(6)}, {"features": ["event"]}, "'event' is the event's id and cannot be a feature"),
    "twice": ({}, {"features": ["mj1", "mj1"]}, "column 'mj1' is listed twice among the features"),
    "no features": ({}, {"features": []}, "no features were asked for"),
    "same ids": ({"event": [1, 2, 3, 3, 4, 5]}, {}, "has the id 3 more than once"),
    "ids missing": ({"event": [1, 2, None, 3, 4, 5]}, {}, "holds int64, 1 of them missing; ids are whole numbers"),
    "ids not whole": ({"event": np.linspace(0, 1, 6)}, {}, "holds double, 0 of them missing; ids are whole numbers"),
    "ids too large": ({"event": np.arange(6, dtype=np.uint64) + 2**63}, {}, "ids above 2^63"),
    "labels": ({"label": [0, 1, 2, 0, 0, 0]}, {}, "column 'label' of {path} holds 2; 1 is signal and 0 background"),
    "labels missing": ({"label": [0, 1, None, 0, 0, 0]}, {}, "column 'label' of {path} holds nan"),
    "other window": (
        {},
        {"window": (2.3, 5)},
        "no event of {path} has 2.3 <= mjj < 5 GeV, the column runs from 2400 to",
    ),
}


@pytest.mark.parametrize(("columns", "request_", "message"), COLUMNS.values(), ids=COLUMNS)
def test_wrong_columns_are_named(columns, request_, message, stored):
    path = stored(**columns)
    with pytest.raises(EventsError, match=re.escape(message.format(path=path))) as refused:
        read_events(path, **request_)
    assert "\n" not in str(refused.value)


def test_no_events_at_all(stored, tmp_path, write_frame, jets):
    empty = write_frame(tmp_path / "empty.h5", jets(0))
    for path in (stored(n=0), empty):
        with pytest.raises(EventsError, match=r"(empty\.h5|events\.parquet) holds no events"):
            read_events(path)


@pytest.mark.parametrize("read", [read_events, detect_format])
def test_wrong_files_are_named(read, tmp_path):
    (tmp_path / "empty.parquet").touch()
    (tmp_path / "page.h5").write_text("<!DOCTYPE html>")
    wrong = {
        tmp_path / "nowhere.parquet": "does not exist",
        tmp_path: "is a folder; give one file",
        tmp_path / "empty.parquet": "is empty (0 bytes)",
        tmp_path / "page.h5": "is of no known format (it begins with b'<!DOCTYPE html>'); give one of parquet, lhco",
    }
    for path, message in wrong.items():
        with pytest.raises(FormatError, match=re.escape(f"{path} {message}")) as refused:
            read(path)
        assert "\n" not in str(refused.value)


def test_unknown_and_wrong_formats_are_named(stored, feature_file):
    with pytest.raises(
        FormatError, match=r"no format 'parket' \(did you mean 'parquet'\?\); choose from parquet, lhco"
    ):
        read_events(stored(), format="parket")
    with pytest.raises(FormatError, match=r"features\.h5 is not a Parquet file"):
        read_events(feature_file, format="parquet")
    with pytest.raises(FormatError, match=r"events\.parquet is not an HDF5 file"):
        read_events(stored(), format="lhco")


def test_parquet_of_others_is_read(tmp_path):
    """Row groups, dictionary encoding and no page checksums, as other writers have it."""
    path = tmp_path / "t.parquet"
    pq.write_table(table(100), path, row_group_size=7, use_dictionary=True, compression="gzip")
    assert len(read_events(path)) == 100
