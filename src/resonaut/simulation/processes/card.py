"""The user's own process: a Pythia command file (.cmnd), as it is.

The file is read once and checked by Pythia line by line. Its text is part of the production's settings, so that another
text does not continue it. Where it names a beam energy, that is the production's. Events come in blocks of their own
seeds, so that seeds and numbers of events in the file have no meaning.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from resonaut.errors import FormatError, SimulationError
from resonaut.simulation.processes.parameters import switch
from resonaut.simulation.processes.process import Process
from resonaut.simulation.pythia import apply_setting, new_pythia

__all__ = ["card_process"]

_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?(^[ \t]*\*/[^\n]*|\Z)", re.MULTILINE | re.DOTALL)


def card_process(path: Path) -> Process:
    """The process that a command file describes.

    Raises:
        FormatError: the file cannot be read.
        SimulationError: Pythia does not take one of its lines, or it wants what blocks of events cannot give.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}); give a Pythia command file") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not a text; give a Pythia command file") from None

    pythia = new_pythia()
    lines = []
    # As `Pythia::readFile`: comments between /* and */ at the start of lines go, their line numbers stay.
    bare = _BLOCK_COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    for number, line in enumerate(bare.splitlines(), start=1):
        setting = line.split("!")[0].strip()
        if not setting or not setting[0].isalnum():  # a comment to Pythia
            continue
        if setting.lower().startswith("main:subrun"):
            raise SimulationError(f"{path} line {number} starts a subrun; write a file for each")
        apply_setting(pythia, setting, source=f"{path} line {number}")
        lines.append(setting)
    if not lines:
        raise FormatError(f"{path} holds no Pythia settings; give a Pythia command file")
    if pythia.mode("Beams:frameType") != 1:
        raise SimulationError(f"{path} does not collide beams of one energy; for parton-level events use `lhe FILE`")
    return Process(
        name="pythia",
        about="your own Pythia card",
        label=1,
        card="\n".join(lines).replace("{", "{{").replace("}", "}}"),
        free={"label": switch(True, "truth label of the events: 1 signal, 0 background")},
        energy=pythia.parm("Beams:eCM") if "Beams:eCM" in bare else None,
        origin={"sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text},
    )
