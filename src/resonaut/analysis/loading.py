"""From whatever the user names to events: a file in any format, events in memory, or nothing (the demo)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from resonaut.analysis.extraction import holds_constituents, write_features
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
    workers: int = 1,
    progress: bool = False,
) -> Events:
    """Read events; where features are still to be made of particles or constituents, that is done once and cached."""
    if isinstance(source, Events):
        return source
    if source is None:
        return read_events(demo_path(), features=features, mass=mass)
    path = Path(source)
    if missing := _to_be_made(path, format or detect_format(path), features):
        path, format = _features_of(path, format, missing, workers=workers, progress=progress), None
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


def _to_be_made(path: Path, format: str, features: Sequence[str]) -> tuple[str, ...]:
    """Which of the features are to be computed first; a name that cannot be is for the reader to refuse."""
    if isinstance(format_named(format), ParticleFormat):
        return tuple(name for name in features if name in FEATURES) or ("mj1",)
    if not holds_constituents(path, format):
        return ()
    there = column_names(path)
    return tuple(name for name in features if name in FEATURES and name not in there)


def _features_of(path: Path, format: str | None, features: tuple[str, ...], *, workers: int, progress: bool) -> Path:
    """The features of a file's particles or jets, from the cache where they are there."""
    which = hashlib.sha256(",".join(features).encode()).hexdigest()[:8]
    cached = cache_folder() / "features" / f"{path.stem}-{checksum(path)[:16]}-{which}.parquet"
    if not cached.exists():
        write_features(path, cached, features=features, format=format, workers=workers, progress=progress)
    return cached
