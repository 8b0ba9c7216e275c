"""Pythia 8 behind one call: a seed and a number in, the final-state particles of that many events out.

A block of events depends on its seed alone, not on what was generated before or in which process: Pythia's random
numbers start anew with every block. That is what makes a production independent of its number of workers, and
resumable.

Reference: Bierlich et al., SciPost Phys. Codeb. 8 (2022), arXiv:2203.11601
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import awkward as ak

from resonaut.errors import SimulationError
from resonaut.simulation.hooks import event_hooks

__all__ = ["Generated", "PythiaGenerator", "configure", "cross_section"]

COMMON_SETTINGS = (
    "Beams:eCM = {energy}",
    # K0S, Lambda and the like live long enough (10 mm) to be the detector's business: it knows where they leave energy.
    "ParticleDecays:limitTau0 = on",
    "ParticleDecays:tau0Max = 10",
    "Print:quiet = on",
    "Next:numberShowEvent = 0",
    "Next:numberCount = 0",
)
MAX_SEED = 900_000_000  # Pythia's own limit


@dataclass(frozen=True)
class Generated:
    """The events of one block.

    Args:
        particles: Final-state particles, ragged, with px, py, pz, e (GeV) and id (PDG code).
        n_generated: Hard events that were made for them; what is neither here nor vetoed, Pythia could not complete.
        n_vetoed: Those that were dropped for want of a hard parton jet.
    """

    particles: ak.Array
    n_generated: int
    n_vetoed: int


class PythiaGenerator:
    """A Pythia set up for one process.

    Args:
        settings: Pythia's own setting strings.
        energy: Centre-of-mass energy in GeV.
        longitudinal: Resonances (|PDG id|) that decay like longitudinally polarised bosons.
        veto_pt: Drop events without a parton jet this hard (GeV) before hadronisation; None keeps all.
        veto_radius: Radius of those parton jets.
    """

    def __init__(
        self,
        settings: Sequence[str],
        *,
        energy: float = 13000.0,
        longitudinal: tuple[int, ...] = (),
        veto_pt: float | None = None,
        veto_radius: float = 1.0,
    ) -> None:
        self._pythia = configure(settings, energy)
        self._hooks = event_hooks(self._pythia, longitudinal=longitudinal, veto_pt=veto_pt, veto_radius=veto_radius)
        self._pythia.setUserHooksPtr(self._hooks)
        _initialise(self._pythia)

    def generate(self, n: int, *, seed: int) -> Generated:
        """`n` events that were not vetoed. The same seed gives the same events, whatever was generated before."""
        self._pythia.rndm.init(1 + seed % MAX_SEED)
        hooks = self._hooks
        n_hard, n_vetoed = hooks.n_hard, hooks.n_vetoed
        events = self._pythia.nextBatch(n)
        hooks.raise_error()
        if "prt" not in events.fields or not events.prt.fields:
            raise SimulationError(f"Pythia completed none of {n} events; check the masses and decays of the process")
        return Generated(_final_state(events.prt), hooks.n_hard - n_hard, hooks.n_vetoed - n_vetoed)


@functools.cache
def cross_section(settings: tuple[str, ...], *, energy: float = 13000.0, n: int = 20_000) -> tuple[float, float]:
    """Cross section of the hard process and its statistical error, in pb: `n` events without showers, in a second."""
    pythia = configure([*settings, "PartonLevel:all = off", "HadronLevel:all = off"], energy)
    _initialise(pythia)
    for _ in range(n):
        pythia.next()
    info = pythia.infoPython()
    millibarn = 1e9  # pb
    return info.sigmaGen() * millibarn, info.sigmaErr() * millibarn


def _final_state(particles: ak.Array) -> ak.Array:
    final = particles[particles.status > 0]
    return ak.zip({**{name: final.p[name] for name in ("px", "py", "pz", "e")}, "id": final.id})


def configure(settings: Sequence[str], energy: float) -> Any:
    """A Pythia with these settings and ours, not yet initialised."""
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    for setting in [*(common.format(energy=energy) for common in COMMON_SETTINGS), *settings]:
        if not pythia.readString(setting):
            raise SimulationError(f"Pythia does not know the setting {setting!r}; correct the process's card")
    return pythia


def _initialise(pythia: Any) -> None:
    if not pythia.init():
        raise SimulationError("Pythia refuses these settings; check the masses and energies of the process")
