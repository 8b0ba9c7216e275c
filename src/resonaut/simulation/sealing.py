"""Sealed files: the truth of a black box, kept where nobody reads it by accident.

One line in clear says what the file is and how to open it; the rest is JSON, compressed and in base64. That keeps eyes
and `grep` off, and nobody who wants to look: a seal is a promise, not a lock.
"""

from __future__ import annotations

import base64
import binascii
import json
import textwrap
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resonaut.errors import FormatError
from resonaut.runs.folder import atomic_path

__all__ = ["SUFFIX", "read_sealed", "sealed_path", "write_sealed"]

SUFFIX = ".sealed"
HEADER = "The truth about the black box {name}, sealed. After a hunt: resonaut unseal {name} RUN\n"
BEGINNING = HEADER.split("{", maxsplit=1)[0]


def sealed_path(box: Path) -> Path:
    """Where the truth about that file of events is."""
    return box.with_name(box.name + SUFFIX)


def write_sealed(box: Path, content: Mapping[str, Any]) -> None:
    """Seal the truth about a file of events, whole or not at all."""
    packed = base64.b64encode(zlib.compress(json.dumps(content).encode(), 9)).decode()
    with atomic_path(sealed_path(box)) as temporary:
        temporary.write_text(HEADER.format(name=box.name) + "\n".join(textwrap.wrap(packed, 100)) + "\n")


def read_sealed(path: Path) -> dict[str, Any]:
    """Open a sealed file.

    Raises:
        FormatError: there is none, or it is damaged.
    """
    try:
        header, _, packed = path.read_text(encoding="ascii", errors="replace").partition("\n")
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}); the truth about a box lies there") from None
    if not header.startswith(BEGINNING):
        raise FormatError(f"{path} is not a sealed file; give the {SUFFIX} file that was written beside the events")
    try:
        content: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode("".join(packed.split()), validate=True)))
        content["complete"]
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError):
        raise FormatError(f"{path} is damaged; copy it again") from None
    return content
