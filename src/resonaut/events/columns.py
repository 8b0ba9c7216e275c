"""Columns are asked for by name; a name that is not there gets an answer that helps."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from resonaut.errors import EventsError

__all__ = ["listed", "nearest", "require_columns"]


def require_columns(wanted: Sequence[str], available: Sequence[str], path: Path | str) -> None:
    """Refuse names that `path` does not have, or has twice.

    Raises:
        EventsError: it names the missing columns, what they may have been meant to be, and those that are there.
    """
    if missing := [name for name in dict.fromkeys(wanted) if name not in available]:
        hints = [f"'{name}'{nearest(name, available)}" for name in missing]
        plural = "s" if len(missing) > 1 else ""
        raise EventsError(f"{path} has no column{plural} {', '.join(hints)}; choose from {listed(available)}")
    if twice := [name for name in dict.fromkeys(wanted) if list(available).count(name) > 1]:
        raise EventsError(f"{path} has more than one column '{twice[0]}'; give them different names")


def nearest(name: str, available: Sequence[str]) -> str:
    """The most similar of the available names, as a question; nothing where none is similar."""
    match = get_close_matches(name, available, n=1)
    return f" (did you mean '{match[0]}'?)" if match else ""


def listed(names: Sequence[str], limit: int = 24) -> str:
    """Names with commas between them, the first few of very many."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest if names else "none"
