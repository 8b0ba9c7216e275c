"""A black box: background with, perhaps, a resonance that nobody knows.

A method that was tuned on labelled events proves little. In the LHC Olympics the organisers therefore handed out boxes
whose content they kept to themselves. Here the seed draws one: empty with probability 1/4, otherwise a process out of
`CANDIDATES`, its masses, and its strength, S / sqrt(B) from 2 to 5 among the events within 5 % of the resonance's mass.
The background is made first, because the number of signal events follows from it.

Reference: Kasieczka et al. (LHC Olympics 2020), Rept. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from resonaut.errors import ConfigError, SimulationError
from resonaut.simulation.processes import BLACKBOX
from resonaut.simulation.result import ProcessCounts
from resonaut.simulation.sample import Made

__all__ = ["CANDIDATES", "BlackBox", "Candidate", "Hidden", "draw_hidden"]

BACKGROUND = "qcd"
EMPTY = 0.25
"""Probability of a box without signal."""
MASS = (2900.0, 4500.0)
"""GeV: high enough for jets above 1.2 TeV, low enough that sidebands on both sides have events."""
STRENGTH = (2.0, 5.0)
WINDOW = 0.05
"""Half width of the window that strengths refer to, relative to the resonance's mass."""
LEAST_DAUGHTER = 80.0
"""GeV; lighter ones look like quarks."""
BOOST = 0.2
"""Heaviest daughter, relative to the resonance: its prongs are about 2 m / pT apart, and its pT is about half the
resonance's mass, so that they are 0.8 apart, inside a jet of R = 1."""


@dataclass(frozen=True)
class Candidate:
    """A process that a box may hide.

    Args:
        process: Its name.
        resonance: The parameter that is the mass of the dijet peak.
        daughters: Parameters that are masses of what it decays to; drawn.
        widths: Parameters that are widths: of which mass, and what fraction of it.
    """

    process: str
    resonance: str
    daughters: tuple[str, ...] = ()
    widths: Mapping[str, tuple[str, float]] = field(default_factory=dict)


# Widths keep the proportions of the LHC Olympics' signals.
_WPRIME = {
    "width_wprime": ("mass_wprime", 60 / 3500),
    "width_x": ("mass_x", 12 / 500),
    "width_y": ("mass_y", 2.5 / 100),
}

CANDIDATES: tuple[Candidate, ...] = (
    Candidate("wprime-xy", "mass_wprime", ("mass_x", "mass_y"), _WPRIME),
    Candidate("wprime-xy3", "mass_wprime", ("mass_x", "mass_y"), _WPRIME),
    Candidate("qstar-qw", "mass_qstar"),
    Candidate("zprime-tt", "mass_zprime", widths={"width_zprime": ("mass_zprime", 0.01)}),
)


@dataclass(frozen=True)
class Hidden:
    """What a box hides.

    Args:
        process: The signal's; None in an empty box.
        parameters: Its parameters.
        mass: Of the resonance (GeV).
        strength: S / sqrt(B) in the window that is aimed at.
    """

    process: str | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    mass: float | None = None
    strength: float = 0.0

    @property
    def window(self) -> tuple[float, float] | None:
        """Where S and B are counted (GeV)."""
        return None if self.mass is None else (self.mass * (1 - WINDOW), self.mass * (1 + WINDOW))


def draw_hidden(seed: int) -> Hidden:
    """What the box of this seed hides."""
    # A stream of its own: what is hidden says nothing about the events, which have the same seed.
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(BLACKBOX.encode()),)))
    if rng.random() < EMPTY:
        return Hidden()
    candidate = CANDIDATES[rng.integers(len(CANDIDATES))]
    mass = round(rng.uniform(*MASS), 1)
    parameters = {candidate.resonance: mass}
    parameters |= {name: round(rng.uniform(LEAST_DAUGHTER, BOOST * mass), 1) for name in candidate.daughters}
    parameters |= {name: relative * parameters[of] for name, (of, relative) in candidate.widths.items()}
    return Hidden(candidate.process, parameters, mass, rng.uniform(*STRENGTH))


@dataclass(frozen=True)
class BlackBox:
    """A file of `n_events` events, some of them perhaps signal; a `Sample`."""

    n_events: int
    hidden: Hidden

    sealed = True

    @classmethod
    def draw(cls, n_events: int, seed: int, mass_range: tuple[float, float] | None = None) -> BlackBox:
        """The box of this seed.

        Raises:
            ConfigError: a mass range that would show, by what is possible in it, where the resonance can be.
        """
        low, high = MASS[0] * (1 - WINDOW), MASS[1] * (1 + WINDOW)
        if mass_range is not None and not (mass_range[0] <= low and high <= mass_range[1]):
            raise ConfigError(
                f"mass range {mass_range[0]:.0f}:{mass_range[1]:.0f} GeV is too narrow for a black box, whose "
                f"resonance may be anywhere in {low:.0f}:{high:.0f}; give one that contains these"
            )
        return cls(n_events, draw_hidden(seed))

    @property
    def processes(self) -> dict[str, dict[str, float]]:
        """The processes in it, with their parameters."""
        hidden = {} if self.hidden.process is None else {self.hidden.process: self.hidden.parameters}
        return {BACKGROUND: {}, **hidden}

    @property
    def wanted(self) -> dict[str, int]:
        """As much background as events are asked for: that much is made, whatever is hidden."""
        return {BACKGROUND: self.n_events}

    def fill(self, made: Made) -> dict[str, int]:
        """Background first, then signal events in proportion to the square root of what lies in the window.

        The file has exactly `n_events`, so that its length does not tell; signal takes the place of background.
        """
        background = made.masses(BACKGROUND, self.n_events)
        process, window = self.hidden.process, self.hidden.window
        if process is None or window is None:
            return {BACKGROUND: self.n_events}
        needed = round(self.hidden.strength * n_inside(background, window) ** 0.5)
        n_signal = self._events_with(made, process, needed, window)
        if not 0 < n_signal < self.n_events:
            raise SimulationError(f"{self.n_events} events are too few for a black box; ask for more")
        return {BACKGROUND: self.n_events - n_signal, process: n_signal}

    def _events_with(self, made: Made, process: str, needed: int, window: tuple[float, float]) -> int:
        """How many signal events hold as many in the window as are needed."""
        n = needed
        try:
            while (missing := needed - n_inside(made.masses(process, n), window)) > 0:
                n += missing
                if n > self.n_events:
                    raise SimulationError("hardly any event lies in the window")
        except SimulationError:
            # Its words would say what is hidden.
            raise SimulationError(
                "what this black box hides does not pass the selection; lower leading_pt, or take another seed"
            ) from None
        return n

    def disclosed(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The background's settings without the seed, from which all else follows; a digest tells boxes apart."""
        background = {name: value for name, value in settings["chains"][0].items() if name != "seed"}
        digest = hashlib.sha256(json.dumps([settings, asdict(self.hidden)]).encode()).hexdigest()
        return {
            **settings,
            "events": {BLACKBOX: self.n_events},
            "chains": [background],
            "seed_and_content": digest[:16],
        }

    def reported(self, counts: Mapping[str, ProcessCounts]) -> dict[str, ProcessCounts]:
        """How the background was made, which is as much as there are events."""
        return {BLACKBOX: replace(counts[BACKGROUND], n_events=self.n_events)}

    def truth(self, made: Made, events: Mapping[str, int], signal_ids: list[int]) -> dict[str, Any]:
        """What `unseal` will say.

        Args:
            made: The events of all processes.
            events: How many of each are in the file.
            signal_ids: Which events of the file are signal.
        """
        window = self.hidden.window
        inside = {name: n_inside(made.masses(name, n), window) if window else 0 for name, n in events.items()}
        n_background = inside.pop(BACKGROUND)
        n_signal = sum(inside.values())
        return {
            **asdict(self.hidden),
            "window": window,
            "n_events": self.n_events,
            "n_signal": len(signal_ids),
            "n_signal_in_window": n_signal,
            "n_background_in_window": n_background,
            "s_over_sqrt_b": n_signal / n_background**0.5 if n_background else 0.0,
            "signal_ids": signal_ids,
        }


def n_inside(masses: np.ndarray, window: tuple[float, float]) -> int:
    """Events in a window of mass."""
    return int(((masses >= window[0]) & (masses < window[1])).sum())
