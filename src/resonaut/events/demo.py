"""The demo events inside the package: simulated dijets with a few W' -> X Y -> qq qq among them.

They let every command run without a download. docs/demo-events.md says how they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from resonaut.events.events import Events
from resonaut.events.reading import BASELINE, read_events

__all__ = ["demo_events", "demo_path"]


def demo_path() -> Path:
    """Where the embedded table is."""
    return Path(str(resources.files("resonaut.events").joinpath("demo_events", "lhco_like.parquet")))


def demo_events(*, features: Sequence[str] = BASELINE, mass: str = "mjj") -> Events:
    """The embedded dijets, 2300 < mjj < 5000 GeV.

    Raises:
        EventsError: a feature that they do not have.
    """
    return read_events(demo_path(), features=features, mass=mass)
