"""What C++ libraries print stays out of the way of results.

FastJet and Pythia greet on standard output, past Python's own `sys.stdout`, where the user expects results alone.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["native_output_to_stderr", "with_native_output"]

T = TypeVar("T")


def with_native_output(action: Callable[[], T]) -> tuple[T, str]:
    """What the action gives, and what C++ printed meanwhile."""
    with tempfile.TemporaryFile() as captured:
        with _standard_output_to(captured.fileno()):
            result = action()
        captured.seek(0)
        return result, captured.read().decode(errors="replace")


@contextmanager
def native_output_to_stderr() -> Iterator[None]:
    """Within this block, file descriptor 1 is standard error."""
    with _standard_output_to(2):
        yield


@contextmanager
def _standard_output_to(descriptor: int) -> Iterator[None]:
    libc = ctypes.CDLL(None)
    libc.fflush(None)
    stdout = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        libc.fflush(None)  # what is still buffered would come out after all
        os.dup2(stdout, 1)
        os.close(stdout)
