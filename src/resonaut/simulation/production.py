"""A production: so many selected events of a process, into one file.

    simulate("lhco-rnd", events=20_000, signal=500, out="events.parquet", seed=1, workers=2)

Made in blocks with seeds of their own: the result does not depend on the number of workers, and a production that was
stopped goes on from its last block when the same call is made again. `FILE.run/manifest.json` says with which settings,
seeds and versions the file was made, and what was left out on the way.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from resonaut.errors import ConfigError, RunError, SimulationError
from resonaut.features.clustering import JetClustering
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import DelphesCMS
from resonaut.simulation.merging import Source, merge
from resonaut.simulation.processes import find_mixture, find_process
from resonaut.simulation.progress import production_progress
from resonaut.simulation.pythia import cross_section
from resonaut.simulation.shards import BlockCounts, Shards
from resonaut.simulation.workers import make_blocks

__all__ = ["ProcessCounts", "SimulationResult", "simulate"]

DEFAULT_SIGNAL_FRACTION = 0.0
PACKAGES = ("resonaut", "pythia8mc", "fastjet", "numpy", "awkward", "numba", "pyarrow")


@dataclass(frozen=True)
class ProcessCounts:
    """What one process contributed.

    Args:
        n_events: Events in the file.
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
        path: The Parquet file.
        processes: Counts by process.
        seconds: Wall time of this call; 0 where the file was complete already.
    """

    path: Path
    processes: dict[str, ProcessCounts]
    seconds: float

    @property
    def n_events(self) -> int:
        """Events in the file."""
        return sum(counts.n_events for counts in self.processes.values())


def simulate(
    process: str,
    *,
    events: int,
    out: str | Path,
    signal: int = 0,
    seed: int = 0,
    workers: int = 1,
    parameters: Mapping[str, float] | None = None,
    radius: float = 1.0,
    leading_pt: float = 1200.0,
    eta_max: float = 2.5,
    mass_range: tuple[float, float] | None = None,
    features: str = "baseline",
    constituents: bool = False,
    detector: Any = None,
    energy: float = 13000.0,
    progress: bool = True,
) -> SimulationResult:
    """Simulate a process into a Parquet file.

    Args:
        process: A process or a mixture; see `resonaut.simulation.processes`.
        events: Selected events (of a mixture: of its background).
        out: The file to write.
        signal: Selected signal events of a mixture.
        seed: Decides every event, together with the settings.
        workers: Processes to use; no influence on the events.
        parameters: Free parameters of the process (GeV), such as `mass_wprime`.
        radius: Of the anti-kT jets.
        leading_pt: Least pT of the leading jet (GeV).
        eta_max: Both jets within.
        mass_range: Keep only dijet masses between these (GeV).
        features: Name of a feature set.
        constituents: Also store the constituents of both jets.
        detector: Has `observe(particles, seed=...)`; `DelphesCMS()` unless given.
        energy: Centre-of-mass energy (GeV).
        progress: Show a progress bar.
    """
    start = time.perf_counter()
    output = Path(out)
    wanted = _wanted(process, events, signal)
    given = _distribute(parameters or {}, list(wanted))
    _check_settings(mass_range, workers, seed)
    clustering = JetClustering(radius=radius, leading_pt=leading_pt, eta_max=eta_max)
    chains = [
        Chain(
            process=name,
            parameters=find_process(name).parameters(given[name]),
            detector=DelphesCMS() if detector is None else detector,
            clustering=clustering,
            features=features,
            constituents=constituents,
            mass_range=mass_range,
            energy=energy,
            seed=seed,
        )
        for name in wanted
    ]
    settings = {"name": process, "events": wanted, "chains": [chain.settings() for chain in chains]}
    shards = Shards.beside(output)
    _refuse_foreign_file(output, shards)
    manifest = shards.open(settings)
    if manifest["complete"] and output.exists():
        return SimulationResult(output, _read_counts(manifest), 0.0)

    blocks: dict[str, list[BlockCounts]] = {}
    with production_progress(wanted, visible=progress) as advance:
        for chain in chains:
            blocks[chain.process] = make_blocks(
                chain, wanted[chain.process], shards=shards, workers=workers, on_block=advance(chain.process)
            )
    sources = [Source(name, find_process(name).label, len(blocks[name]), n) for name, n in wanted.items()]
    merge(shards, sources, output, seed=seed)
    counts = {chain.process: _count(chain, wanted[chain.process], blocks[chain.process]) for chain in chains}
    seconds = time.perf_counter() - start
    shards.write_manifest(
        {
            "settings": settings,
            "complete": True,
            "versions": versions(),
            "seed": seed,
            "workers": workers,
            "processes": {name: vars(value) for name, value in counts.items()},
            "seconds": seconds,
            "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
        }
    )
    shards.clear()
    return SimulationResult(output, counts, seconds)


def versions() -> dict[str, str]:
    """Of what decides the events."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _wanted(process: str, events: int, signal: int) -> dict[str, int]:
    """Selected events wanted of each single process."""
    for name, number in (("events", events), ("signal", signal)):
        if number < 0:
            raise ConfigError(f"{name} is {number}; give a number of events, 0 or more")
    mixture = find_mixture(process)
    if mixture is None:
        find_process(process)
        if signal:
            raise ConfigError(f"process {process} is not a mixture, so it takes no signal events ({signal} asked)")
        wanted = {process: events}
    else:
        wanted = {name: n for name, n in ((mixture.background, events), (mixture.signal, signal)) if n}
    if not any(wanted.values()):
        raise ConfigError("no events are asked for; give a positive number of events")
    return wanted


def _distribute(parameters: Mapping[str, float], processes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Each parameter to the process that has it."""
    given: dict[str, dict[str, float]] = {name: {} for name in processes}
    for parameter, value in parameters.items():
        owners = [name for name in processes if parameter in find_process(name).defaults]
        if not owners:
            known = ", ".join(known for name in processes for known in find_process(name).defaults)
            raise SimulationError(f"no parameter {parameter!r} in {', '.join(processes)}; there are: {known}")
        for name in owners:
            given[name][parameter] = value
    return given


def _check_settings(mass_range: tuple[float, float] | None, workers: int, seed: int) -> None:
    if mass_range is not None and not mass_range[0] < mass_range[1]:
        low, high = mass_range
        raise ConfigError(f"mass range {low:.0f}:{high:.0f} GeV is the wrong way round; give LOW:HIGH")
    if workers < 1:
        raise ConfigError(f"workers is {workers}; give 1 or more")
    if seed < 0:
        raise ConfigError(f"seed is {seed}; give 0 or more")


def _refuse_foreign_file(output: Path, shards: Shards) -> None:
    if output.is_dir():
        raise RunError(f"{output} is a folder; give the name of a file")
    if output.exists() and shards.read_manifest() is None:
        raise RunError(f"{output} is there and was not made by this production; remove it or choose another output")


def _count(chain: Chain, n_events: int, blocks: Sequence[BlockCounts]) -> ProcessCounts:
    excluded: Counter[str] = Counter()
    for block in blocks:
        excluded.update(block.excluded)
    n_selected = sum(block.n_selected for block in blocks)
    n_generated = sum(block.n_generated for block in blocks)
    sigma, error = cross_section(find_process(chain.process).settings(chain.parameters), energy=chain.energy)
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


def _read_counts(manifest: Mapping[str, Any]) -> dict[str, ProcessCounts]:
    return {name: ProcessCounts(**counts) for name, counts in manifest["processes"].items()}
