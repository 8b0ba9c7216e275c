"""What C++ libraries print stays out of the way of results.

FastJet and Pythia greet on standard output, past Python's own `sys.stdout`, where the user expects results alone.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["native_output_to_stderr"]


@contextmanager
def native_output_to_stderr() -> Iterator[None]:
    """Within this block, file descriptor 1 is standard error."""
    libc = ctypes.CDLL(None)
    libc.fflush(None)
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        libc.fflush(None)  # what is still buffered would come out after all
        os.dup2(stdout, 1)
        os.close(stdout)
