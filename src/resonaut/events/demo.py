"""The demo events inside the package: simulated dijets with a few W' -> X Y -> qq qq among them.

They let every command run without a download. docs/demo-events.md says how they were made.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from resonaut.events.events import Events
from resonaut.events.reading import read_events

__all__ = ["demo_events", "demo_path"]


def demo_path() -> Path:
    """Where the embedded table is."""
    return Path(str(resources.files("resonaut.events").joinpath("demo_events", "lhco_like.parquet")))


def demo_events() -> Events:
    """The embedded dijets, 2300 < mjj < 5000 GeV, with the baseline features."""
    return read_events(demo_path())
