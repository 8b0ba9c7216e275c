"""The particles of events that were read with their features, for methods that look at all of them.

The lists are read in parts, and of each part only the events that are wanted are kept: memory holds no more than them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from resonaut.errors import EventsError
from resonaut.events.dijet_clouds import DijetClouds
from resonaut.events.events import Events
from resonaut.events.parquet import column_names, read_batches
from resonaut.events.reading import ID
from resonaut.features.constituents import CONSTITUENTS, read_clouds

__all__ = ["with_particles"]

ROWS = 20_000
"""Events read at once: some 100 MB as lists."""


def with_particles(events: Events, path: Path) -> Events:
    """The events, read from the table, with the particles of both jets.

    Events whose particles are NaN or infinite, or that have a jet of fewer than two, are left out and counted.

    Raises:
        EventsError: no event's particles can be used, or columns that do not hold lists of numbers.
    """
    numbered = [ID] if ID in column_names(path) else []
    ids, parts, excluded, first = [], [], Counter[str](), 0
    for table in read_batches(path, ROWS, [*CONSTITUENTS, *numbered]):
        row_ids = table[ID].to_numpy() if numbered else np.arange(first, first + table.num_rows)
        first += table.num_rows
        wanted = np.isin(row_ids, events.ids)
        clouds, usable, left_out = read_clouds(table.filter(wanted))
        ids.append(row_ids[wanted][usable])
        parts.append(clouds)
        excluded.update(left_out)
    found = np.concatenate(ids)
    if not len(found):
        reasons = ", ".join(f"{reason}: {count}" for reason, count in excluded.items())
        raise EventsError(f"{path} has no event whose particles can be used ({reasons}); repair its constituents")
    order = np.argsort(found)
    there = np.isin(events.ids, found)
    place = order[np.searchsorted(found, events.ids[there], sorter=order)]
    return replace(
        events[there],
        particles=DijetClouds.concatenate(parts)[place],
        exclusions=Counter(events.exclusions) + excluded,
    )
