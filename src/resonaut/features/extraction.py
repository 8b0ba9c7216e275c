"""Particle-level events to feature tables, batch by batch, with every event accounted for.

The function behind `resonaut features`: memory stays bounded by the batch, and what cannot be used is counted by
reason.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import awkward as ak
import numpy as np
import pyarrow as pa
from jaxtyping import Bool

from resonaut.events.exclusions import TOO_FEW_JETS
from resonaut.events.particles import ParticleBatch
from resonaut.features.clustering import JetClustering, massless
from resonaut.features.constituents import NOT_FINITE
from resonaut.features.dijet import dijet_table

__all__ = ["Extraction", "extract_features"]


@dataclass
class Extraction:
    """An iterator over feature tables that keeps the books; complete once it is exhausted.

    Args:
        n_events: Events read.
        n_selected: Events in the tables.
        exclusions: Events left out, by reason.
    """

    _tables: Iterator[pa.Table] = field(default_factory=lambda: iter(()), repr=False)
    n_events: int = 0
    n_selected: int = 0
    exclusions: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[pa.Table]:
        return self._tables

    @property
    def n_unusable(self) -> int:
        """Events without two jets of finite particles; those outside the selection are usable but not wanted."""
        return self.exclusions[NOT_FINITE] + self.exclusions[TOO_FEW_JETS]


def extract_features(
    batches: Iterable[ParticleBatch],
    *,
    clustering: JetClustering | None = None,
    features: str | Sequence[str] = "baseline",
    constituents: bool = False,
) -> Extraction:
    """Cluster particles and compute features, lazily: one table a batch.

    extraction = extract_features(read_particles("events.h5"))
    for table in extraction:
        writer.write_table(table)
    print(extraction.n_selected, extraction.exclusions)
    """
    extraction = Extraction()
    extraction._tables = _tables(extraction, batches, clustering or JetClustering(), features, constituents)
    return extraction


def _tables(
    extraction: Extraction,
    batches: Iterable[ParticleBatch],
    clustering: JetClustering,
    features: str | Sequence[str],
    constituents: bool,
) -> Iterator[pa.Table]:
    for batch in batches:
        finite = _is_finite(batch.particles)
        particles = batch.particles[finite]
        dijets = clustering.cluster(massless(particles.pt, particles.eta, particles.phi))

        extraction.n_events += len(finite)
        extraction.n_selected += len(dijets)
        extraction.exclusions.update({NOT_FINITE: int((~finite).sum()), **dijets.exclusions})
        yield dijet_table(
            dijets,
            features,
            constituents,
            event=np.asarray(batch.event)[finite],
            label=None if batch.label is None else np.asarray(batch.label)[finite],
        )


def _is_finite(particles: ak.Array) -> Bool[np.ndarray, " N"]:
    """Events all of whose particles have finite coordinates (and an energy within double precision's range)."""
    finite = np.isfinite(particles.pt) & np.isfinite(particles.eta) & np.isfinite(particles.phi)
    finite = finite & (np.abs(particles.eta) < 300.0)  # cosh overflows at 710
    return ak.to_numpy(ak.all(finite, axis=1))
