"""Unweighted events as a Les Houches file, for Pythia's shower or anybody else's.

All events have weight one, the accord's strategy 3: the reader takes every event, and the cross-section with its error
stands in the head of the file.

Reference: Alwall et al., Comput. Phys. Commun. 176 (2007) 300, arXiv:hep-ph/0609017
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from resonaut.integration.processes.process import PartonEvents
from resonaut.runs.folder import atomic_path

if TYPE_CHECKING:
    from pylhe import LHEEvent

__all__ = ["write_lhe"]

PROCESS = 9001  # the file's own number of its only process
_PROTON = 2212
_UNPOLARISED = 9.0


def write_lhe(
    path: Path, events: PartonEvents, *, energy: float, cross_section_pb: float, error_pb: float, about: str = ""
) -> None:
    """Write the events, whole or not at all.

    Args:
        path: The file; gzipped where it ends in .gz.
        events: All of weight one.
        energy: Centre-of-mass energy of the protons, GeV.
        cross_section_pb: Of the process.
        error_pb: Its error.
        about: A line for the head of the file.
    """
    import pylhe

    init = pylhe.LHEInit(
        pylhe.LHEInitInfo(
            beamA=_PROTON,
            beamB=_PROTON,
            energyA=energy / 2,
            energyB=energy / 2,
            PDFgroupA=0,
            PDFgroupB=0,
            PDFsetA=-1,
            PDFsetB=-1,
            weightingStrategy=3,
            numProcesses=1,
        ),
        [pylhe.LHEProcInfo(xSection=cross_section_pb, error=error_pb, unitWeight=1.0, procId=PROCESS)],
        [],
    )
    layout = pylhe.LHEXMLFormat(
        version=pylhe.LHEVersion.V1,
        compress=path.suffix == ".gz",
        # Momenta of TeV must balance to what Pythia checks: more digits than pylhe writes by itself.
        particle="{id:8d} {status:3d} {mother1:3d} {mother2:3d} {color1:3d} {color2:3d} {px: 19.12e} {py: 19.12e} "
        "{pz: 19.12e} {e: 19.12e} {m: 19.12e} {lifetime: 10.4e} {spin: 10.4e}",
    )
    file = pylhe.LHEFile(init=init, events=_events(events), comment=about.replace("--", "-") or None)
    with atomic_path(path) as temporary:
        file.tofile(temporary, layout)


def _events(events: PartonEvents) -> Iterator[LHEEvent]:
    import pylhe

    p = events.momentum
    mass = np.sqrt(np.maximum(p[..., 3] ** 2 - (p[..., :3] ** 2).sum(axis=-1), 0.0))
    # What is massless is written so: rounding leaves MeV of a TeV.
    mass[mass < 1e-6 * p[..., 3]] = 0.0
    for event in range(len(p)):
        particles = [
            pylhe.LHEParticle(
                id=int(events.id[event, i]),
                status=status,
                mother1=first,
                mother2=last,
                color1=int(events.colour[event, i, 0]),
                color2=int(events.colour[event, i, 1]),
                px=p[event, i, 0],
                py=p[event, i, 1],
                pz=p[event, i, 2],
                e=p[event, i, 3],
                m=mass[event, i],
                lifetime=0.0,
                spin=_UNPOLARISED,
            )
            for i, (status, (first, last)) in enumerate(zip(events.status, events.mothers, strict=True))
        ]
        yield pylhe.LHEEvent(
            pylhe.LHEEventInfo(
                nparticles=len(particles),
                pid=PROCESS,
                weight=1.0,
                scale=events.scale[event],
                aqed=events.alpha_em[event],
                aqcd=events.alpha_s[event],
            ),
            particles,
        )
