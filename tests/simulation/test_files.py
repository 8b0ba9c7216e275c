"""Processes from a file: the user's own Pythia card, and parton-level events of another generator."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from resonaut.errors import FormatError, ResonautError, RunError, SimulationError
from resonaut.simulation import production
from resonaut.simulation.detector import NoDetector
from resonaut.simulation.lhe import LheFile, LheReader
from resonaut.simulation.processes import find_process
from resonaut.simulation.production import simulate

QUICK = {"seed": 3, "block_size": 6, "detector": NoDetector(), "progress": False}
CARD = """! my process
HardQCD:all = on          ! everything
/* not
this = that
*/
PhaseSpace:pTHatMin = 1300
Beams:eCM = 14000
"""


def test_a_block_is_a_stretch_of_the_file(lhe_file, lhe_text):
    events = re.findall(r"<event>.*?</event>\n", lhe_text, re.DOTALL)
    reader = LheReader(lhe_file)
    for block, expected in ((0, events[:8]), (2, events[16:]), (1, events[8:16])):  # forwards and back
        text, n = reader.block(block, 8)
        assert n == len(expected)
        assert re.findall(r"<event>.*?</event>\n", text.decode(), re.DOTALL) == expected


def test_the_header_is_read(lhe_file):
    lhe = LheFile.read(lhe_file)
    assert (lhe.n_events, lhe.energy, lhe.cross_section_pb, lhe.cross_section_error_pb) == (20, 13000.0, 0.5, 0.03)
    assert [lhe.n_blocks(size) for size in (1, 6, 10, 20, 21)] == [20, 4, 2, 1, 1]


@pytest.fixture(scope="module")
def showered(lhe_text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lhe")
    (folder / "hard.lhe").write_text(lhe_text)
    return simulate("lhe", file=folder / "hard.lhe", events=1000, out=folder / "events.parquet", **QUICK)


def test_every_event_of_the_file_is_accounted_for(showered):
    counts = showered.processes["lhe"]
    assert counts.n_generated == 20 == counts.n_selected + sum(counts.excluded.values())
    assert counts.n_events == counts.n_selected == pq.read_metadata(showered.path).num_rows
    assert counts.n_events >= 15  # partons of 1.4 TeV, jets above 1.2
    assert showered.n_wanted == 1000
    assert counts.cross_section_pb == 0.5
    assert set(pq.read_table(showered.path)["label"].to_pylist()) == {1}


def test_the_jets_are_the_files_partons(showered, lhe_text):
    """Events keep the order of the file where there is one worker and nothing is shuffled in."""
    lines = [[float(x) for x in line.split()] for line in lhe_text.splitlines() if line[:1] in "-123456789"]
    outgoing = np.array([line[6:10] for line in lines if len(line) == 13 and line[1] == 1]).reshape(-1, 2, 4)
    total = outgoing.sum(axis=1)
    true = np.sqrt(total[:, 3] ** 2 - (total[:, :3] ** 2).sum(axis=1))
    mjj = pq.read_table(showered.path)["mjj"].to_numpy()
    # each of them near one of the 20, and their medians agree: radiation out of the jets costs some per cent
    assert np.median(mjj) == pytest.approx(np.median(true), rel=0.1)
    assert np.abs(mjj[:, None] / true - 1).min(axis=1).max() < 0.2


@pytest.mark.parametrize("zipped", [False, True])
def test_workers_and_interruptions_have_no_influence(showered, lhe_text, tmp_path, monkeypatch, zipped):
    path, out = tmp_path / "another-name.lhe", tmp_path / "events.parquet"
    path.write_text(lhe_text)
    with monkeypatch.context() as patch:
        patch.setattr(production, "merge", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            simulate("lhe", file=path, events=1000, out=out, **QUICK)
    next((tmp_path / "events.parquet.run").glob("lhe-*1.parquet")).unlink()
    simulate("lhe", file=path, events=1000, out=out, workers=2 if not zipped else 1, **QUICK)
    assert out.read_bytes() == showered.path.read_bytes()
    if zipped:
        (tmp_path / "hard.lhe.gz").write_bytes(gzip.compress(lhe_text.encode()))
        other = simulate("lhe", file=tmp_path / "hard.lhe.gz", events=1000, out=tmp_path / "z.parquet", **QUICK)
        assert other.path.read_bytes() == showered.path.read_bytes()


def _power_cut(*_, **__):
    raise KeyboardInterrupt


def test_another_files_content_does_not_resume(showered, lhe_text, tmp_path):
    path = tmp_path / "hard.lhe"
    path.write_text(lhe_text.replace("0.0073", "0.0074"))
    with pytest.raises(RunError, match=r"other settings \(.*file.sha256"):
        simulate("lhe", file=path, events=1000, out=showered.path, **QUICK)


def test_a_label_can_be_given(lhe_file, tmp_path):
    few = {**QUICK, "block_size": 4}
    result = simulate("lhe", file=lhe_file, events=3, out=tmp_path / "a.parquet", parameters={"label": 0}, **few)
    assert set(pq.read_table(result.path)["label"].to_pylist()) == {0}
    with pytest.raises(RunError, match=r"parameters.label: 0.0 there, 1.0 now"):
        simulate("lhe", file=lhe_file, events=3, out=result.path, **few)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "hello\n", "not a Les Houches event file"),
        (lambda text: "", "not a Les Houches event file"),
        (lambda text: text[: len(text) // 2], "truncated"),
        (lambda text: text[:100], "truncated: its <init> block"),
        (lambda text: text.replace("</LesHouchesEvents>", ""), "truncated"),
        (lambda text: re.sub("<event>.*</event>", "", text, flags=re.DOTALL), "holds no events"),
        (lambda text: text.replace("2212 2212 6500. 6500.", "protons"), "<init> block .* cannot be understood"),
        (lambda text: text.replace(" 3 1\n", " 1 1\n", 1), r"IDWTUP 1"),
        (lambda text: text.replace("4 1 1.0", "4 1 -1.0", 1), "weights from -1 to 1; unweight"),
        (lambda text: text.replace("4 1 1.0", "4 1 one", 1), "event 1 of"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(lhe_file, lhe_text, tmp_path, change, message):
    lhe_file.write_text(change(lhe_text))
    with pytest.raises(FormatError, match=message):
        simulate("lhe", file=lhe_file, events=5, out=tmp_path / "events.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["hard.lhe"]


def test_a_truncated_gzip_and_a_missing_file(lhe_text, tmp_path):
    path = tmp_path / "hard.lhe.gz"
    path.write_bytes(gzip.compress(lhe_text.encode())[:-100])
    with pytest.raises(FormatError, match="truncated or damaged"):
        find_process("lhe", path)
    for name in ("lhe", "pythia"):
        with pytest.raises(FormatError, match=r"nowhere.* cannot be read"):
            find_process(name, tmp_path / "nowhere")
        with pytest.raises(SimulationError, match=f"write `{name} FILE`"):
            find_process(name)
    with pytest.raises(ResonautError, match="qcd takes no file"):
        find_process("qcd", path)


def test_the_users_card_is_used_and_recorded(tmp_path):
    card = tmp_path / "mine.cmnd"
    card.write_text(CARD)
    result = simulate("pythia", file=card, events=3, out=tmp_path / "events.parquet", parameters={"label": 0}, **QUICK)
    assert set(pq.read_table(result.path)["label"].to_pylist()) == {0}
    chain = json.loads((tmp_path / "events.parquet.run" / "manifest.json").read_text())["settings"]["chains"][0]
    assert chain["pythia"] == ["HardQCD:all = on", "PhaseSpace:pTHatMin = 1300", "Beams:eCM = 14000"]
    assert chain["file"]["text"] == CARD
    assert chain["energy"] == 14000.0
    card.write_text(CARD.replace("1300", "1400"))
    with pytest.raises(RunError, match="other settings"):
        simulate("pythia", file=card, events=3, out=result.path, parameters={"label": 0}, **QUICK)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CARD + "HardQCD:everthing = on", r"input string not found.*HardQCD:everthing = on\); correct .*cmnd line 8"),
        ("PhaseSpace:pTHatMin = hard\n", r"its value not meaningful.*line 1"),
        ("! nothing\n", "holds no Pythia settings"),
        ("Main:subrun = 1\n", "line 1 starts a subrun"),
        ("Beams:frameType = 4\n", "use `lhe FILE`"),
    ],
)
def test_a_broken_card_is_answered_in_pythias_words(tmp_path, text, message):
    card: Path = tmp_path / "mine.cmnd"
    card.write_text(text)
    with pytest.raises(ResonautError, match=message) as refused:
        find_process("pythia", card)
    assert "\n" not in str(refused.value)
