"""What the verbs have in common: options every one takes, recipes, and `--set KEY=VALUE`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import Parameter

from resonaut.errors import ConfigError

__all__ = ["Common", "apply_settings", "console", "n_cores", "read_recipe", "without_none"]


@Parameter(name="*")
@dataclass(kw_only=True)
class Common:
    """Options of every verb.

    Args:
        out: Where the result goes.
        seed: The same seed gives the same result; without one it is drawn and recorded.
        recipe: A TOML file of settings, such as another run's run.toml; options given here go before it.
        workers: Processor cores to use: processes, or threads where a verb trains; all by default.
    """

    out: Path | None = None
    """Where the result goes."""
    seed: int | None = None
    """The same seed gives the same result; without one it is drawn and recorded."""
    recipe: Path | None = None
    """A TOML file of settings, such as another run's run.toml; options given here go before it."""
    workers: int | None = None
    """Processor cores to use; all by default."""

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"--workers is {self.workers}; give at least 1")
        if self.seed is not None and self.seed < 0:
            raise ConfigError(f"--seed is {self.seed}; give a number from 0 up")


def read_recipe(path: Path | None, *, sections: Sequence[str]) -> dict[str, dict[str, Any]]:
    """A recipe's tables; those that are missing are empty.

    Raises:
        ConfigError: the file is not there, is not TOML, or has tables that this verb does not know.
    """
    if path is None:
        return {section: {} for section in sections}
    try:
        recipe = tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"recipe {path} cannot be read ({error.strerror}); check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"recipe {path} is not TOML ({error}); compare it with a run.toml") from None
    if unknown := sorted(set(recipe) - set(sections)):
        raise ConfigError(f"recipe {path} has an unknown table [{unknown[0]}]; known: {', '.join(sections)}")
    return {section: dict(recipe.get(section, {})) for section in sections}


def apply_settings(tree: Mapping[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """Put `density.bins=8` and the like into nested settings; values are read as TOML, else as text.

    Raises:
        ConfigError: an assignment without `=`.
    """
    result = dict(tree)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {assignment} is no assignment; write KEY=VALUE, such as density.bins=8")
        *path, last = key.split(".")
        node = result
        for name in path:
            child = node.get(name, {})
            # "density = nsf" is short for "density = {name = nsf}".
            node[name] = {"name": child} if isinstance(child, str) else dict(child)
            node = node[name]
        node[last] = _value(text)
    return result


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def without_none(**given: Any) -> dict[str, Any]:
    """The options that were given, which go before a recipe's."""
    return {name: value for name, value in given.items() if value is not None}


def n_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def console() -> Any:
    """Where tables are printed: 120 columns where nobody watches, the terminal's own width otherwise."""
    from rich.console import Console

    plain = Console()
    return plain if plain.is_terminal else Console(width=120)
