"""What a process is: a Pythia 8 card with free parameters, and what else decides its events.

A `Process` is data, not code: the lines one would write into a Pythia command file, with `{parameter}` where a number
is free. New particles are declared in the card itself (`ID:all = name antiname spin charge colour mass width ...`),
so a new resonance is a new entry and nothing else. A `Mixture` is a sample made of several processes.

Multiple parton interactions are off in all of them, as they were in the LHC Olympics: samples differ in their hard
process, never in their underlying event. Reference: Kasieczka et al., Rep. Prog. Phys. 84 (2021) 124201,
arXiv:2101.08320.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool

from resonaut.errors import SimulationError
from resonaut.simulation.lhe import LheFile
from resonaut.simulation.processes.parameters import Parameter

__all__ = ["LHCO_LEADING_PT", "EventFilter", "Mixture", "Process"]

LHCO_LEADING_PT = 1200.0  # GeV, the trigger of the LHC Olympics


@dataclass(frozen=True)
class EventFilter:
    """Events that a process leaves out after they were made, because the card alone cannot say so.

    Args:
        reason: Under which they are counted.
        keep: Which of the events stay, from all their particles (records with `id` and `status`, not only the final
            ones).
    """

    reason: str
    keep: Callable[[Any], Bool[np.ndarray, " N"]]


def _nothing(parameters: Mapping[str, float]) -> Mapping[str, float | str]:
    """Most cards are right for any parameters and need nothing else."""
    return {}


@dataclass(frozen=True)
class Process:
    """One hard process and what follows it, as a Pythia card.

    Args:
        name: What the user calls it.
        about: One line for help texts.
        label: Truth label of its events, 0 background and 1 signal; a parameter `label` goes before it.
        card: Pythia settings, one a line; `{name}` is replaced by that parameter.
        free: The free parameters by name.
        derive: What else of the card follows from the parameters; refuses impossible ones with a `SimulationError`.
        longitudinal: Resonances (PDG ids) that decay as longitudinally polarised bosons; others decay isotropically.
        parton_veto: Whether its jets come from partons of the same pT, so that events whose partons are too soft to
            pass the selection may be dropped before hadronisation.
        filters: Applied to the events that Pythia completed, in this order.
        lhe: Parton-level events that are showered; where there are none, Pythia makes them.
        energy: Centre-of-mass energy that a file brings along (GeV); the production's own where it is None.
        origin: What the manifest records of the file that the process was read from; other content does not resume.
    """

    name: str
    about: str
    label: int
    card: str
    free: Mapping[str, Parameter] = field(default_factory=dict)
    derive: Callable[[Mapping[str, float]], Mapping[str, float | str]] = _nothing
    longitudinal: tuple[int, ...] = ()
    parton_veto: bool = False
    filters: tuple[EventFilter, ...] = ()
    lhe: LheFile | None = None
    energy: float | None = None
    origin: Mapping[str, Any] | None = None

    def parameters(
        self, given: Mapping[str, Any] | None = None, *, leading_pt: float = LHCO_LEADING_PT
    ) -> dict[str, float]:
        """The defaults with the `given` values put in, checked; optional ones only where they are given.

        Args:
            given: Parameters that are not to have their default.
            leading_pt: Least pT of the leading jet (GeV), which some defaults follow.
        """
        given = given or {}
        for name in given:
            if name not in self.free:
                known = ", ".join(self.free) or "none"
                raise SimulationError(f"process {self.name} has no parameter {name!r}; it has: {known}")
        resolved = {
            name: value
            for name, parameter in self.free.items()
            if (
                value := parameter.check(f"{name} of {self.name}", given[name])
                if name in given
                else parameter.default_at(leading_pt)
            )
            is not None
        }
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
