"""Histograms of a file read in pieces: every event is somewhere, whatever the pieces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.analysis.distributions import choose_edges, read_distributions
from resonaut.errors import FormatError


def write(path: Path, n: int = 40_000, **columns: object) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    table = {
        "event": np.arange(n),
        "mjj": 2000 + rng.exponential(500, n),
        "jet1_phi": rng.uniform(-np.pi, np.pi, n),
        "jet1_n": rng.poisson(60, n),
        "label": (rng.uniform(size=n) < 0.1).astype(np.int8),
    } | columns
    table = {name: values for name, values in table.items() if values is not None}
    pq.write_table(pa.table(table), path, row_group_size=15_000)
    return table


def test_counts_are_those_of_the_whole_file(tmp_path: Path) -> None:
    truth = write(tmp_path / "events.parquet")
    found = read_distributions(tmp_path / "events.parquet")
    assert list(found) == ["mjj", "jet1_phi", "jet1_n"]
    for name, one in found.items():
        for label, sample in enumerate(("background", "signal")):
            values = truth[name][truth["label"] == label]
            assert one.counts[sample].tolist() == np.histogram(values, one.edges)[0].tolist()
            assert one.counts[sample].sum() + one.outside[sample] == len(values)
            assert one.outside[sample] < 0.01 * len(values)
        assert (one.low, one.high) == (truth[name].min(), truth[name].max())
        assert 10 <= len(one.edges) - 1 <= 80


def test_without_labels_there_is_one_sample(tmp_path: Path) -> None:
    write(tmp_path / "events.parquet", label=None)
    assert list(read_distributions(tmp_path / "events.parquet")["mjj"].counts) == ["events"]


def test_a_signal_that_begins_late_is_counted(tmp_path: Path) -> None:
    label = np.zeros(40_000, dtype=np.int8)
    label[-5:] = 1
    write(tmp_path / "events.parquet", label=label)
    one = read_distributions(tmp_path / "events.parquet")["mjj"]
    assert one.counts["signal"].sum() + one.outside["signal"] == 5


def test_what_is_not_finite_is_counted(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 40_000)
    values[[3, 20_000]] = np.nan
    values[5] = np.inf
    write(tmp_path / "events.parquet", tau21_1=values, empty=np.full(40_000, np.nan))
    found = read_distributions(tmp_path / "events.parquet")
    assert found["tau21_1"].n_unusable == 3
    assert found["empty"].n_unusable == 40_000
    assert found["empty"].counts["background"].sum() == 0
    assert found["mjj"].n_unusable == 0


def test_lists_are_left_to_others(tmp_path: Path) -> None:
    write(tmp_path / "events.parquet", 3, jet1_constituent_pt=pa.array([[1.0], [2.0, 3.0], []]))
    assert "jet1_constituent_pt" not in read_distributions(tmp_path / "events.parquet")


def test_edges_are_round_and_whole_numbers_are_in_the_middle() -> None:
    rng = np.random.default_rng(5)
    edges = choose_edges("mjj", [rng.normal(3500, 100, 10_000)])
    width = edges[1] - edges[0]
    assert width in (10, 20)
    np.testing.assert_allclose(edges / width, np.round(edges / width), atol=1e-9)
    counts = choose_edges("jet1_n", [rng.poisson(5, 10_000)])
    assert np.all(counts % 1 == 0.5)
    assert choose_edges("jet1_phi", [np.array([0.1, 0.2])])[[0, -1]] == pytest.approx([-np.pi, np.pi])
    assert len(choose_edges("constant", [np.full(100, 7.0)])) >= 2


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A fresh process each, because Arrow gives nothing back; its own account is exact."""
    peaks = []
    for n in (100_000, 800_000):
        path = tmp_path / f"{n}.parquet"
        write(path, n)
        code = f"""
import pyarrow as pa
from pathlib import Path
from resonaut.analysis.distributions import read_distributions
read_distributions(Path({str(path)!r}))
print(pa.default_memory_pool().max_memory())
"""
        peaks.append(int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))
    assert peaks[1] < 1.3 * peaks[0]


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "events.parquet")
    content = (tmp_path / "events.parquet").read_bytes()
    (tmp_path / "events.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match=r"events\.parquet"):
        read_distributions(tmp_path / "events.parquet")
