"""What a pipeline is asked: the [run] table of run.toml and of recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval
from pydantic import BeforeValidator

from resonaut.features.sets import resolve
from resonaut.registry import settings
from resonaut.searches.regions import Region

__all__ = ["HuntSettings", "WindowSettings"]

Efficiency = Annotated[float, Interval(gt=0, lt=1)]


def _columns(features: object) -> object:
    """A feature set's name, or columns with commas between them, or a list of columns."""
    return resolve(features) if isinstance(features, str | list | tuple) else features


@settings
@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """Which events, and where in mass.

    Args:
        events: A file, "demo" for the embedded events, or "memory:..." for events given in Python.
        format: The file's format, where looking at it should not decide.
        region: Signal region LOW:HIGH, GeV.
        sidebands: Outer edges of the sidebands LOW:HIGH, GeV.
        features: A feature set's name, or columns.
        mass: Column of the resonant mass, GeV.
        seed: Fixes every random draw; None draws one, which run.toml then records.
    """

    events: str = "demo"
    format: str | None = None
    region: str = "3300:3700"
    sidebands: str = "2300:5000"
    features: Annotated[tuple[str, ...], BeforeValidator(_columns)] = resolve("baseline")
    mass: str = "mjj"
    seed: int | None = None

    def mass_region(self) -> Region:
        """The region and its sidebands."""
        return Region.parse(self.region, self.sidebands)


@settings
@dataclass(frozen=True, kw_only=True)
class HuntSettings(WindowSettings):
    """What is searched, and where.

    Args:
        efficiencies: Background efficiencies of the cuts; their number is the quoted p-value's trials factor.
    """

    verb: Literal["hunt"] = "hunt"
    efficiencies: tuple[Efficiency, ...] = (0.1, 0.01, 0.001)
