"""Shards become one file: nothing lost, nothing twice, shuffled, and the same every time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.simulation import merging
from resonaut.simulation.chain import Block
from resonaut.simulation.merging import Source, merge
from resonaut.simulation.shards import Shards


@pytest.fixture
def shards(tmp_path):
    """Two processes of ten and three blocks of 7 events; the value tells where an event is from."""
    shards = Shards.beside(tmp_path / "events.parquet")
    shards.open({})
    for process, offset, n_blocks in (("background", 0, 10), ("signal", 1000, 3)):
        for number in range(n_blocks):
            values = offset + 7 * number + np.arange(7)
            shards.write(process, number, Block(pa.table({"mjj": values}), 20, {"soft": 13}, 1.0))
    return shards


SOURCES = (Source("background", 0, 10, 65), Source("signal", 1, 3, 20))


@pytest.mark.parametrize("row_group", [10, 1000])
def test_the_first_events_of_each_process_are_there_once(shards, tmp_path, monkeypatch, row_group):
    monkeypatch.setattr(merging, "ROW_GROUP", row_group)
    output = tmp_path / "events.parquet"
    merge(shards, SOURCES, output, seed=3)
    table = pq.read_table(output).to_pandas()
    assert table["event"].tolist() == list(range(85))
    assert table.loc[table.label == 0, "mjj"].tolist() == list(range(65))
    assert table.loc[table.label == 1, "mjj"].tolist() == list(range(1000, 1020))
    assert pq.ParquetFile(output).num_row_groups == (9 if row_group == 10 else 1)
    assert not list(tmp_path.glob(".*"))


def test_signal_is_spread_over_the_file_and_the_seed_says_how(shards, tmp_path):
    orders = []
    for seed in (1, 1, 2):
        output = tmp_path / f"{len(orders)}.parquet"
        merge(shards, SOURCES, output, seed=seed)
        orders.append(pq.read_table(output)["label"].to_pylist())
    assert orders[0] == orders[1] != orders[2]
    assert 0 < sum(orders[0][:40]) < 20


def test_an_unreadable_shard_counts_as_absent(shards):
    counts = shards.counts("signal", 0)
    assert (counts.n_selected, counts.n_generated, counts.excluded) == (7, 20, {"soft": 13})
    path = shards.path("signal", 0)
    path.write_bytes(path.read_bytes()[:100])
    assert shards.counts("signal", 0) is None
    assert shards.counts("signal", 99) is None
