"""A run folder is whole or absent, continues with the same settings, refuses others."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.errors import RunError
from resonaut.runs.folder import RunFolder, atomic_path, checksum

SETTINGS = {"run": {"region": "3300:3700", "seed": 1}, "search": {"name": "crossfit", "folds": 5}}


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.bin"
    path.write_bytes(b"some events")
    return path


def test_the_same_settings_continue(tmp_path: Path, events: Path) -> None:
    RunFolder.open(tmp_path / "run", SETTINGS, [events])
    again = RunFolder.open(tmp_path / "run", SETTINGS, [events])
    assert again.settings() == SETTINGS
    assert not again.complete


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    RunFolder.open(tmp_path / "run", SETTINGS)
    other = SETTINGS | {"search": {"name": "crossfit", "folds": 3}}
    with pytest.raises(RunError, match=r"search.folds was 5, is now 3\); choose another --out"):
        RunFolder.open(tmp_path / "run", other)


def test_other_events_are_refused(tmp_path: Path, events: Path) -> None:
    RunFolder.open(tmp_path / "run", SETTINGS, [events])
    events.write_bytes(b"other events")
    with pytest.raises(RunError, match="checksums differ"):
        RunFolder.open(tmp_path / "run", SETTINGS, [events])


def test_somebody_elses_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match="holds no run"):
        RunFolder.open(tmp_path / "run", SETTINGS)
    assert (tmp_path / "run" / "thesis.tex").read_text() == "precious"


def test_none_is_not_written(tmp_path: Path) -> None:
    folder = RunFolder.open(tmp_path / "run", {"run": {"format": None, "features": ("a", "b")}})
    assert folder.settings() == {"run": {"features": ["a", "b"]}}


def test_existing_wants_a_finished_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not a run folder"):
        RunFolder.existing(tmp_path)
    folder = RunFolder.open(tmp_path / "run", SETTINGS)
    with pytest.raises(RunError, match="unfinished"):
        RunFolder.existing(folder.path)
    folder.write_json("result.json", {"claim": "none"})
    assert RunFolder.existing(folder.path).result() == {"claim": "none"}


def test_damaged_settings_are_no_traceback(tmp_path: Path) -> None:
    folder = RunFolder.open(tmp_path / "run", SETTINGS)
    (folder.path / "run.toml").write_text("[run")
    with pytest.raises(RunError, match=r"run\.toml cannot be read"):
        RunFolder.open(tmp_path / "run", SETTINGS)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("old")

    def die_while_writing() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyError("the program died here")

    with pytest.raises(KeyError):
        die_while_writing()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(RunError, match="cannot be written"):
        RunFolder.open(file / "run", SETTINGS)


def test_tables_come_back(tmp_path: Path) -> None:
    folder = RunFolder.open(tmp_path / "run", SETTINGS)
    table = pa.table({"score": [0.5, 1.5]})
    folder.write_table("tables/scores.parquet", table)
    assert pq.read_table(tmp_path / "run" / "tables" / "scores.parquet").equals(table)


def test_provenance_knows_the_input(tmp_path: Path, events: Path) -> None:
    RunFolder.open(tmp_path / "run", SETTINGS, [events])
    content = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert content["inputs"] == [{"path": str(events), "bytes": 11, "sha256": checksum(events)}]
    assert {"python", "numpy", "resonaut"} <= set(content["versions"])
