"""Collision events as an analysis sees them: a mass, some features, an identity.

`Events` is a table: one resonant mass, F features and an id for each event, and labels where somebody knows the truth.
`Samples` is what a search is given: the data, and, for methods that ask for it by name, samples of known truth. It sees
`samples.blinded()`, in which labels do not exist, so that they cannot leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from resonaut.errors import EventsError
from resonaut.events.dijet_clouds import DijetClouds

__all__ = ["TRUTH", "Events", "Samples"]

Array = np.ndarray

TRUTH = frozenset({"background", "signal"})
"""What a method may ask to be told of events beside the data."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Events:
    """Events with a resonant mass and features.

    Args:
        mass: [N] the mass in which a signal would peak, GeV.
        features: [N, F] what the methods look at, in the units of their columns.
        names: F names, in the order of the columns.
        ids: [N] who is who; folds go by it. Numbers the rows where nothing is given.
        labels: [N] 1 for signal, 0 for background; None where nobody knows.
        mass_name: The column the mass came from.
        exclusions: Events that could not be used, counted by reason.
        particles: [N] of both jets, for methods that look at all of them; None where they were not read.

    Raises:
        EventsError: shapes that do not fit, or values that are not finite.
    """

    mass: Float[Array, " N"]
    features: Float[Array, "N F"]
    names: tuple[str, ...]
    ids: Int[Array, " N"] = field(default=None)  # type: ignore[arg-type]
    labels: Int[Array, " N"] | None = None
    mass_name: str = "mjj"
    exclusions: Mapping[str, int] = field(default_factory=dict)
    particles: DijetClouds | None = None

    def __post_init__(self) -> None:
        if self.ids is None:
            object.__setattr__(self, "ids", np.arange(len(self.mass), dtype=np.int64))
        if self.features.shape != (len(self.mass), len(self.names)):
            raise EventsError(
                f"features have shape {self.features.shape}, but there are {len(self.mass)} masses and "
                f"{len(self.names)} names; give one row an event and one column a name"
            )
        for name, column in (("ids", self.ids), ("labels", self.labels)):
            if column is not None and column.shape != self.mass.shape:
                raise EventsError(f"{name} have shape {column.shape} for {len(self.mass)} events; give one each")
        if self.particles is not None and len(self.particles) != len(self.mass):
            raise EventsError(
                f"there are particles of {len(self.particles)} events for {len(self.mass)}; give each its own"
            )
        if not (np.isfinite(self.mass).all() and np.isfinite(self.features).all()):
            raise EventsError("masses or features hold NaN or infinite values; build the events with Events.usable")

    @classmethod
    def usable(
        cls,
        *,
        mass: Float[Array, " N"],
        features: Float[Array, "N F"],
        names: Sequence[str],
        mass_name: str = "mjj",
        ids: Int[Array, " N"] | None = None,
        labels: Int[Array, " N"] | None = None,
        exclusions: Mapping[str, int] | None = None,
    ) -> Events:
        """Leave out events with a NaN or infinite value and count them by reason; the rest keep their ids.

        Raises:
            EventsError: a column without a single usable value.
        """
        ids = np.arange(len(mass), dtype=np.int64) if ids is None else ids
        counted = dict(exclusions or {})
        keep = np.ones(len(mass), dtype=bool)
        for name, column in ((mass_name, mass), *zip(names, np.asarray(features).T, strict=True)):
            good = np.isfinite(column)
            if len(column) and not good.any():
                raise EventsError(
                    f"column '{name}' has no usable value in {len(column)} events (all NaN or infinite); "
                    "leave it out of --features or repair the file"
                )
            # Each event is counted once, under the first of its columns that cannot be used.
            if lost := int((keep & ~good).sum()):
                counted[f"{name} is NaN or infinite"] = lost
            keep &= good
        return cls(
            mass=np.asarray(mass, dtype=np.float64)[keep],
            features=np.asarray(features, dtype=np.float64)[keep],
            names=tuple(names),
            mass_name=mass_name,
            ids=np.asarray(ids, dtype=np.int64)[keep],
            labels=None if labels is None else np.asarray(labels, dtype=np.int64)[keep],
            exclusions=counted,
        )

    def __len__(self) -> int:
        return len(self.mass)

    def __getitem__(self, rows: Bool[Array, " N"] | Int[Array, " M"] | slice) -> Events:
        """The events of a mask, an index array or a slice."""
        return replace(
            self,
            mass=self.mass[rows],
            features=self.features[rows],
            ids=self.ids[rows],
            labels=None if self.labels is None else self.labels[rows],
            particles=None if self.particles is None else self.particles[rows],
        )

    @property
    def context(self) -> Float[Array, "N 1"]:
        """The mass as a density wants its condition."""
        return self.mass[:, None]

    @property
    def n_unusable(self) -> int:
        """How many events were left out."""
        return sum(self.exclusions.values())

    def feature(self, name: str) -> Float[Array, " N"]:
        """One column by its name."""
        return self.features[:, self.names.index(name)]

    def require_particles(self) -> DijetClouds:
        """The particles that came with the events.

        Raises:
            EventsError: none did.
        """
        if self.particles is None:
            raise EventsError(
                "this method looks at all particles of both jets, and these events came without; give a file of "
                "particles, or a table that was made with --constituents"
            )
        return self.particles

    def blinded(self) -> Events:
        """The same events without their labels."""
        return replace(self, labels=None)

    @staticmethod
    def concatenate(parts: Sequence[Events]) -> Events:
        """One table of several; labels and particles stay only where every part has them, exclusions add up.

        Raises:
            EventsError: nothing to join, or parts with other columns.
        """
        kinds = {(part.mass_name, *part.names) for part in parts}
        if len(kinds) != 1:
            raise EventsError(f"only events with the same columns can be joined, not {sorted(kinds) or 'none at all'}")
        first = parts[0]
        labels = [part.labels for part in parts]
        particles = [part.particles for part in parts if part.particles is not None]
        known: list[Shaped[Array, " N"]] = [label for label in labels if label is not None]
        return replace(
            first,
            mass=np.concatenate([part.mass for part in parts]),
            features=np.concatenate([part.features for part in parts]),
            ids=np.concatenate([part.ids for part in parts]),
            labels=np.concatenate(known) if len(known) == len(parts) else None,
            exclusions=sum((Counter(part.exclusions) for part in parts), Counter()),
            particles=DijetClouds.concatenate(particles) if len(particles) == len(parts) else None,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """What a search is given.

    Args:
        data: The events to search, signal (if any) among them.
        background: Events known to be background, for methods that ask for them (idealised, supervised).
        signal: Events known to be signal, likewise (supervised).
        held_out: The same kinds of events, on which nothing may be trained. A search that cannot sample background
            takes it from here; cross-fitting puts each fold's own events there.
    """

    data: Events
    background: Events | None = None
    signal: Events | None = None
    held_out: Samples | None = None

    def select(self, which: Callable[[Events], Bool[Array, " N"]]) -> Samples:
        """Of every kind those events that `which` picks."""
        kinds = {"data": self.data, "background": self.background, "signal": self.signal}
        picked = {kind: None if events is None else events[which(events)] for kind, events in kinds.items()}
        return Samples(**picked)  # type: ignore[arg-type]  # data is always there

    def blinded(self, needs: frozenset[str] = frozenset()) -> Samples:
        """The data without labels, and of the truth only what the method needs.

        Raises:
            EventsError: the method needs a truth, or particles, that are not there.
        """
        if "particles" in needs:
            self.data.require_particles()
        truth = needs & TRUTH
        missing = sorted(name for name in truth if getattr(self, name) is None)
        if missing:
            raise EventsError(
                f"this method needs events known to be {' and '.join(missing)}, and there are none; "
                "choose a method that learns from the data alone"
            )
        return Samples(
            data=self.data.blinded(),
            background=self.background if "background" in needs else None,
            signal=self.signal if "signal" in needs else None,
            held_out=None if self.held_out is None else self.held_out.blinded(needs),
        )
