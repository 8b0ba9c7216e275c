"""Which event plays which part in a benchmark; none plays two.

    data               what a search sees: the sidebands' background, part of the signal region's, and injected signal
    known background   true background of the signal region, for methods that ask for it (idealised, supervised)
    known signal       true signal of the signal region, for methods that ask for it (supervised)
    test               signal region only, both classes; every curve is read on it

Parts without a file of their own are cut from the events: of the signal region's background `known_share` is known and
`test_share` is for the test; of its signal that was not injected one half is known and the other for the test. Methods
that ask for no truth do without the same events, so that all are trained on the same data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from resonaut.analysis.loading import load
from resonaut.analysis.running import events_in_window
from resonaut.errors import EventsError
from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed
from resonaut.searches.regions import Region

__all__ = ["Division", "Pools", "Sources", "divide", "read_pools"]

Array = np.ndarray
Source = Events | Path | None


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where labelled events come from: files, or events in memory.

    Args:
        events: Background, and signal to inject; None is the demo.
        signal: More signal; without labels all of it is signal.
        known: Events for methods that need truth.
        test: Events that curves are read on.
        format: Of `events`, where looking at the file should not decide.
    """

    events: Source = None
    signal: Source = None
    known: Source = None
    test: Source = None
    format: str | None = None

    @property
    def files(self) -> list[Path]:
        """The files among them."""
        return [source for source in (self.events, self.signal, self.known, self.test) if isinstance(source, Path)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pools:
    """All events of the window, ids unique over all of them.

    Args:
        background: Data, and known and test background where these have no events of their own.
        signal: To inject; what is left serves as known and test signal where these have none of their own.
        known: Labelled events of the signal region, if they have a file.
        test: Likewise.
    """

    background: Events
    signal: Events
    known: Events | None
    test: Events | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Division:
    """The parts of one cell; see the top of this file."""

    data: Events
    known_background: Events
    known_signal: Events
    test: Events

    def __post_init__(self) -> None:
        ids = np.concatenate([part.ids for part in vars(self).values()])
        assert len(np.unique(ids)) == len(ids), "an event is in two parts of a benchmark's events"

    @property
    def samples(self) -> Samples:
        """What a search may be given."""
        return Samples(data=self.data, background=self.known_background, signal=self.known_signal)


def read_pools(
    sources: Sources,
    features: tuple[str, ...],
    mass: str,
    region: Region,
    particles: bool = False,
    workers: int = 1,
    progress: bool = False,
) -> Pools:
    """Read every source.

    Args:
        sources: Where from.
        features: Columns.
        mass: Column of the resonant mass.
        region: Which masses are of use.
        particles: With all particles of the jets.
        workers: Processes that make features, where events come as particles.
        progress: Show that.

    Raises:
        EventsError: events without labels, or the same event in two sources.
    """
    given = {"events": sources.events, "signal": sources.signal, "known": sources.known, "test": sources.test}
    read: dict[str, Events] = {}
    for role, source in given.items():
        if role == "events" or source is not None:
            loaded = load(
                source,
                features=features,
                mass=mass,
                format=sources.format if role == "events" else None,
                particles=particles,
                workers=workers,
                progress=progress,
            )
            if loaded.labels is None and role == "signal":
                loaded = replace(loaded, labels=np.ones(len(loaded), dtype=np.int64))
            if loaded.labels is None:
                raise EventsError(f"a benchmark needs to know the truth; give {role} a column 'label', 1 for signal")
            read[role] = loaded
    _refuse_shared(read)
    # Ids are those of each file; from here on an event is known by its place among all.
    first = 0
    for role, loaded in read.items():
        read[role] = replace(loaded, ids=first + np.arange(len(loaded), dtype=np.int64))
        first += len(loaded)
    window = events_in_window(read["events"], region)
    more = [read["signal"]] if "signal" in read else []
    signal = Events.concatenate([_of_class(part, 1) for part in (window, *more)])
    inside = {role: read[role][region.in_signal(read[role].mass)] for role in ("known", "test") if role in read}
    return Pools(
        background=_of_class(window, 0),
        signal=signal[region.in_window(signal.mass)],
        known=inside.get("known"),
        test=inside.get("test"),
    )


def divide(
    pools: Pools, region: Region, *, injected: int, known_share: float, test_share: float, seed: Seed = None
) -> Division:
    """Draw the parts of one cell. With the same seed more injected events hold the fewer.

    Raises:
        EventsError: there are not as many signal events, or none of a class is left for the test.
    """
    if injected > len(pools.signal):
        raise EventsError(
            f"{injected} signal events are to be injected, there are {len(pools.signal)} in the mass window; "
            "inject fewer, or add some with --signal FILE"
        )
    rng = np.random.default_rng(seed)
    signal = pools.signal[rng.permutation(len(pools.signal))]
    inside = region.in_signal(pools.background.mass)
    background = pools.background[np.flatnonzero(inside)]
    background = background[rng.permutation(len(background))]

    known, test = _own(pools.known), _own(pools.test)
    left = signal[injected:]
    left = left[region.in_signal(left.mass)]
    half = 0.5 if 1 not in known and 1 not in test else 1.0
    known_signal, left = _cut(left, known.get(1), half)
    test_signal, _ = _cut(left, test.get(1), 1.0)
    of_all = known_share if 0 not in known else 0.0
    known_background, background = _cut(background, known.get(0), known_share)
    # Of what is left, so that the share is of the whole.
    test_background, background = _cut(background, test.get(0), test_share / (1 - of_all))
    if not len(test_signal) or not len(test_background):
        what = "background" if len(test_signal) else "signal"
        raise EventsError(
            f"no {what} event of the signal region is left for the test after injecting {injected} of "
            f"{len(pools.signal)} signal events; inject fewer, or give --test FILE or --signal FILE"
        )
    return Division(
        data=Events.concatenate([pools.background[~inside], background, signal[:injected]]),
        known_background=known_background,
        known_signal=known_signal,
        test=Events.concatenate([test_background, test_signal]),
    )


def _own(events: Events | None) -> dict[int, Events]:
    """The classes that a part has events of its own for."""
    classes = {} if events is None else {label: _of_class(events, label) for label in (0, 1)}
    return {label: part for label, part in classes.items() if len(part)}


def _cut(events: Events, own: Events | None, share: float) -> tuple[Events, Events]:
    """A part and what is left: the part's own events, or a share of these."""
    if own is not None:
        return own, events
    n = round(share * len(events))
    return events[:n], events[n:]


def _of_class(events: Events, label: int) -> Events:
    return events[_labels(events) == label]


def _labels(events: Events) -> Shaped[Array, " N"]:
    assert events.labels is not None
    return events.labels


def _refuse_shared(read: Mapping[str, Events]) -> None:
    """Files number their events each for itself, so that the same event is known by its values."""
    rows = {role: _fingerprints(events) for role, events in read.items()}
    for one, other in combinations(rows, 2):
        if shared := len(np.intersect1d(rows[one], rows[other])):
            raise EventsError(
                f"{shared} events of {other} are in {one} as well, and would be trained and tested on; give events of "
                "another production"
            )


def _fingerprints(events: Events) -> Shaped[Array, " N"]:
    """One value an event, the same for the same mass and features; a few of these tell events apart."""
    table = np.ascontiguousarray(np.column_stack([events.mass, events.features[:, :4]]))
    return table.view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).ravel()
