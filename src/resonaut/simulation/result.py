"""What a production reports: a file, and for each process how its events came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from resonaut.simulation.chain import Chain
from resonaut.simulation.pythia import cross_section
from resonaut.simulation.shards import BlockCounts

__all__ = ["ProcessCounts", "SimulationResult", "count_process"]


@dataclass(frozen=True)
class ProcessCounts:
    """What one process contributed.

    Args:
        n_events: Events in the file; fewer than were asked for where the process has no more.
        n_selected: Selected events in all blocks that were made; the surplus of the last block is not in the file.
        n_generated: Hard events made in those blocks.
        excluded: The others, by reason.
        filter_efficiency: n_selected / n_generated.
        cross_section_pb: Of the hard process, before any selection.
        cross_section_error_pb: Its statistical error.
        cpu_seconds: Summed over workers.
    """

    n_events: int
    n_selected: int
    n_generated: int
    excluded: dict[str, int]
    filter_efficiency: float
    cross_section_pb: float
    cross_section_error_pb: float
    cpu_seconds: float


@dataclass(frozen=True)
class SimulationResult:
    """A finished production.

    Args:
        path: The file.
        processes: Counts by process.
        n_wanted: Events that were asked for; a Les Houches file may hold fewer.
        seconds: Wall time of this call; 0 where the file was complete already.
        left_out: What of the events the file's format had no place for, counted by reason.
    """

    path: Path
    processes: dict[str, ProcessCounts]
    n_wanted: int
    seconds: float
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_events(self) -> int:
        """Events in the file."""
        return sum(counts.n_events for counts in self.processes.values())


def count_process(chain: Chain, n_events: int, blocks: Sequence[BlockCounts]) -> ProcessCounts:
    """Sum a process's blocks, of which `n_events` are used, and compute its cross section."""
    excluded: Counter[str] = Counter()
    for block in blocks:
        excluded.update(block.excluded)
    n_selected = sum(block.n_selected for block in blocks)
    n_generated = sum(block.n_generated for block in blocks)
    lhe = chain.process.lhe
    sigma, error = (
        cross_section(chain.pythia_settings, energy=chain.beam_energy)
        if lhe is None
        else (lhe.cross_section_pb, lhe.cross_section_error_pb)
    )
    return ProcessCounts(
        n_events=n_events,
        n_selected=n_selected,
        n_generated=n_generated,
        excluded=dict(excluded),
        filter_efficiency=n_selected / n_generated,
        cross_section_pb=sigma,
        cross_section_error_pb=error,
        cpu_seconds=sum(block.seconds for block in blocks),
    )
