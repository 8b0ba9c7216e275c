"""Events from a file: any table format, columns by name, everything unusable counted or refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from resonaut.errors import EventsError, FormatError
from resonaut.events.columns import require_columns
from resonaut.events.events import Events
from resonaut.events.exclusions import exclusions_of
from resonaut.events.formats import FORMATS, TableFormat, detect_format, format_named

__all__ = ["BASELINE", "FORMATS", "detect_format", "read_events"]

Array = np.ndarray

BASELINE = ("mj1", "delta_mj", "tau21_1", "tau21_2")
ID, LABEL = "event", "label"


def read_events(
    path: Path | str,
    *,
    features: Sequence[str] = BASELINE,
    mass: str = "mjj",
    format: str | None = None,
    window: tuple[float, float] | None = None,
) -> Events:
    """Read a mass and some features of every event.

    A column `event` gives the ids, otherwise the rows are numbered; a column `label` gives the truth. Events with a NaN
    or infinite value are left out and counted in `exclusions`.

    Args:
        path: A file in one of `FORMATS`.
        features: Names of columns.
        mass: Name of the column in which a signal would peak, GeV.
        format: One of `FORMATS`; by default found by looking.
        window: Keep only masses with low <= mass < high, GeV. Events outside it are not counted as unusable.

    Raises:
        FormatError: no such file, an unknown or other format, truncated, corrupted, or particles instead of features.
        EventsError: a missing column, one without numbers, repeated ids, no events.
    """
    path = Path(path)
    known = format_named(detect_format(path) if format is None else format)
    if not isinstance(known, TableFormat):
        raise FormatError(
            f"{path} holds particles, not features; make them with: resonaut features {path} --out FILE.parquet"
        )
    _check_request(features, mass)
    available = known.columns(path)
    require_columns([mass, *features], available, path)
    truth_and_ids = [name for name in (ID, LABEL) if name in available]
    table = known.read(path, list(dict.fromkeys([mass, *features, *truth_and_ids])))
    if not table.num_rows:
        raise EventsError(f"{path} holds no events; give a file with some")
    masses = _numbers(table, mass, path)
    inside = _inside(masses, window, mass, path)
    return Events.usable(
        mass=masses[inside],
        features=np.stack([_numbers(table, name, path)[inside] for name in features], axis=1),
        names=tuple(features),
        mass_name=mass,
        ids=(_ids(table, path) if ID in available else np.arange(table.num_rows))[inside],
        labels=_labels(table, path)[inside] if LABEL in available else None,
        exclusions=exclusions_of(table),
    )


def _check_request(features: Sequence[str], mass: str) -> None:
    """Refuse features that give the answer away, or say nothing new."""
    for name in features:
        if name in (mass, LABEL, ID):
            what = {mass: "the mass", LABEL: "the truth", ID: "the event's id"}[name]
            raise EventsError(f"column '{name}' is {what} and cannot be a feature; leave it out of --features")
        if list(features).count(name) > 1:
            raise EventsError(f"column '{name}' is listed twice among the features; list it once")
    if not features:
        raise EventsError("no features were asked for; name at least one column in --features")


def _numbers(table: pa.Table, name: str, path: Path) -> Float[Array, " N"]:
    """A column as float64; what is missing becomes NaN."""
    column = table.column(name)
    kind = column.type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise EventsError(f"column '{name}' of {path} holds {kind}, not one number an event; choose another column")
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _inside(masses: Float[Array, " N"], window: tuple[float, float] | None, name: str, path: Path) -> Array:
    """Which events to keep: those in the window, and those without a finite mass, which are counted later."""
    if window is None:
        return np.ones(len(masses), dtype=bool)
    finite = np.isfinite(masses)
    within = finite & (masses >= window[0]) & (masses < window[1])
    if finite.any() and not within.any():
        low, high = masses[finite].min(), masses[finite].max()
        raise EventsError(
            f"no event of {path} has {window[0]:g} <= {name} < {window[1]:g} GeV, the column runs from {low:g} to "
            f"{high:g}; choose other regions, or convert the column to GeV"
        )
    keep: Array = within | ~finite
    return keep


def _ids(table: pa.Table, path: Path) -> Int[Array, " N"]:
    column = table.column(ID)
    if not pa.types.is_integer(column.type) or column.null_count:
        raise EventsError(
            f"column '{ID}' of {path} holds {column.type}, {column.null_count} of them missing; ids are whole numbers, "
            "one an event"
        )
    try:
        ids = np.asarray(column.cast(pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        raise EventsError(f"column '{ID}' of {path} has ids above 2^63; renumber the events") from None
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        raise EventsError(
            f"column '{ID}' of {path} has the id {unique[counts > 1][0]} more than once; events need ids of their own"
        )
    return ids


def _labels(table: pa.Table, path: Path) -> Int[Array, " N"]:
    labels = _numbers(table, LABEL, path)
    if (wrong := ~np.isin(labels, (0, 1))).any():
        raise EventsError(
            f"column '{LABEL}' of {path} holds {labels[wrong][0]:g}; 1 is signal and 0 background, rename a column of "
            "other meaning"
        )
    return labels.astype(np.int64)
