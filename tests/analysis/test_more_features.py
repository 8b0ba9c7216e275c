"""Features for tables that have kept their constituents: the same as from the particles, everything else untouched."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.oracle import random_jets
from resonaut.analysis import extraction
from resonaut.analysis.extraction import write_features
from resonaut.analysis.loading import load
from resonaut.analysis.spreading import spread_over
from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.events import parquet
from resonaut.events.exclusions import exclusions_of, with_exclusions
from resonaut.features.clustering import Dijets, JetClustering
from resonaut.features.constituents import CONSTITUENTS, read_constituents
from resonaut.features.dijet import dijet_table
from resonaut.features.sets import FEATURE_SETS

N = 30


@pytest.fixture(scope="module")
def dijets() -> Dijets:
    pairs = ak.unflatten(random_jets(np.random.default_rng(11), 2 * N), np.full(N, 2))
    momenta = {name: ak.to_numpy(ak.sum(pairs[name], axis=2)) for name in ("px", "py", "pz", "e")}
    return Dijets(index=np.arange(N), constituents=pairs, missing=np.zeros((N, 2)), **momenta)


@pytest.fixture
def table(dijets: Dijets) -> pa.Table:
    """As a simulation writes it, with ids, labels and a note of what was left out."""
    event, label = np.arange(N) + 1000, np.arange(N) % 2
    table = dijet_table(dijets, constituents=True, event=event, label=label)
    return with_exclusions(table, {"fewer than two jets": 5})


@pytest.fixture
def file(table: pa.Table, tmp_path: Path) -> Path:
    pq.write_table(table, tmp_path / "events.parquet", row_group_size=11)
    return tmp_path / "events.parquet"


def test_they_are_those_of_the_particles_and_nothing_else_changes(dijets: Dijets, table: pa.Table, file: Path) -> None:
    result = write_features(file, file.with_name("more.parquet"), features="extended1")
    more = parquet.read_table(result.path)
    assert (result.n_events, result.n_selected, result.exclusions) == (N, N, {"a particle is NaN or infinite": 0})
    assert more.select(table.column_names).equals(table)
    direct = dijet_table(dijets, "extended1")
    added = [name for name in FEATURE_SETS["extended1"] if name not in table.column_names]
    assert more.column_names == [*table.column_names, *added]
    for name in added:
        # Constituents are kept in single precision, and the minimisation stops at steps of 1e-4.
        np.testing.assert_allclose(more[name], direct[name], rtol=2e-3, atol=2e-4, err_msg=name)
    assert exclusions_of(more) == {"fewer than two jets": 5}
    again = write_features(result.path, file.with_name("again.parquet"), features=["msd_1"])
    assert exclusions_of(parquet.read_table(again.path)) == {"fewer than two jets": 5}


def test_parts_do_not_matter(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_features(file, file.with_name("whole.parquet"), features=["tau3_b20_1", "msd_2", "ptd_1", "n2_b10_2"])
    monkeypatch.setattr(extraction, "CHUNK", 7)
    parts = write_features(file, file.with_name("parts.parquet"), features=["tau3_b20_1", "msd_2", "ptd_1", "n2_b10_2"])
    assert pq.read_table(whole.path).equals(pq.read_table(parts.path))
    assert pq.ParquetFile(parts.path).num_row_groups > 3


def test_two_processes_keep_the_order() -> None:
    taken = []

    def parts():
        for part in range(-20, 0):
            taken.append(part)
            yield part

    with spread_over(2) as spread:
        results = iter(spread(abs, parts()))
        assert next(results) == 20
        assert len(taken) <= 6, "parts are read ahead without bound"
        assert list(results) == list(range(19, 0, -1))


@pytest.mark.parametrize(("column", "row"), [("jet2_constituent_eta", 4), ("jet1_mass", 9)])
def test_unusable_events_are_left_out_and_counted(file: Path, table: pa.Table, column: str, row: int) -> None:
    values = table[column].to_pylist()
    values[row] = [np.nan, *values[row][1:]] if isinstance(values[row], list) else np.inf
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values, table[column].type)), file)
    result = write_features(file, file.with_name("more.parquet"), features=["ptd_2"])
    more = parquet.read_table(result.path)
    assert result.exclusions == {"a particle is NaN or infinite": 1}
    assert more["event"].to_pylist() == [1000 + i for i in range(N) if i != row]
    assert exclusions_of(more) == {"fewer than two jets": 5, "a particle is NaN or infinite": 1}


def test_an_analysis_makes_the_features_it_needs(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    events = load(file, features=("mj1", "tau32_2", "jet1_pt"))
    assert events.names == ("mj1", "tau32_2", "jet1_pt")
    assert len(events) == N
    assert events.n_unusable == 5
    load(file, features=("mj1", "tau32_1"))
    load(file, features=("mj1", "tau21_1"))  # there already
    assert len(list((tmp_path / "cache" / "resonaut" / "features").iterdir())) == 2
    with pytest.raises(EventsError, match="'tau31_1'"):
        load(file, features=("mj1", "tau31_1"))


def test_what_cannot_be_done_is_refused(file: Path, table: pa.Table, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    with pytest.raises(ConfigError, match="has all of these"):
        write_features(file, out, features="baseline")
    with pytest.raises(ConfigError, match="over itself"):
        write_features(file, file, features="extended1")
    with pytest.raises(ConfigError, match="radius"):
        write_features(file, out, features="extended1", clustering=JetClustering(radius=0.8))
    with pytest.raises(ConfigError, match="tau99_1"):
        write_features(file, out, features=["tau99_1"])
    pq.write_table(table.drop_columns("jet2_mass"), file)
    with pytest.raises(EventsError, match="jet2_mass"):
        write_features(file, out, features="extended1")
    pq.write_table(table.drop_columns(list(CONSTITUENTS)), file)
    with pytest.raises(FormatError, match="holds no particles"):
        write_features(file, out, features="extended1")
    assert not out.exists()


def test_lists_that_do_not_fit_are_refused(table: pa.Table) -> None:
    def with_column(name: str, values: list[object]) -> pa.Table:
        return table.slice(0, 2).set_column(table.column_names.index(name), name, pa.array(values))

    with pytest.raises(EventsError, match="numbers of particles"):
        read_constituents(with_column("jet1_constituent_eta", [[0.1], [0.2] * 500]))
    with pytest.raises(EventsError, match="not a list of numbers"):
        read_constituents(with_column("jet1_constituent_eta", [0.1, 0.2]))
    with pytest.raises(EventsError, match="not a list of numbers"):
        read_constituents(with_column("jet2_constituent_pt", [["a"], ["b"]]))
