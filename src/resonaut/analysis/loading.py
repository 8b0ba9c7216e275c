"""From whatever the user names to events: a file in any format, events in memory, or nothing (the demo)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from resonaut.analysis.extraction import write_features
from resonaut.events.demo import demo_path
from resonaut.events.events import Events
from resonaut.events.formats import ParticleFormat, detect_format, format_named
from resonaut.events.reading import read_events
from resonaut.runs.folder import checksum

__all__ = ["cache_folder", "input_name", "load"]


def load(
    source: Events | str | Path | None,
    *,
    features: Sequence[str],
    mass: str = "mjj",
    format: str | None = None,
    workers: int = 1,
    progress: bool = False,
) -> Events:
    """Read events; those at particle level get their features first, which is done once and cached."""
    if isinstance(source, Events):
        return source
    if source is None:
        return read_events(demo_path(), features=features, mass=mass)
    path = Path(source)
    if isinstance(format_named(format or detect_format(path)), ParticleFormat):
        path, format = _features_of(path, format, workers=workers, progress=progress), None
    return read_events(path, features=features, mass=mass, format=format)


def input_name(source: Events | str | Path | None) -> str:
    """What run.toml calls the input; events in memory are named by their content."""
    if source is None:
        return "demo"
    if not isinstance(source, Events):
        return str(source)
    digest = hashlib.sha256()
    for column in (source.mass, source.features, source.ids):
        digest.update(column.tobytes())
    return f"memory:{digest.hexdigest()[:16]}"


def cache_folder() -> Path:
    """Where large things that can be remade are kept: $XDG_CACHE_HOME/resonaut, by default ~/.cache/resonaut."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "resonaut"


def _features_of(path: Path, format: str | None, *, workers: int, progress: bool) -> Path:
    """The features of a particle-level file, from the cache where they are there."""
    cached = cache_folder() / "features" / f"{path.stem}-{checksum(path)[:16]}.parquet"
    if not cached.exists():
        write_features(path, cached, format=format, workers=workers, progress=progress)
    return cached
