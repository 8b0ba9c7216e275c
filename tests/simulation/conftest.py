"""Parton-level events in a Les Houches file, written from Pythia's own hard processes."""

from __future__ import annotations

from pathlib import Path

import pytest

HEADER = """<LesHouchesEvents version="3.0">
<header> dijets above 1.4 TeV </header>
<init>
2212 2212 6500. 6500. 0 0 0 0 3 1
0.5 0.03 1.0 1
</init>
"""


@pytest.fixture(scope="session")
def lhe_text() -> str:
    """Twenty QCD events."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    for setting in ("HardQCD:all = on", "PhaseSpace:pTHatMin = 1400", "PartonLevel:all = off", "Beams:eCM = 13000"):
        assert pythia.readString(setting)
    pythia.readString("Print:quiet = on")
    assert pythia.init()
    pythia.rndm.init(1)
    events = []
    for _ in range(20):
        pythia.next()
        events.append(_event(pythia.process))
    return HEADER + "".join(events) + "</LesHouchesEvents>\n"


@pytest.fixture
def lhe_file(lhe_text: str, tmp_path: Path) -> Path:
    path = tmp_path / "hard.lhe"
    path.write_text(lhe_text)
    return path


def _event(process) -> str:
    rows = []
    for number, particle in enumerate(process[i] for i in range(3, 7)):
        status, mothers = (-1, "0 0") if number < 2 else (1, "1 2")
        momentum = " ".join(
            f"{value:.10e}" for value in (particle.px(), particle.py(), particle.pz(), particle.e(), particle.m())
        )
        rows.append(f"{particle.id()} {status} {mothers} {particle.col()} {particle.acol()} {momentum} 0. 9.")
    return f"<event>\n4 1 1.0 {process.scale():.6e} 0.0073 0.1\n" + "\n".join(rows) + "\n</event>\n"
