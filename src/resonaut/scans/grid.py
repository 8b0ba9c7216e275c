"""The cells of a scan: every combination of some settings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from resonaut.errors import ConfigError

__all__ = ["grid"]


def grid(**axes: Sequence[Any]) -> list[dict[str, Any]]:
    """One cell for each combination; the last axis runs fastest.

        grid(method=["cathode", "cwola"], seed=[1, 2, 3])      # six cells

    Raises:
        ConfigError: an axis without a value, or with one twice.
    """
    for name, values in axes.items():
        if not len(values):
            raise ConfigError(f"{name} has no value to scan; give at least one")
        if repeated := [value for i, value in enumerate(values) if value in values[:i]]:
            raise ConfigError(f"{name} {repeated[0]!r} is listed twice; list each value once")
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
