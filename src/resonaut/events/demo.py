"""The demo events inside the package: simulated dijets with a few W' -> X Y -> qq qq among them.

They let every command run without a download. docs/demo-events.md says how they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from resonaut.events.events import Events
from resonaut.events.reading import BASELINE, read_events

__all__ = ["demo_events", "demo_jets_path", "demo_path", "demo_provenance_path", "demo_signal_path"]


def demo_path() -> Path:
    """Where the embedded table is."""
    return _embedded("lhco_like.parquet")


def demo_signal_path() -> Path:
    """Where simulated events of the demo's signal are, none of them among the demo events."""
    return _embedded("signal.parquet")


def demo_jets_path() -> Path:
    """Where single jets are: of QCD, of top quarks and semivisible, a class each (`resonaut tag`)."""
    return _embedded("jets.parquet")


def demo_provenance_path(table: Path) -> Path:
    """What made an embedded table, beside it."""
    return table.with_name("signal_provenance.json" if table == demo_signal_path() else "provenance.json")


def _embedded(name: str) -> Path:
    return Path(str(resources.files("resonaut.events").joinpath("demo_events", name)))


def demo_events(*, features: Sequence[str] = BASELINE, mass: str = "mjj") -> Events:
    """The embedded dijets, 2300 < mjj < 5000 GeV.

    Raises:
        EventsError: a feature that they do not have.
    """
    return read_events(demo_path(), features=features, mass=mass)
