"""What every pipeline does before and around its own steps: read the window, open the run's folder, watch trainings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from resonaut import __version__
from resonaut.analysis.loading import input_name, load
from resonaut.analysis.settings import WindowSettings
from resonaut.errors import ConfigError, RegionError
from resonaut.events.demo import demo_path
from resonaut.events.events import Events
from resonaut.events.origin import read_origin
from resonaut.models.training import Device, Trainer
from resonaut.protocols import CrossFitted, Search
from resonaut.registry import dump_config
from resonaut.runs.folder import RunFolder, checksum
from resonaut.searches.description import PARTICLES
from resonaut.searches.regions import Region

__all__ = [
    "content_of",
    "cross_fitted",
    "events_in_window",
    "method_name",
    "open_run",
    "placed",
    "read_source",
    "source_of",
    "watched",
]


@runtime_checkable
class _Seeded(Protocol):
    """Settings of a run: a dataclass with a seed."""

    @property
    def seed(self) -> int | None: ...


@runtime_checkable
class _OwnTrainer(Protocol):
    """An estimator whose setting `trainer` may be None: that is how scikit-learn wants defaults."""

    def own_trainer(self) -> Trainer: ...


S = TypeVar("S", bound=_Seeded)


def source_of(settings: WindowSettings, events: Events | None) -> Events | Path | None:
    """Where the events come from: memory, a file, or (None) the demo."""
    if events is not None:
        return events
    return None if settings.events == "demo" else Path(settings.events)


def content_of(sources: Mapping[str, Events | Path | None]) -> dict[str, str]:
    """What events are, whatever their files are called, and which version of us reads them: what results depend on."""
    files = {role: demo_path() if source is None else source for role, source in sources.items()}
    content = {
        role: checksum(source) if isinstance(source, Path) else input_name(source) for role, source in files.items()
    }
    return content | {"resonaut": __version__}


def read_source(
    source: Events | Path | None,
    settings: WindowSettings,
    search: Search | None = None,
    *,
    workers: int = 1,
    progress: bool = False,
) -> Events:
    """The events with the features and the mass of the settings, made of particles where they must be.

    They have their particles, too, where the search looks at these.
    """
    return load(
        source,
        features=settings.features,
        mass=settings.mass,
        format=settings.format,
        particles=search is not None and search.needs >= PARTICLES,
        workers=workers,
        progress=progress,
    )


def cross_fitted(search: Search) -> CrossFitted:
    """The search, if its scores can be counted with.

    Raises:
        ConfigError: it scores events that it was trained on.
    """
    if not isinstance(search, CrossFitted):
        raise ConfigError(
            f"{type(search).__name__} scores events it was trained on, which fakes an excess; wrap it in CrossFit(...)"
        )
    return search


def method_name(search: Search) -> str:
    """A search's name, without the cross-fitting around it."""
    inner = getattr(search, "search", search)
    _, name = getattr(inner, "registered_as", ("search", type(inner).__name__))
    return str(name)


def events_in_window(loaded: Events, region: Region) -> Events:
    """Events of the region and its sidebands.

    Raises:
        RegionError: one of the three has no events.
    """
    window = loaded[region.in_window(loaded.mass)]
    parts = {
        f"signal region {region.low:g}-{region.high:g} GeV": region.in_signal(window.mass),
        f"sideband {region.sideband_low:g}-{region.low:g} GeV": window.mass < region.low,
        f"sideband {region.high:g}-{region.sideband_high:g} GeV": window.mass >= region.high,
    }
    for name, rows in parts.items():
        if not rows.any():
            spread = f"{loaded.mass.min():.0f}-{loaded.mass.max():.0f} GeV" if len(loaded) else "no event at all"
            raise RegionError(f"{name} holds 0 events (the file has {spread}); choose a region inside the data")
    return window


def open_run(
    out: str | Path | None, settings: S, methods: Mapping[str, Any], sources: Sequence[Events | Path | None] = ()
) -> tuple[RunFolder | None, S]:
    """The run's folder, if it wants one, and the settings with their seed: the folder's own where none was given.

    Args:
        out: The folder; None keeps everything in memory.
        settings: The [run] table of run.toml.
        methods: Its other tables, by name: something configurable, or plain settings.
        sources: What is read; the files among it are inputs of the run.
    """
    seed = settings.seed
    if seed is None and out is not None and (Path(out) / "run.toml").exists():
        seed = RunFolder(Path(out)).settings().get("run", {}).get("seed")
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
    settings = replace(settings, seed=seed)  # type: ignore[type-var]
    if out is None:
        return None, settings
    inputs = [source for source in sources if isinstance(source, Path)]
    origin = {name: value for path in inputs for name, value in read_origin(path).items()}
    plain = {name: method if isinstance(method, Mapping) else dump_config(method) for name, method in methods.items()}
    return RunFolder.open(Path(out), {"run": dump_config(settings), **plain}, inputs, origin=origin), settings


def watched(estimator: Any, checkpoints: Path | None, progress: bool) -> Any:
    """The same estimator, every training inside it with its checkpoints in the run's folder, so that a run resumes."""
    return _with_trainers(estimator, lambda trainer: replace(trainer, checkpoints=checkpoints, progress=progress))


def placed(estimator: Any, device: Device, devices: int = 1) -> Any:
    """The same estimator, every training inside it on that device, or so many of them.

    Args:
        estimator: Anything with trainers in it.
        device: "auto" leaves each where it says itself.
        devices: 1 likewise.
    """
    asked: dict[str, Any] = {"device": device, "devices": devices}
    changes = {name: value for name, value in asked.items() if value not in ("auto", 1)}
    return _with_trainers(estimator, lambda trainer: replace(trainer, **changes)) if changes else estimator


def _with_trainers(estimator: Any, change: Callable[[Trainer], Trainer]) -> Any:
    """The same estimator with other trainers, however deep inside it."""
    changed: dict[str, Any] = {}
    for part in fields(estimator):
        value = getattr(estimator, part.name)
        if value is None and isinstance(estimator, _OwnTrainer) and part.name == "trainer":
            value = estimator.own_trainer()
        if isinstance(value, Trainer):
            changed[part.name] = change(value)
        elif is_dataclass(value):
            changed[part.name] = _with_trainers(value, change)
        elif isinstance(value, list):
            changed[part.name] = [_with_trainers(item, change) if is_dataclass(item) else item for item in value]
    return replace(estimator, **changed)
