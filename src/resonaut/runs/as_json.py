"""Dataclasses that are written as JSON and read back: results, and what an interrupted run keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from pydantic import TypeAdapter

from resonaut.errors import RunError

__all__ = ["AsJson"]


class AsJson:
    """Base of a dataclass; its fields are the keys of the JSON."""

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not finite becomes null, as JSON has no infinity."""
        own: Any = type(self)
        plain: dict[str, Any] = json.loads(_adapter(own).dump_json(self))
        return plain

    @classmethod
    def from_json(cls, content: Mapping[str, Any], file: str = "result.json") -> Self:
        """Read the values back.

        Raises:
            RunError: they are another class's; the message calls them `file`.
        """
        own: Any = cls
        try:
            read: Self = _adapter(own).validate_python(content)
        except ValueError as error:
            first = str(error).splitlines()[0]
            raise RunError(f"{file} is not what this version writes there ({first}); repeat the run") from None
        return read


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)
