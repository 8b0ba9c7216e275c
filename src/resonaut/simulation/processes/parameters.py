"""The free numbers of a process: a default each, and which values make sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from resonaut.errors import SimulationError

__all__ = ["Parameter", "below_the_jets", "fraction", "gev", "optional_gev", "switch"]

_ALLOWED = {"GeV": "a positive number of GeV", "fraction": "a number from 0 to 1", "switch": "0 or 1"}


@dataclass(frozen=True)
class Parameter:
    """A free number.

    Args:
        default: Its usual value, or how that follows from the leading jet's least pT; None where it is usually not
            set at all.
        kind: What it measures, and with it the values that are allowed.
        meaning: A few words for help texts, where the name alone does not say it.
    """

    default: float | Callable[[float], float] | None
    kind: Literal["GeV", "fraction", "switch"]
    meaning: str = ""

    def default_at(self, leading_pt: float) -> float | None:
        """The default for jets above that pT (GeV)."""
        return self.default(leading_pt) if callable(self.default) else self.default

    def check(self, name: str, value: Any) -> float:
        """The value as a number, or a `SimulationError` that names the parameter."""
        wording = _ALLOWED[self.kind]
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise SimulationError(f"parameter {name} is {value!r}; give {wording}") from None
        allowed = {
            "GeV": 0.0 < number < float("inf"),
            "fraction": 0.0 <= number <= 1.0,
            "switch": number in (0.0, 1.0),
        }[self.kind]
        if not allowed:
            raise SimulationError(f"parameter {name} is {value}; give {wording}")
        return number


def gev(default: float | Callable[[float], float], meaning: str = "") -> Parameter:
    """A mass, width or momentum."""
    return Parameter(default, "GeV", meaning)


def optional_gev(meaning: str) -> Parameter:
    """A mass or momentum that is not set unless it is given."""
    return Parameter(None, "GeV", meaning)


def fraction(default: float, meaning: str = "") -> Parameter:
    """A number from 0 to 1."""
    return Parameter(default, "fraction", meaning)


def switch(default: bool, meaning: str) -> Parameter:
    """0 or 1."""
    return Parameter(float(default), "switch", meaning)


def below_the_jets(leading_pt: float) -> float:
    """Least pT of the hard process (GeV), two thirds of the leading jet's, so that selected events are all there.

    A jet may be harder than its parton, because initial-state radiation adds to it: of the QCD events with a jet above
    1200 GeV, one in forty has a hard process between 1000 and 1025 GeV.
    """
    return max(10.0 * (leading_pt // 15.0), 20.0)
