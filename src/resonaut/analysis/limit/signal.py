"""The signal that is to be excluded: its simulated events, and what a picobarn of it would leave in the data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from resonaut.analysis.running import read_source
from resonaut.analysis.settings import LimitSettings
from resonaut.errors import ConfigError, EventsError
from resonaut.events.demo import demo_path, demo_provenance_path, demo_signal_path
from resonaut.events.events import Events
from resonaut.protocols import Search
from resonaut.simulation.finished import FinishedProduction

__all__ = ["acceptance_of", "luminosity_of", "read_signal", "signal_source"]

PB_PER_FB = 1000.0


def signal_source(settings: LimitSettings, in_memory: Events | None) -> Events | Path:
    """Where the simulated signal comes from: memory, a file, or the demo's."""
    if in_memory is not None:
        return in_memory
    return demo_signal_path() if settings.signal == "demo" else Path(settings.signal)


def read_signal(
    source: Events | Path, settings: LimitSettings, search: Search, *, workers: int = 1, progress: bool = False
) -> tuple[Events, float]:
    """Signal events in the mass window, and the share of the file's that they are.

    Where events are labelled, those of background are left out.

    Raises:
        EventsError: no signal event lies in the window.
    """
    region = settings.mass_region()
    # Of the format that the file shows: the settings' is that of the data.
    events = read_source(source, replace(settings, format=None), search, workers=workers, progress=progress)
    if events.labels is not None:
        events = events[events.labels == 1]
    window = events[region.in_window(events.mass)]
    if not region.in_signal(window.mass).any():
        raise EventsError(
            f"none of {len(events)} simulated signal events lies in the signal region {region}; move the region, or"
            " simulate a signal of that mass"
        )
    return window.blinded(), len(window) / (len(events) + events.n_unusable)


def luminosity_of(settings: LimitSettings) -> float:
    """Integrated luminosity of the events, fb^-1; the demo's follows from its simulated cross-section.

    Raises:
        ConfigError: nobody says it.
    """
    if settings.luminosity is not None:
        return settings.luminosity
    if settings.events != "demo":
        raise ConfigError(f"the luminosity of {settings.events} is not known; give it: --luminosity 138 (in fb^-1)")
    qcd = json.loads(demo_provenance_path(demo_path()).read_text())["processes"]["qcd"]
    return float(qcd["n_events"] / (qcd["cross_section_pb"] * qcd["filter_efficiency"] * PB_PER_FB))


def acceptance_of(source: Events | Path, settings: LimitSettings) -> tuple[float, str]:
    """Share of the generated signal events that are in the file, and who says so."""
    if settings.acceptance is not None:
        return settings.acceptance, "given"
    if isinstance(source, Events):
        return 1.0, "assumed"
    if source == demo_signal_path():
        counts = json.loads(demo_provenance_path(source).read_text())["processes"].values()
        return sum(c["n_selected"] for c in counts) / sum(c["n_generated"] for c in counts), "simulated"
    made = FinishedProduction.at(source)
    if made is None:
        return 1.0, "assumed"
    processes = made.processes.values()
    return sum(c.n_selected for c in processes) / sum(c.n_generated for c in processes), "simulated"
