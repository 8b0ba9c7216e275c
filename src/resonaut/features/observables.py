"""Every feature that can be made from two jets, by column name.

A column of single jets is an observable's name with `_1` (the lighter jet) or `_2` (the heavier). Observables that come
out of one computation are a `Family`: asked for any of its columns it computes those, sharing what they share, so that
the 27 tau of a jet cost one clustering. Add a feature by adding a family to `FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import awkward as ak
import numpy as np
from jaxtyping import Float

from resonaut.errors import ConfigError
from resonaut.events.columns import nearest
from resonaut.features.energy_correlators import energy_correlators
from resonaut.features.groomed import softdrop_mass
from resonaut.features.jets import FlatJets
from resonaut.features.nsubjettiness import nsubjettiness, tau_ratio
from resonaut.features.sets import FEATURE_SETS, resolve
from resonaut.features.shapes import ptd

__all__ = ["FAMILIES", "FEATURES", "Family", "computable", "compute_features"]

Columns = dict[str, Float[np.ndarray, " N"]]

BETAS = {"b05": 0.5, "b10": 1.0, "b20": 2.0}
TAUS = {f"tau{n}_{name}": (n, beta) for name, beta in BETAS.items() for n in range(1, 10)}
RATIOS = {f"tau{n}{n - 1}": (f"tau{n}_b10", f"tau{n - 1}_b10") for n in range(2, 6)}
CORRELATORS = {"c2_b10": ("c2", 1.0), "c2_b20": ("c2", 2.0), "d2_b10": ("d2", 1.0), "n2_b10": ("n2", 1.0)}


@dataclass(frozen=True)
class Family:
    """Observables of a jet that are computed together.

    Args:
        names: What there is.
        compute: Some of it, for many jets.
    """

    names: tuple[str, ...]
    compute: Callable[[FlatJets, Sequence[str]], Columns]


def _taus(jets: FlatJets, names: Sequence[str]) -> Columns:
    needed = {name: TAUS[name] for wanted in names for name in RATIOS.get(wanted, (wanted,))}
    n = sorted({n for n, _ in needed.values()})
    betas = sorted({beta for _, beta in needed.values()})
    values = nsubjettiness(jets, n, betas=betas)
    tau = {name: values[:, betas.index(beta), n.index(axes)] for name, (axes, beta) in needed.items()}
    ratios = {name: tau_ratio(*(tau[part] for part in RATIOS[name])) for name in names if name in RATIOS}
    return tau | ratios


def _correlators(jets: FlatJets, names: Sequence[str]) -> Columns:
    of_beta = {beta: energy_correlators(jets, beta=beta) for beta in {CORRELATORS[name][1] for name in names}}
    return {name: getattr(of_beta[beta], ratio) for name, (ratio, beta) in CORRELATORS.items() if name in names}


FAMILIES: tuple[Family, ...] = (
    Family((*RATIOS, *TAUS), _taus),
    Family(tuple(CORRELATORS), _correlators),
    Family(("msd",), lambda jets, names: {"msd": softdrop_mass(jets, z_cut=0.1, beta=0.0)}),
    Family(("ptd",), lambda jets, names: {"ptd": ptd(jets)}),
)

MASSES: dict[str, Callable[[Float[np.ndarray, "N 2"]], Float[np.ndarray, " N"]]] = {
    "mj1": lambda mass: mass.min(axis=1),
    "delta_mj": lambda mass: np.ptp(mass, axis=1),
}

FEATURES: tuple[str, ...] = (
    *MASSES,
    *(f"{name}_{jet}" for family in FAMILIES for name in family.names for jet in (1, 2)),
)


def computable(features: str | Sequence[str]) -> tuple[str, ...]:
    """Columns of a feature set, or columns out of `FEATURES`.

    Raises:
        ConfigError: a set or column that does not exist.
    """
    columns = resolve(features)
    for column in columns:
        if column not in FEATURES:
            raise ConfigError(
                f"no feature {column!r}{nearest(column, FEATURES)} can be made from jets; there are the sets "
                f"{', '.join(FEATURE_SETS)}, and {_summary()}"
            )
    return columns


def compute_features(
    features: str | Sequence[str], *, mass: Float[np.ndarray, "N 2"], constituents: ak.Array
) -> Columns:
    """Features of pairs of jets, by column, in the order asked for.

    Args:
        features: A feature set's name, or columns out of `FEATURES`.
        mass: The jets' masses, GeV.
        constituents: Their particles, [N, 2, particles] records px, py, pz, e (GeV).
    """
    wanted = computable(features)
    found: Columns = {column: MASSES[column](mass) for column in wanted if column in MASSES}
    lighter = np.argmin(mass, axis=1)
    rows = np.arange(len(mass))
    for suffix, jet in (("_1", lighter), ("_2", 1 - lighter)):
        names = [column.removesuffix(suffix) for column in wanted if column.endswith(suffix)]
        if names:
            jets = FlatJets.of(constituents[rows, jet])
            for family in FAMILIES:
                if of_family := [name for name in names if name in family.names]:
                    values = family.compute(jets, of_family)
                    found |= {f"{name}{suffix}": values[name] for name in of_family}
    return {column: found[column] for column in wanted}


def _summary() -> str:
    """The columns that there are, in a line."""
    taus = "tau{1-9}_{b05,b10,b20}_{1,2}"
    others = [f"{name}_{{1,2}}" for family in FAMILIES for name in family.names if name not in TAUS]
    return ", ".join([*MASSES, taus, *others])
