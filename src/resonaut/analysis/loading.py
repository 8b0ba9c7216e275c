"""From whatever the user names to events: a file in any format, events in memory, or nothing (the demo)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from resonaut.analysis.extraction import holds_constituents, write_features
from resonaut.analysis.particles import with_particles
from resonaut.errors import EventsError
from resonaut.events.demo import demo_path
from resonaut.events.events import Events
from resonaut.events.formats import ParticleFormat, detect_format, format_named
from resonaut.events.parquet import column_names
from resonaut.events.reading import read_events
from resonaut.features.observables import FEATURES
from resonaut.runs.folder import checksum

__all__ = ["cache_folder", "input_name", "load"]


def load(
    source: Events | str | Path | None,
    *,
    features: Sequence[str],
    mass: str = "mjj",
    format: str | None = None,
    particles: bool = False,
    workers: int = 1,
    progress: bool = False,
) -> Events:
    """Read events; where features are still to be made of particles or constituents, that is done once and cached.

    Args:
        source: A file in any format, events in memory, or None for the demo.
        features: Columns.
        mass: Column of the resonant mass.
        format: The file's format, where looking at it should not decide.
        particles: Give the events all particles of their jets as well.
        workers: Processes that make features.
        progress: Show that.

    Raises:
        EventsError: the events have no particles, where these are asked for.
    """
    if isinstance(source, Events):
        if particles:
            source.require_particles()
        return source
    path = demo_path() if source is None else Path(source)
    known = format or detect_format(path)
    if particles and not (isinstance(format_named(known), ParticleFormat) or holds_constituents(path, known)):
        raise EventsError(
            f"{'the embedded demo' if source is None else path} has features and no particles, and this method looks at"
            " all particles of both jets; give a table that was made with --constituents, or a file of particles"
        )
    if missing := _to_be_made(path, known, features):
        path = _features_of(path, format, missing, particles, workers=workers, progress=progress)
        format = None
    events = read_events(path, features=features, mass=mass, format=format)
    return with_particles(events, path) if particles else events


def input_name(source: Events | str | Path | None) -> str:
    """What run.toml calls the input; events in memory are named by their content."""
    if source is None:
        return "demo"
    if not isinstance(source, Events):
        return str(source)
    digest = hashlib.sha256()
    clouds = () if source.particles is None else source.particles.jets
    for column in (source.mass, source.features, source.ids, *(cloud.points for cloud in clouds)):
        digest.update(column.tobytes())
    return f"memory:{digest.hexdigest()[:16]}"


def cache_folder() -> Path:
    """Where large things that can be remade are kept: $XDG_CACHE_HOME/resonaut, by default ~/.cache/resonaut."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "resonaut"


def _to_be_made(path: Path, format: str, features: Sequence[str]) -> tuple[str, ...]:
    """Which of the features are to be computed first; a name that cannot be is for the reader to refuse."""
    if isinstance(format_named(format), ParticleFormat):
        return tuple(name for name in features if name in FEATURES) or ("mj1",)
    if not holds_constituents(path, format):
        return ()
    there = column_names(path)
    return tuple(name for name in features if name in FEATURES and name not in there)


def _features_of(
    path: Path, format: str | None, features: tuple[str, ...], particles: bool, *, workers: int, progress: bool
) -> Path:
    """The features of a file's particles or jets, from the cache where they are there."""
    # A table keeps its constituents in any case; of a file of particles they are kept where they are wanted.
    constituents = particles and isinstance(format_named(format or detect_format(path)), ParticleFormat)
    which = hashlib.sha256(",".join([*features, *["constituents"] * constituents]).encode()).hexdigest()[:8]
    cached = cache_folder() / "features" / f"{path.stem}-{checksum(path)[:16]}-{which}.parquet"
    if not cached.exists():
        write_features(
            path,
            cached,
            features=features,
            constituents=constituents,
            format=format,
            workers=workers,
            progress=progress,
        )
    return cached
