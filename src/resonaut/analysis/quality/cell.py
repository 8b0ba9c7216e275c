"""One cell of the comparison: a density trained once, and how far what it generates is from real events.

Cells of one seed are measured on the same split with the same random projections; the floor is a cell as well, in
which a second real sample stands for the generated one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float

from resonaut.analysis.quality.events import Pair, Split
from resonaut.models.networks.best_epochs import BestEpochs
from resonaut.protocols import Density, Seed
from resonaut.quality.distances import compare
from resonaut.quality.two_sample import c2st
from resonaut.runs.as_json import AsJson

__all__ = ["C2ST", "Agreement", "Cell", "Training", "measure_floor", "train_and_measure"]

Array = np.ndarray
Edges = Mapping[str, Float[Array, " E"]]
"""Bin edges by feature."""

C2ST = "c2st"
"""What the two-sample test's AUC is called among the distances."""
C2ST_EVENTS = 100_000
"""Events of either sample in the two-sample test: its AUC is then known to 0.0018."""
TIMED_EVENTS = 20_000
"""Events in the call whose time is taken."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far a sample is from real events of one region.

    Args:
        values: By distance, and the AUC of the two-sample test, which sees the mass as well.
        per_feature: Of the distances that look at one feature at a time, by distance and feature.
        histograms: Events of the sample in bins, by feature.
        n: Events of the sample, those beyond the bins among them.
    """

    n: int
    values: dict[str, float]
    per_feature: dict[str, dict[str, float]]
    histograms: dict[str, list[int]]


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a density cost, and its losses.

    Args:
        seconds: Wall time of the training, before and after an interruption.
        samples_per_second: Of one call, after others.
        n_weights: Of its network, of several best epochs once; None where there is none.
        train_loss, validation_loss: An entry an epoch; empty where it says nothing.
    """

    seconds: float
    samples_per_second: float
    n_weights: int | None
    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Cell(AsJson):
    """Both regions; the training is None for the floor."""

    sideband: Agreement
    signal_region: Agreement
    training: Training | None = None


def measure_floor(split: Split, edges: Mapping[str, Edges], *, seed: int) -> Cell:
    """Real against real, at the sizes at which models are compared."""
    sideband, signal_region = (
        _measure(pair, pair.other.features, edges[where], seed=seed) for where, pair in split.pairs.items()
    )
    return Cell(sideband=sideband, signal_region=signal_region)


def train_and_measure(
    density: Density, split: Split, edges: Mapping[str, Edges], *, seed: Seed, measuring_seed: int
) -> Cell:
    """Train on the sidebands' training part, sample at the masses of real events, compare.

    Args:
        density: Unfitted, or to be fitted again; it is not modified.
        split: Real events.
        edges: Bins of the histograms, by region and feature.
        seed: Of the training and the samples.
        measuring_seed: Of projections and of the two-sample test; the floor's own.
    """
    rng = np.random.default_rng(seed)
    start = perf_counter()
    fitted: Any = replace(density)  # type: ignore[type-var]
    fitted.fit(split.training.features, split.training.context, seed=rng)
    seconds = perf_counter() - start
    sideband, signal_region = (
        _measure(pair, _sample(fitted, pair.other.mass, rng), edges[where], seed=measuring_seed)
        for where, pair in split.pairs.items()
    )
    history = getattr(fitted, "history_", None)  # which also knows the seconds before an interruption
    network = getattr(fitted, "network_", None)
    if isinstance(network, BestEpochs):
        network = network.members[0]
    masses = np.resize(split.signal_region.other.mass, TIMED_EVENTS)
    start = perf_counter()
    _sample(fitted, masses, rng)
    return Cell(
        sideband=sideband,
        signal_region=signal_region,
        training=Training(
            seconds=seconds if history is None else history.seconds,
            samples_per_second=TIMED_EVENTS / (perf_counter() - start),
            n_weights=None if network is None else sum(weight.numel() for weight in network.parameters()),
            train_loss=[] if history is None else history.train_loss,
            validation_loss=[] if history is None else history.validation_loss,
        ),
    )


def _sample(density: Density, mass: Float[Array, " N"], seed: Seed) -> Float[Array, "N F"]:
    return density.sample(mass[:, None], seed=seed)


def _measure(pair: Pair, sample: Float[Array, "N F"], edges: Edges, *, seed: int) -> Agreement:
    """Distances and two-sample test between real events and features that have the other events' masses."""
    names, real = pair.real.names, pair.real.features
    distances = compare(real, sample, names, seed=seed)
    # With the mass: a density is conditional, and right features at wrong masses are wrong.
    tested = [np.column_stack([pair.real.mass, real]), np.column_stack([pair.other.mass, sample])]
    test = c2st(*(events[:C2ST_EVENTS] for events in tested), seed=seed)
    columns = zip(names, sample.T, strict=True)
    return Agreement(
        n=len(sample),
        values={**distances.values, C2ST: test.auc},
        per_feature=distances.per_feature,
        histograms={name: np.histogram(column, edges[name])[0].tolist() for name, column in columns},
    )
