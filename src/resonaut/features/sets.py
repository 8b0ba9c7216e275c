"""Feature sets by name: what `--features baseline` stands for.

`baseline` are the four features of the LHC Olympics searches: the lighter jet's mass, the mass difference, and the
N-subjettiness ratios of both jets. The `extended` sets add what boosted trees, unlike networks, still profit from:
more ratios, the taus themselves, and nine taus at three angular exponents. `substructure` is what single jets are
judged by (`resonaut tag`). Add a set by adding an entry to
`FEATURE_SETS`; what can be in it is in `resonaut.features.observables`.

References:
    Nachman, Shih (ANODE), PRD 101 (2020) 075042, arXiv:2001.04990
    Hallin et al. (CATHODE), PRD 106 (2022) 055006, arXiv:2109.00546
    Finke et al. (Back to the roots: the extended sets), PRD 109 (2024) 034033, arXiv:2309.13111
"""

from collections.abc import Sequence

from resonaut.errors import ConfigError

__all__ = ["FEATURE_SETS", "SUBSTRUCTURE", "resolve"]

SUBSTRUCTURE = ("msd", "ptd", "tau21", "tau32", "tau43", "d2_b10", "c2_b10", "c2_b20", "n2_b10")
"""What CMS describes a single jet by where it looks for strange ones (arXiv:2510.02168)."""

FEATURE_SETS: dict[str, tuple[str, ...]] = {
    "baseline": ("mj1", "delta_mj", "tau21_1", "tau21_2"),
    "extended1": ("mj1", "delta_mj", *(f"tau{n}{n - 1}_{jet}" for jet in (1, 2) for n in range(2, 6))),
    "extended2": ("mj1", "delta_mj", *(f"tau{n}_b10_{jet}" for jet in (1, 2) for n in range(1, 6))),
    "extended3": (
        *("mj1", "delta_mj"),
        *(f"tau{n}_{beta}_{jet}" for jet in (1, 2) for beta in ("b05", "b10", "b20") for n in range(1, 10)),
    ),
    "substructure": tuple(f"{name}_{jet}" for name in SUBSTRUCTURE for jet in (1, 2)),
}


def resolve(features: str | Sequence[str]) -> tuple[str, ...]:
    """Columns of a feature set: by its name, or any columns, listed one by one or with commas between them.

    Sets may be listed, too, and stand for their columns; one that several sets have is there once.
    """
    if isinstance(features, str) and "," in features:
        features = [name.strip() for name in features.split(",") if name.strip()]
    if isinstance(features, str):
        if features not in FEATURE_SETS:
            known = ", ".join(sorted(FEATURE_SETS))
            raise ConfigError(f"unknown feature set {features!r}; use one of: {known}, or columns separated by commas")
        return FEATURE_SETS[features]
    names = tuple(features)
    if not names:
        raise ConfigError("the list of features is empty; name at least one column")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigError(f"features listed twice: {', '.join(repeated)}; name each column once")
    return tuple(dict.fromkeys(column for name in names for column in FEATURE_SETS.get(name, (name,))))
