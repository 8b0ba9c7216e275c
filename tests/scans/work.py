"""Work that scans in tests do: importable, so that other processes find it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Square:
    """Squares x, and leaves a file that says it has."""

    calls: Path

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        (self.calls / f"{cell['x']}-{time.time_ns()}").touch()
        if cell.get("die") == cell["x"]:
            os._exit(1)
        if cell.get("fail") == cell["x"]:
            raise ArithmeticError("this cell fails")
        time.sleep(cell.get("seconds", 0.0))
        return {"square": cell["x"] ** 2, "process": os.getpid()}

    def n_calls(self, x: int | None = None) -> int:
        return len(list(self.calls.glob("*" if x is None else f"{x}-*")))
