"""A verdict follows from what was hidden and what was claimed, and only the hunt on that very box gets one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from report.conftest import write_run
from resonaut.analysis.unsealing import Claimed, unseal, verdict
from resonaut.cli import main
from resonaut.errors import FormatError, RunError
from resonaut.runs.folder import checksum
from resonaut.simulation.sealing import write_sealed

CLAIM = Claimed(
    claim="made", region=(3300.0, 3700.0), z_quoted=6.0, efficiency=0.001, peak_mass=None, peak_mass_error=None
)


@pytest.mark.parametrize(
    ("mass", "claimed", "expected"),
    [
        (3500.0, CLAIM, "right"),
        (3650.0, CLAIM, "right"),
        (3750.0, CLAIM, "false alarm"),
        (3750.0, replace(CLAIM, peak_mass=3680.0), "right"),
        (4200.0, replace(CLAIM, peak_mass=3680.0), "false alarm"),
        (None, CLAIM, "false alarm"),
        (3500.0, replace(CLAIM, claim="none"), "miss"),
        (3500.0, replace(CLAIM, claim="withheld because ..."), "miss"),
        (4200.0, replace(CLAIM, claim="none"), "miss"),
        (None, replace(CLAIM, claim="none"), "correct silence"),
        (None, replace(CLAIM, claim="withheld because ..."), "correct silence"),
    ],
)
def test_verdicts(mass, claimed, expected):
    assert verdict(mass, claimed) == expected


def write_box(folder: Path, *, signal: bool = True, complete: bool = True) -> Path:
    """A box of 1,000 events, the first 50 of them signal if there is one."""
    box = folder / "box.parquet"
    pq.write_table(pa.table({"event": np.arange(1000), "mjj": np.linspace(2500, 4800, 1000)}), box)
    truth = {
        "process": "wprime-xy" if signal else None,
        "mass": 3512.5 if signal else None,
        "parameters": {"mass_wprime": 3512.5, "mass_x": 301.5} if signal else {},
        "window": [3336.9, 3688.1] if signal else None,
        "n_signal": 50 if signal else 0,
        "n_signal_in_window": 40 if signal else 0,
        "n_background_in_window": 100 if signal else 0,
        "s_over_sqrt_b": 4.0 if signal else 0.0,
        "signal_ids": list(range(50)) if signal else [],
    }
    write_sealed(box, {"complete": complete, "seed": 1, "sha256": checksum(box), **truth})
    return box


def write_hunt(folder: Path, box: Path, **choices: object) -> Path:
    """A hunt on that box, whose scores put every signal event above every other one."""
    run = write_run(folder / "run", labels=False, events=str(box), **choices)
    provenance = json.loads((run / "provenance.json").read_text())
    provenance["inputs"] = [{"path": str(box), "bytes": box.stat().st_size, "sha256": checksum(box)}]
    (run / "provenance.json").write_text(json.dumps(provenance))
    event = np.arange(1000)[::-1]
    scores = {"event": event, "score": -event.astype(float), "in_signal_region": event % 2 == 0}
    pq.write_table(pa.table(scores), run / "scores.parquet")
    return run


@pytest.mark.parametrize("named", ["events", "sealed file"])
def test_a_resonance_that_was_found(named, tmp_path, capsys):
    box = write_box(tmp_path)
    run = write_hunt(tmp_path, box)
    with pytest.raises(SystemExit) as exit:
        main(["unseal", str(box) + (".sealed" if named == "sealed file" else ""), str(run)])
    said = capsys.readouterr()
    assert exit.value.code == 0, said.err
    for part in ("Verdict: right", "wprime-xy", "3,512 GeV", "3,481", "mass_x", "301.5", "AUC 1.000"):
        assert part in said.out
    opened = json.loads((run / "unsealed.json").read_text())
    assert opened["verdict"] == "right"
    assert opened["claimed"]["claim"] == "made"
    assert opened["truth"]["s_over_sqrt_b"] == 4.0
    # Half of the events are in the region, and the scores are perfect.
    assert opened["scores"]["n_signal"] == 25
    assert opened["scores"]["auc"] == 1.0


def test_an_empty_box_has_no_scores(tmp_path):
    box = write_box(tmp_path, signal=False)
    opened = unseal(box, write_hunt(tmp_path, box, signal=False, claim="none"))
    assert opened.verdict == "correct silence"
    assert opened.scores is None


@pytest.fixture
def refused(capsys):
    """Opens a box on the command line, which must refuse; its one line."""

    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit) as exit:
            main(["unseal", *map(str, arguments)])
        (line,) = capsys.readouterr().err.splitlines()
        assert exit.value.code == 2
        return line

    return run


def test_what_cannot_be_opened(tmp_path, refused):
    box = write_box(tmp_path)
    run = write_hunt(tmp_path, box)
    assert "nowhere.parquet.sealed cannot be read" in refused(tmp_path / "nowhere.parquet", run)
    assert "is not a run folder" in refused(box, tmp_path / "nowhere")
    (tmp_path / "mine.sealed").write_text("my thesis")
    assert "is not a sealed file" in refused(tmp_path / "mine.sealed", run)
    (tmp_path / "other").mkdir()
    other = write_hunt(tmp_path / "other", tmp_path / "box.parquet.sealed")
    assert "not on the box of" in refused(box, other)
    assert not (other / "unsealed.json").exists()
    write_box(tmp_path, complete=False)
    assert "not finished; repeat its command" in refused(box, run)


def test_a_hunt_without_a_file_is_no_hunt_on_the_box(tmp_path):
    box = write_box(tmp_path)
    with pytest.raises(RunError, match="ran on other events, not on the box"):
        unseal(box, write_run(tmp_path / "demo"))
    (tmp_path / "box.parquet.sealed").unlink()
    with pytest.raises(FormatError, match="the truth about a box lies there"):
        unseal(box, tmp_path / "demo")
