"""What collides into what: the processes that can be simulated, each a short Pythia 8 card with free parameters.

A `Process` is data, not code: the lines one would write into a Pythia command file, with `{parameter}` where a number
is free. New particles are declared in the card itself (`ID:all = name antiname spin charge colour mass width ...`),
so a new resonance is a new entry and nothing else. A `Mixture` is a sample made of several processes, such as the LHC
Olympics' R&D data set: QCD dijets with a little W' -> X Y -> qq qq (Kasieczka et al., Rep. Prog. Phys. 84 (2021)
124201, arXiv:2101.08320). Multiple parton interactions are off, as they were there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from resonaut.errors import SimulationError

__all__ = ["BLACKBOX", "MIXTURES", "PROCESSES", "Mixture", "Process", "find_mixture", "find_process"]


def _nothing(parameters: Mapping[str, float]) -> dict[str, float]:
    """Most cards are right for any positive numbers and need no others."""
    return {}


@dataclass(frozen=True)
class Process:
    """One hard process and what follows it, as a Pythia card.

    Args:
        name: What the user calls it.
        about: One line for help texts.
        label: Truth label of its events, 0 background and 1 signal.
        card: Pythia settings, one a line; `{name}` is replaced by that parameter.
        defaults: The free parameters (GeV) and their usual values.
        derive: Numbers of the card that follow from the parameters; refuses impossible ones with a `SimulationError`.
        longitudinal: Resonances (PDG ids) that decay as longitudinally polarised bosons; others decay isotropically.
        parton_veto: Whether its jets come from partons of the same pT, so that events whose partons are too soft to
            pass the selection may be dropped before hadronisation.
    """

    name: str
    about: str
    label: int
    card: str
    defaults: Mapping[str, float] = field(default_factory=dict)
    derive: Callable[[Mapping[str, float]], dict[str, float]] = _nothing
    longitudinal: tuple[int, ...] = ()
    parton_veto: bool = False

    def parameters(self, given: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The defaults with the `given` values put in, checked."""
        resolved = dict(self.defaults)
        for name, value in (given or {}).items():
            if name not in resolved:
                known = ", ".join(resolved) or "none"
                raise SimulationError(f"process {self.name} has no parameter {name!r}; it has: {known}")
            try:
                resolved[name] = float(value)
            except (TypeError, ValueError):
                raise SimulationError(f"parameter {name} of {self.name} is {value!r}; give a number in GeV") from None
            if not 0.0 < resolved[name] < float("inf"):
                raise SimulationError(f"parameter {name} of {self.name} is {value}; give a positive number of GeV")
        self.derive(resolved)
        return resolved

    def settings(self, given: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """The card's lines with the parameters filled in, ready for `Pythia.readString`."""
        parameters = self.parameters(given)
        card = self.card.format(**parameters, **self.derive(parameters))
        return tuple(setting for line in card.splitlines() if (setting := line.split("!")[0].strip()))


@dataclass(frozen=True)
class Mixture:
    """A sample of background and signal, shuffled together."""

    name: str
    about: str
    background: str
    signal: str


def _lighter_resonances(parameters: Mapping[str, float]) -> dict[str, float]:
    parent, x, y = (parameters[f"mass_{name}"] for name in ("wprime", "x", "y"))
    if x + y >= parent:
        raise SimulationError(
            f"W' of {parent:.0f} GeV cannot decay to X of {x:.0f} and Y of {y:.0f} GeV; "
            "choose mass_x + mass_y below mass_wprime"
        )
    # Parton densities favour the far low tail of the Breit-Wigner, where no jet is hard enough to be selected.
    return {"mass_hat_min": max(0.5 * parent, x + y)}


QCD = Process(
    name="qcd",
    about="QCD dijets, all hard 2 -> 2 processes of light quarks, gluons, c and b",
    label=0,
    card="""
        HardQCD:all = on
        PhaseSpace:pTHatMin = {pt_hat_min}
        PartonLevel:MPI = off
    """,
    defaults={"pt_hat_min": 800.0},
    parton_veto=True,
)

# X carries the W' charge (chargeType 3 is e), Y none: Pythia conserves charge in every vertex. Both are colour-singlet
# vectors (spinType 3), longitudinal as those of a heavy W' are. Forced widths: Pythia would compute its own from
# couplings it does not have. Widths and polarisation reproduce the peaks and the substructure of the LHC Olympics'
# events.
WPRIME_XY = Process(
    name="wprime-xy",
    about="W' -> X Y, each to a light quark pair: two fat jets of different mass",
    label=1,
    card="""
        NewGaugeBoson:ffbar2Wprime = on
        PhaseSpace:mHatMin = {mass_hat_min}
        PartonLevel:MPI = off
        9000500:all = X+ X- 3 3 0 {mass_x} {width_x} 0. 0. 0.
        9000500:isResonance = on
        9000500:doForceWidth = on
        9000500:addChannel = 1 1. 100 2 -1      ! X+ -> u dbar
        9000100:all = Y0 void 3 0 0 {mass_y} {width_y} 0. 0. 0.
        9000100:isResonance = on
        9000100:doForceWidth = on
        9000100:addChannel = 1 0.5 100 1 -1     ! Y0 -> d dbar
        9000100:addChannel = 1 0.5 100 2 -2     ! Y0 -> u ubar
        34:m0 = {mass_wprime}
        34:mWidth = {width_wprime}
        34:doForceWidth = on
        34:oneChannel = 1 1. 100 9000500 9000100
    """,
    defaults={
        "mass_wprime": 3500.0,
        "mass_x": 500.0,
        "mass_y": 100.0,
        "width_wprime": 60.0,
        "width_x": 12.0,
        "width_y": 2.5,
    },
    longitudinal=(9000500, 9000100),
    derive=_lighter_resonances,
)

PROCESSES: dict[str, Process] = {process.name: process for process in (QCD, WPRIME_XY)}
MIXTURES: dict[str, Mixture] = {
    "lhco-rnd": Mixture("lhco-rnd", "LHC Olympics R&D: QCD dijets and W' -> X Y -> qq qq", "qcd", "wprime-xy")
}
BLACKBOX = "blackbox"
"""The sample whose signal nobody knows; `resonaut.simulation.blackbox` draws it."""


def find_process(name: str) -> Process:
    """The process of that name."""
    if name not in PROCESSES:
        raise SimulationError(f"unknown process {name!r}; there are: {', '.join([*MIXTURES, *PROCESSES, BLACKBOX])}")
    return PROCESSES[name]


def find_mixture(name: str) -> Mixture | None:
    """The mixture of that name, if it is one."""
    return MIXTURES.get(name)
