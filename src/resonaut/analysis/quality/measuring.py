"""Makes the cells of a comparison, in any process: real events read once, split by seed, a density trained, distances.

A cell is named by its row and its repetition; every random number in it follows from the run's seed and these two, so
that neither other rows nor the place where it is computed changes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from resonaut.analysis.quality.cell import Edges, measure_floor, train_and_measure
from resonaut.analysis.quality.events import RealEvents
from resonaut.analysis.quality.models import REAL
from resonaut.analysis.running import events_in_window, read_source, watched
from resonaut.analysis.settings import QualitySettings, WindowSettings
from resonaut.analysis.tables import bin_edges
from resonaut.errors import ResonautError
from resonaut.events.events import Events
from resonaut.protocols import Density
from resonaut.scans.once import Once

__all__ = ["Compared", "MeasureCell", "read_compared"]


@dataclass(frozen=True, eq=False)
class Compared:
    """The events of a comparison, and the bins of its histograms by region and feature."""

    loaded: Events
    real: RealEvents
    edges: Mapping[str, Edges]


def read_compared(
    source: Events | Path | None, window: WindowSettings, *, workers: int = 1, progress: bool = False
) -> Compared:
    """Read the events and find out what is real in them.

    Raises:
        ResonautError: the events cannot be used.
    """
    region = window.mass_region()
    loaded = read_source(source, window, workers=workers, progress=progress)
    real = RealEvents.of(events_in_window(loaded, region), region)
    samples = {"sideband": real.sideband, "signal_region": real.signal_region}
    edges = {
        where: {name: bin_edges(sample.feature(name)) for name in sample.names} for where, sample in samples.items()
    }
    return Compared(loaded, real, edges)


@dataclass(frozen=True, kw_only=True)
class MeasureCell:
    """Trains and measures a row's density once, or measures the floor.

    Args:
        events: Reads them, in every process once.
        settings: The comparison's, with their seed.
        densities: By row.
        n_seeds: How often each row is trained: what an error says beside which one it was.
        checkpoints: Folder from which an interrupted training goes on.
    """

    events: Once[Compared]
    settings: QualitySettings
    densities: Mapping[str, Density]
    n_seeds: Mapping[str, int]
    checkpoints: Path | None = None

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """The content of a `Cell`, of the row and the repetition that are named."""
        row, repeat = cell["row"], cell["repeat"]
        compared = self.events()
        # All rows of a repetition are measured on the same events, with the same projections.
        split = compared.real.split(self.settings.validation_fraction, seed=self._seed(repeat, "split"))
        measuring = self._seed(repeat, "measure")
        if row == REAL:
            return measure_floor(split, compared.edges, seed=measuring).to_json()
        checkpoints = self.checkpoints and self.checkpoints / f"{row}-{repeat}"
        density = watched(self.densities[row], checkpoints, progress=False)
        with _named(f"{row}, seed {repeat + 1} of {self.n_seeds[row]}"):
            made = train_and_measure(
                density, split, compared.edges, seed=self._seed(repeat, row), measuring_seed=measuring
            )
        if checkpoints is not None:
            shutil.rmtree(checkpoints, ignore_errors=True)
        return made.to_json()

    def _seed(self, repeat: int, what: str) -> int:
        """An independent seed for everything that is drawn, by its name."""
        return int(np.random.SeedSequence([self.settings.seed or 0, repeat, crc32(what.encode())]).generate_state(1)[0])


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of an error whose it is."""
    try:
        yield
    except ResonautError as error:
        raise type(error)(f"{name}: {error}") from None
