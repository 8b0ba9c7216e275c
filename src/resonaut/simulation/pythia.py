"""Pythia 8 behind one call: a seed and a number in, the final-state particles of that many events out.

A block of events depends on its seed alone, not on what was generated before or in which process: Pythia's random
numbers start anew with every block. That is what makes a production independent of its number of workers, and
resumable. Where the hard events come from a Les Houches file, block k is made from its k-th stretch.

Reference: Bierlich et al., SciPost Phys. Codeb. 8 (2022), arXiv:2203.11601
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak

from resonaut.errors import SimulationError
from resonaut.features.native_output import with_native_output
from resonaut.simulation.hooks import event_hooks
from resonaut.simulation.lhe import LheFile, LheReader

if TYPE_CHECKING:
    from resonaut.simulation.processes.process import EventFilter

__all__ = ["Generated", "PythiaGenerator", "apply_setting", "configure", "cross_section", "final_state", "new_pythia"]

NO_HARD_PARTON, FAILED = "vetoed: no hard parton jet", "failed in Pythia"
OTHER_PARTON_MASS = "vetoed: no hard parton jet, or mass of the parton jets out of range"
COMMON_SETTINGS = (
    "Beams:eCM = {energy}",
    # K0S, Lambda and the like live long enough (10 mm) to be the detector's business: it knows where they leave energy.
    "ParticleDecays:limitTau0 = on",
    "ParticleDecays:tau0Max = 10",
)
QUIET_SETTINGS = ("Print:quiet = on", "Next:numberShowEvent = 0", "Next:numberCount = 0")
MAX_SEED = 900_000_000  # Pythia's own limit


@dataclass(frozen=True)
class Generated:
    """The events of one block.

    Args:
        particles: Final-state particles, ragged, with px, py, pz, e (GeV) and id (PDG code).
        n_generated: Hard events that were made for them.
        excluded: Those that are not here, by reason.
    """

    particles: ak.Array
    n_generated: int
    excluded: dict[str, int] = field(default_factory=dict)


class PythiaGenerator:
    """A Pythia set up for one process.

    Args:
        settings: Pythia's own setting strings.
        energy: Centre-of-mass energy in GeV.
        longitudinal: Resonances (|PDG id|) that decay like longitudinally polarised bosons.
        veto_pt: Drop events without a parton jet this hard (GeV) before hadronisation; None keeps all.
        veto_radius: Radius of those parton jets.
        parton_mass: Likewise events whose two leading parton jets have a mass outside (GeV).
        filters: Leave out completed events.
        lhe: Where the hard events come from, if not from Pythia.
    """

    def __init__(
        self,
        settings: Sequence[str],
        *,
        energy: float = 13000.0,
        longitudinal: tuple[int, ...] = (),
        veto_pt: float | None = None,
        veto_radius: float = 1.0,
        parton_mass: tuple[float, float] | None = None,
        filters: tuple[EventFilter, ...] = (),
        lhe: LheFile | None = None,
    ) -> None:
        self._filters = filters
        self._pythia = configure(settings, energy)
        self._hooks = event_hooks(
            self._pythia,
            longitudinal=longitudinal,
            veto_pt=veto_pt,
            veto_radius=veto_radius,
            parton_mass=parton_mass,
        )
        self._vetoed = NO_HARD_PARTON if parton_mass is None else OTHER_PARTON_MASS
        self._pythia.setUserHooksPtr(self._hooks)
        if lhe is None:
            _initialise(self._pythia, settings, energy)
        else:
            self._hard_events = _HardEvents(self._pythia, lhe)
            self._hard_events.open(0, 1)
            _initialise(self._pythia, settings, energy)
            # From here on `init` opens the next stretch of the file and leaves everything else as it is.
            self._pythia.readString("Beams:newLHEFsameInit = on")
        self._lhe = lhe

    def generate(self, n: int, *, seed: int, block: int = 0) -> Generated:
        """Events that were not vetoed. The same seed gives the same events, whatever was generated before.

        Args:
            n: How many; as many as are left where they come from a file.
            seed: Of Pythia's random numbers.
            block: Which stretch of n events of the file.
        """
        if self._lhe is not None:
            n = self._hard_events.open(block, n)
            self._pythia.init()
        self._pythia.rndm.init(1 + seed % MAX_SEED)
        hooks = self._hooks
        n_hard, n_vetoed = hooks.n_hard, hooks.n_vetoed
        events = self._pythia.nextBatch(n)
        hooks.raise_error()
        if "prt" not in events.fields or not events.prt.fields:
            raise SimulationError(f"Pythia completed none of {n} events; check the masses and decays of the process")
        n_vetoed = hooks.n_vetoed - n_vetoed
        n_generated = n if self._lhe is not None else hooks.n_hard - n_hard
        excluded = {self._vetoed: n_vetoed}
        if failed := n_generated - n_vetoed - len(events):
            excluded[FAILED] = failed
        particles = events.prt
        for event_filter in self._filters:
            kept = event_filter.keep(particles)
            excluded[event_filter.reason] = int((~kept).sum())
            particles = particles[kept]
        return Generated(final_state(particles), n_generated, excluded)


class _HardEvents:
    """Hands stretches of a Les Houches file to Pythia, which wants a file for each."""

    def __init__(self, pythia: Any, lhe: LheFile) -> None:
        self._reader = LheReader(lhe.path)
        self._folder = tempfile.TemporaryDirectory(prefix="resonaut-")
        self._path = Path(self._folder.name, "block.lhe")
        pythia.settings.word("Beams:LHEF", str(self._path))

    def open(self, block: int, size: int) -> int:
        """Write that block; the number of its events."""
        events, n = self._reader.block(block, size)
        self._path.write_bytes(events)
        return n


@functools.cache
def cross_section(settings: tuple[str, ...], *, energy: float = 13000.0, n: int = 20_000) -> tuple[float, float]:
    """Cross section of the hard process and its statistical error, in pb: `n` events without showers, in a second."""
    settings = (*settings, "PartonLevel:all = off", "HadronLevel:all = off")
    pythia = configure(settings, energy)
    _initialise(pythia, settings, energy)
    for _ in range(n):
        pythia.next()
    info = pythia.infoPython()
    millibarn = 1e9  # pb
    return info.sigmaGen() * millibarn, info.sigmaErr() * millibarn


def final_state(particles: ak.Array) -> ak.Array:
    """What reaches the detector, records px, py, pz, e (GeV) and id, out of Pythia's whole event record."""
    final = particles[particles.status > 0]
    return ak.zip({**{name: final.p[name] for name in ("px", "py", "pz", "e")}, "id": final.id})


def new_pythia() -> Any:
    """A Pythia with its defaults, not yet initialised."""
    import pythia8mc

    return pythia8mc.Pythia("", False)


def apply_setting(pythia: Any, setting: str, *, source: str = "the process's card") -> None:
    """Give Pythia one setting; where it refuses, a `SimulationError` has its own words for it."""
    accepted, said = with_native_output(lambda: pythia.readString(setting))
    if not accepted:
        raise SimulationError(
            f"Pythia does not take {setting!r} ({_complaint(said) or 'unknown setting'}); correct {source}"
        )


def configure(settings: Sequence[str], energy: float, *, quiet: bool = True) -> Any:
    """A Pythia with these settings and ours, not yet initialised."""
    pythia = new_pythia()
    common = [setting.format(energy=energy) for setting in COMMON_SETTINGS]
    for setting in [*common, *(QUIET_SETTINGS if quiet else ()), *settings]:
        apply_setting(pythia, setting)
    return pythia


def _initialise(pythia: Any, settings: Sequence[str], energy: float) -> None:
    if not pythia.init():
        _, said = with_native_output(configure(settings, energy, quiet=False).init)
        raise SimulationError(
            f"Pythia refuses these settings ({_complaint(said) or 'for a reason it does not give'}); "
            "check the masses and energies of the process"
        )


def _complaint(said: str) -> str:
    """Pythia's own words out of what it printed, on one line."""
    lines = [line.strip() for line in said.splitlines()]
    complaints = [
        ": ".join([line.rstrip(":"), *lines[number + 1 : number + 2]]) if line.endswith(":") else line
        for number, line in enumerate(lines)
        if line.startswith(("PYTHIA Error", "PYTHIA Abort"))
    ]
    return "; ".join(complaints)
