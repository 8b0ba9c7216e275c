"""Somebody's parton-level events, showered and hadronised: an LHE file of any generator, plain or gzipped.

Resonances that the file left undecayed decay as Pythia thinks. Events must all have the same weight: a table of events
has no place for others.
"""

from __future__ import annotations

from pathlib import Path

from resonaut.simulation.lhe import LheFile
from resonaut.simulation.processes.parameters import switch
from resonaut.simulation.processes.process import Process

__all__ = ["lhe_process"]


def lhe_process(path: Path) -> Process:
    """The process whose hard events are in that file."""
    events = LheFile.read(path)
    return Process(
        name="lhe",
        about="parton-level events of a Les Houches file, showered",
        label=1,
        card="""
            Beams:frameType = 4
            PartonLevel:MPI = off
        """,
        free={"label": switch(True, "truth label of the events: 1 signal, 0 background")},
        lhe=events,
        energy=events.energy,
        origin={"sha256": events.sha256, "n_events": events.n_events},
    )
