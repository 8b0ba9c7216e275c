"""`--method`, `--set` and `--folds`: the search's configuration, from a recipe and from options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonaut.cli.options import apply_settings

__all__ = ["search_settings"]


def search_settings(
    recipe: dict[str, Any], method: str | None, settings: Sequence[str], folds: int | None
) -> dict[str, Any]:
    """The search's configuration: the method inside its cross-fitting."""
    from resonaut.registry import dump_config, read_config

    # Every default is written out, so that one setting of a part can be changed without naming the part again.
    tree = dump_config(read_config("search", recipe or {"name": "crossfit"}))
    inner = tree["search"]
    if method is not None and method != inner["name"]:
        inner = dump_config(read_config("search", method))
    tree["search"] = apply_settings(inner, settings)
    if folds is not None:
        tree["folds"] = folds
    return tree
