"""How far is a generated sample from the real one? Every distance of the field's comparisons, by one call.

`DISTANCES` is the list: add an entry to add a distance. Before anything is computed both samples are scaled alike, each
feature by the mean and the standard deviation of the real sample, so that GeV and ratios count the same and all values
are without dimension; distances that go by ranks do not notice. Those of single features are averaged over them.

A value means something beside the one that real events have against other real events: `resonaut.quality.floor`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError, EventsError
from resonaut.features.scaling import Standardise
from resonaut.protocols import Seed
from resonaut.quality.divergences import jensen_shannon, kullback_leibler
from resonaut.quality.frechet import frechet
from resonaut.quality.rank_tests import anderson_darling, cramer_von_mises, kolmogorov_smirnov
from resonaut.quality.transport import exact_wasserstein, sliced_wasserstein, wasserstein

__all__ = ["DISTANCES", "Comparison", "Distance", "check_sample", "compare"]

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Distance:
    """An entry of the list.

    Args:
        function: Of the real and the generated sample, in this order: one feature of them [N], [M], or all, where the
            distance is `joint` [N, F], [M, F].
        joint: It looks at all features together, and sees correlations.
        random: It draws something, and takes `seed`.
    """

    function: Callable[..., float]
    joint: bool = False
    random: bool = False


DISTANCES: dict[str, Distance] = {
    "frechet": Distance(function=frechet, joint=True),
    "kolmogorov_smirnov": Distance(function=kolmogorov_smirnov),
    "cramer_von_mises": Distance(function=cramer_von_mises),
    "anderson_darling": Distance(function=anderson_darling),
    "kullback_leibler": Distance(function=kullback_leibler),
    "jensen_shannon": Distance(function=jensen_shannon),
    "wasserstein": Distance(function=wasserstein),
    "sliced_wasserstein": Distance(function=sliced_wasserstein, joint=True, random=True),
    "exact_wasserstein": Distance(function=exact_wasserstein, joint=True, random=True),
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Distances between two samples.

    Args:
        n_real: Events of the real one.
        n_generated: Events of the other.
        values: By distance; the average over features of those that look at one at a time.
        per_feature: Of the latter, by distance and feature.
    """

    n_real: int
    n_generated: int
    values: dict[str, float]
    per_feature: dict[str, dict[str, float]]


def compare(
    real: Float[Array, "N F"],
    generated: Float[Array, "M G"],
    names: Sequence[str],
    *,
    distances: Sequence[str] = tuple(DISTANCES),
    seed: Seed = None,
) -> Comparison:
    """Measure a generated sample against the real one.

    Args:
        real: What should have come out.
        generated: What came out; G must be F, which the message of an error says better than a failing type.
        names: Of the features, in the order of the columns.
        distances: Which of `DISTANCES`. A value does not depend on what else is asked for.
        seed: Of projections and subsamples.

    Raises:
        EventsError: samples with other columns, too few events, values that are not finite, or a constant feature.
        ConfigError: an unknown distance.
    """
    if unknown := [name for name in distances if name not in DISTANCES]:
        raise ConfigError(f"unknown distance {unknown[0]!r}; use some of: {', '.join(DISTANCES)}")
    check_sample(real, names, "real")
    check_sample(generated, names, "generated")
    scaling = Standardise().fit(np.asarray(real, dtype=np.float64))
    x, y = (scaling.transform(np.asarray(sample, dtype=np.float64)) for sample in (real, generated))
    values: dict[str, float] = {}
    per_feature: dict[str, dict[str, float]] = {}
    streams = np.random.default_rng(seed).spawn(len(DISTANCES))
    for (name, distance), stream in zip(DISTANCES.items(), streams, strict=True):
        if name not in distances:
            continue
        seeded = {"seed": stream} if distance.random else {}
        if distance.joint:
            values[name] = distance.function(x, y, **seeded)
        else:
            columns = zip(names, x.T, y.T, strict=True)
            per_feature[name] = {feature: distance.function(a, b, **seeded) for feature, a, b in columns}
            values[name] = float(np.mean(list(per_feature[name].values())))
    return Comparison(n_real=len(x), n_generated=len(y), values=values, per_feature=per_feature)


def check_sample(sample: Float[Array, "N F"], names: Sequence[str], which: str) -> None:
    """Refuse a sample that cannot be measured.

    Raises:
        EventsError: see `compare`.
    """
    if sample.shape[1] != len(names):
        raise EventsError(
            f"the {which} sample has {sample.shape[1]} columns for {len(names)} features ({', '.join(names)}); "
            "give both samples the same features"
        )
    if len(sample) < 2:
        raise EventsError(f"the {which} sample holds {len(sample)} events; give 2 or more")
    for name, column in zip(names, sample.T, strict=True):
        if lost := int((~np.isfinite(column)).sum()):
            raise EventsError(
                f"feature '{name}' of the {which} sample is NaN or infinite in {lost} of {len(column)} events; "
                "leave those events out"
            )
        if which == "real" and column.min() == column.max():
            raise EventsError(f"feature '{name}' is {column[0]:g} in every real event; leave the feature out")
