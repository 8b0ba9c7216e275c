"""Feature sets by name: what `--features baseline` stands for.

`baseline` are the four features of the LHC Olympics searches: the lighter jet's mass, the mass difference, and the
N-subjettiness ratios of both jets. Add a set by adding an entry to `FEATURE_SETS`.

References:
    Nachman, Shih (ANODE), PRD 101 (2020) 075042, arXiv:2001.04990
    Hallin et al. (CATHODE), PRD 106 (2022) 055006, arXiv:2109.00546
"""

from collections.abc import Sequence

from resonaut.errors import ConfigError

__all__ = ["FEATURE_SETS", "resolve"]

FEATURE_SETS: dict[str, tuple[str, ...]] = {
    "baseline": ("mj1", "delta_mj", "tau21_1", "tau21_2"),
}


def resolve(features: str | Sequence[str]) -> tuple[str, ...]:
    """Columns of a feature set: by its name, or any columns, listed one by one or with commas between them."""
    if isinstance(features, str) and "," in features:
        features = [name.strip() for name in features.split(",") if name.strip()]
    if isinstance(features, str):
        if features not in FEATURE_SETS:
            known = ", ".join(sorted(FEATURE_SETS))
            raise ConfigError(f"unknown feature set {features!r}; use one of: {known}, or columns separated by commas")
        return FEATURE_SETS[features]
    columns = tuple(features)
    if not columns:
        raise ConfigError("the list of features is empty; name at least one column")
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise ConfigError(f"features listed twice: {', '.join(repeated)}; name each column once")
    return columns
