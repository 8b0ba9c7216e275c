"""What every reader does before and while it looks into a file.

The libraries below raise dozens of exceptions, some of many lines, on a file that is missing, truncated or corrupted.
Here all of them become one `FormatError` of one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resonaut.errors import FormatError, ResonautError

__all__ = ["damage_reported", "first_bytes"]


def first_bytes(path: Path | str, n: int = 16) -> bytes:
    """The first bytes of a file, by which formats are told apart.

    Raises:
        FormatError: there is no such file, it is a folder, it is empty, or it cannot be read.
    """
    path = Path(path)
    if not path.exists():
        raise FormatError(f"{path} does not exist; check the path")
    if path.is_dir():
        raise FormatError(f"{path} is a folder; give one file of events")
    try:
        with path.open("rb") as file:
            start = file.read(n)
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    if not start:
        raise FormatError(f"{path} is empty (0 bytes); copy or write it again")
    return start


@contextmanager
def damage_reported(path: Path | str, what: str) -> Iterator[None]:
    """Whatever a library raises while it reads `path` becomes one line that names the file.

    Raises:
        FormatError: the file is not the `what` it should be, or is damaged.
    """
    try:
        yield
    except ResonautError:
        raise
    except Exception as error:
        # On damaged files h5py and Arrow raise OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError, ...
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FormatError(f"{path} cannot be read as {what}: {said}; it may be truncated, copy it again") from None
