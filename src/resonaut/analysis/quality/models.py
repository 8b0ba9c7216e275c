"""The densities of a comparison, a row each: by name, as tables, or as instances."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resonaut.errors import ConfigError
from resonaut.protocols import Density
from resonaut.registry import names, read_config

__all__ = ["DEFAULT_MODELS", "REAL", "read_models"]

DEFAULT_MODELS = ("maf", "nsf", "nsf-ar", "ddpm", "cvae", "cfm")
REAL = "real"
"""What real events are called where models are named."""


def read_models(models: Sequence[str] | Mapping[str, Any]) -> dict[str, Density]:
    """Densities by the name of their row.

    Args:
        models: Registered names; or rows, each a registered name, a table of settings or an instance. A table without
            `name` is of the density that the row is called after.

    Raises:
        ConfigError: none at all, a name that cannot be a row's, an unknown density or setting.
    """
    rows = models if isinstance(models, Mapping) else {name: name for name in models}
    if not rows:
        raise ConfigError(f"there is no model to compare; name some of {', '.join(names('density'))}")
    return {row: _density(row, given) for row, given in rows.items()}


def _density(row: str, given: Any) -> Density:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", row) or row == REAL:
        raise ConfigError(f"a model cannot be called '{row}'; use letters, digits, _ . - and not '{REAL}'")
    if isinstance(given, Density):
        return given
    if isinstance(given, Mapping):
        given = {"name": row, **given}
    try:
        density: Density = read_config("density", given)
    except ConfigError as error:
        raise ConfigError(f"model {row}: {error}") from None
    return density
