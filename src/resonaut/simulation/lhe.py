"""Parton-level events in a Les Houches file (LHE), read a block at a time.

Pythia reads such files from the start; a production needs the events of block k in any process at any time. So the
file is cut here, at its `<event>` tags, and Pythia is given the header and a block's events. What is between the tags
is passed on as it is. Files may be gzipped.

Reference: Alwall et al., Comput. Phys. Commun. 176 (2007) 300, arXiv:hep-ph/0609017
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

from resonaut.errors import FormatError
from resonaut.runs.folder import checksum

__all__ = ["LheFile", "LheReader"]

KEEPS_EVERY_EVENT = (3, 4)  # |IDWTUP|: the reader takes all events; 1 and 2 would have it throw some away


@dataclass(frozen=True)
class LheFile:
    """What an LHE file says of itself.

    Args:
        path: Where it is.
        sha256: Of its content.
        n_events: Events in it.
        energy: Centre-of-mass energy of its beams (GeV).
        cross_section_pb: Of all its processes together.
        cross_section_error_pb: Its error.
    """

    path: Path
    sha256: str
    n_events: int
    energy: float
    cross_section_pb: float
    cross_section_error_pb: float

    @classmethod
    def read(cls, path: Path) -> LheFile:
        """Go through the file once; refuses one that is damaged or whose events are weighted (`FormatError`)."""
        try:
            sha256 = checksum(path)
        except OSError as error:
            raise FormatError(f"{path} cannot be read ({error.strerror}); give a Les Houches event file") from None
        reader = LheReader(path)
        energy, cross_section, cross_section_error = _beams_and_cross_section(path, reader.header)
        n_events, least, largest = 0, math.inf, -math.inf
        for event in reader.rest():
            n_events += 1
            weight = _weight(path, n_events, event)
            least, largest = min(least, weight), max(largest, weight)
        if not n_events:
            raise FormatError(f"{path} holds no events; give a Les Houches file with some")
        if least <= 0 or not math.isclose(least, largest, rel_tol=1e-6):
            raise FormatError(
                f"events of {path} have weights from {least:g} to {largest:g}; "
                "unweight them first, to equal positive weights"
            )
        return cls(path, sha256, n_events, energy, cross_section, cross_section_error)

    def n_blocks(self, size: int) -> int:
        """How many blocks of that many events it holds; the last one may be smaller."""
        return -(-self.n_events // size)


class LheReader:
    """The events of a file, forwards: a block behind the last one is read on, one before it from the start again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start()

    def _start(self) -> None:
        self._lines = _lines(self._path)
        self.header = _header(self._path, self._lines)
        self._events = _events(self._path, self._lines)
        self._position = 0

    def rest(self) -> Iterator[bytes]:
        """All events that have not been read yet."""
        return self._events

    def block(self, number: int, size: int) -> tuple[bytes, int]:
        """A Les Houches file of the events `number * size` and following, at most `size`, and how many these are."""
        first = number * size
        if first < self._position:
            self._start()
        events = list(islice(self._events, first - self._position, first - self._position + size))
        self._position = first + len(events)
        return b"".join([self.header, *events, b"</LesHouchesEvents>\n"]), len(events)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as probe:
        zipped = probe.read(2) == b"\x1f\x8b"
    with cast(IO[bytes], gzip.open(path, "rb") if zipped else path.open("rb")) as file:
        try:
            yield from file
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise FormatError(f"{path} is truncated or damaged; copy it again") from None


def _header(path: Path, lines: Iterator[bytes]) -> bytes:
    """Everything to the end of the init block."""
    header = []
    for line in lines:
        header.append(line)
        if line.strip().startswith(b"<LesHouchesEvents"):
            break
        if len(header) > 100 or len(line) > 10_000:  # a comment or two may go before it, not a whole file
            raise FormatError(f"{path} is not a Les Houches event file; it does not start with <LesHouchesEvents>")
    else:
        raise FormatError(f"{path} is not a Les Houches event file; it does not start with <LesHouchesEvents>")
    for line in lines:
        header.append(line)
        if line.strip().startswith(b"</init>"):
            return b"".join(header)
    raise FormatError(f"{path} is truncated: its <init> block does not end; copy it again")


def _events(path: Path, lines: Iterator[bytes]) -> Iterator[bytes]:
    """The events' texts, tags included."""
    event: list[bytes] | None = None
    for line in lines:
        tag = line.strip()
        if event is None and tag.startswith((b"<event>", b"<event ")):
            event = []
        if event is not None:
            event.append(line)
            if tag.endswith(b"</event>"):
                yield b"".join(event)
                event = None
        elif tag.startswith(b"</LesHouchesEvents>"):
            return
    raise FormatError(f"{path} is truncated: </LesHouchesEvents> is missing at its end; copy it again")


def _beams_and_cross_section(path: Path, header: bytes) -> tuple[float, float, float]:
    """Energy (GeV), cross section and its error (pb) from the init block."""
    text = header.rsplit(b"<init", 1)[-1].split(b">", 1)[-1].split(b"</init>")[0]
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.strip().startswith((b"#", b"<"))]
    try:
        beams = rows[0]
        first, second, weighting, n_processes = float(beams[2]), float(beams[3]), int(beams[8]), int(beams[9])
        processes = [(float(row[0]), float(row[1])) for row in rows[1 : 1 + n_processes]]
        if len(processes) < n_processes or first <= 0 or second <= 0:
            raise ValueError
    except (IndexError, ValueError):
        raise FormatError(f"the <init> block of {path} cannot be understood; is it a Les Houches file?") from None
    if abs(weighting) not in KEEPS_EVERY_EVENT:
        raise FormatError(f"{path} wants its reader to unweight (IDWTUP {weighting}); give unweighted events (3 or 4)")
    errors = math.sqrt(sum(error**2 for _, error in processes))
    return 2 * math.sqrt(first * second), sum(value for value, _ in processes), errors


def _weight(path: Path, number: int, event: bytes) -> float:
    try:
        return float(event.splitlines()[1].split()[2])
    except (IndexError, ValueError):
        raise FormatError(f"event {number} of {path} cannot be understood; is the file damaged?") from None
