"""What a production is made of: single processes, and how many of their events.

Usually the numbers are given (`FixedSample`). They may also follow from the events themselves: how many signal events
make two sigma is known once the background is there (`resonaut.simulation.blackbox`). Therefore a sample is asked for
its numbers while blocks are made, and has made whatever it must see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float

from resonaut.simulation.result import ProcessCounts
from resonaut.simulation.shards import BlockCounts, Shards

__all__ = ["FixedSample", "Made", "Sample"]

Array = np.ndarray


@dataclass
class Made:
    """The blocks that have been made so far.

    Args:
        make: Makes blocks of a process until they hold so many selected events; gives the counts of all of them.
        shards: Where they lie.
        blocks: Counts by process.
    """

    make: Callable[[str, int], list[BlockCounts]]
    shards: Shards
    blocks: dict[str, list[BlockCounts]] = field(default_factory=dict)

    def events(self, process: str, n: int) -> int:
        """See to it that there are `n` selected events of a process; how many there are, if it has no more."""
        self.blocks[process] = self.make(process, n)
        return min(n, sum(block.n_selected for block in self.blocks[process]))

    def masses(self, process: str, n: int) -> Float[Array, " n"]:
        """Dijet masses of the first `n` selected events of a process, made where they are not there yet (GeV)."""
        self.events(process, n)
        columns = [self.shards.read(process, number, ["mjj"])["mjj"] for number in range(len(self.blocks[process]))]
        return np.concatenate([np.empty(0), *(column.to_numpy() for column in columns)])[:n]


class Sample(Protocol):
    """What is simulated into one file."""

    @property
    def processes(self) -> Mapping[str, Mapping[str, float]]:
        """The processes in it, with the parameters that are not to have their defaults."""

    @property
    def wanted(self) -> Mapping[str, int]:
        """Events asked for, by process, as far as anybody may know."""

    @property
    def sealed(self) -> bool:
        """Whether the truth is to be kept from whoever analyses the file."""

    def fill(self, made: Made) -> dict[str, int]:
        """Have the events made; how many of each process go into the file."""

    def disclosed(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What anybody may know of the production's settings."""

    def reported(self, counts: Mapping[str, ProcessCounts]) -> dict[str, ProcessCounts]:
        """What anybody may know of how the events came about."""


@dataclass(frozen=True)
class FixedSample:
    """So many events of each process; nothing about them is a secret."""

    processes: Mapping[str, Mapping[str, float]]
    wanted: Mapping[str, int]
    sealed: bool = False

    def fill(self, made: Made) -> dict[str, int]:
        """Make what was asked for."""
        return {process: made.events(process, n) for process, n in self.wanted.items()}

    def disclosed(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """All of them."""
        return dict(settings)

    def reported(self, counts: Mapping[str, ProcessCounts]) -> dict[str, ProcessCounts]:
        """All of them."""
        return dict(counts)
