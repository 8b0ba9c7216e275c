"""A production: so many selected events of a process, into one file.

    simulate("lhco-rnd", events=20_000, signal=500, out="events.parquet", seed=1, workers=2)

Made in blocks with seeds of their own: the result does not depend on the number of workers, and a production that was
stopped goes on from its last block when the same call is made again. `FILE.run/manifest.json` says with which settings,
seeds and versions the file was made, and what was left out on the way.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from resonaut.errors import RunError
from resonaut.events.output import output_format
from resonaut.features.clustering import JetClustering
from resonaut.runs.folder import checksum, versions
from resonaut.simulation.blackbox import BlackBox
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import DelphesCMS
from resonaut.simulation.finished import origin
from resonaut.simulation.merging import Source, labels_in_order, merge
from resonaut.simulation.processes import find_process
from resonaut.simulation.progress import production_progress
from resonaut.simulation.request import check_positive, check_selection, requested_columns, requested_sample
from resonaut.simulation.result import ProcessCounts, SimulationResult, count_process
from resonaut.simulation.sample import Made
from resonaut.simulation.sealing import read_sealed, sealed_path, write_sealed
from resonaut.simulation.shards import BlockCounts, Shards
from resonaut.simulation.workers import block_maker, make_blocks

__all__ = ["recorded_seed", "simulate"]

PACKAGES = ("resonaut", "pythia8mc", "fastjet", "numba", "numpy", "awkward", "pyarrow")


def simulate(
    process: str,
    *,
    events: int,
    out: str | Path,
    file: str | Path | None = None,
    signal: int = 0,
    seed: int = 0,
    workers: int = 1,
    parameters: Mapping[str, float] | None = None,
    radius: float = 1.0,
    leading_pt: float = 1200.0,
    eta_max: float = 2.5,
    mass_range: tuple[float, float] | None = None,
    parton_mass: tuple[float, float] | None = None,
    features: str | None = None,
    constituents: bool = False,
    format: str = "parquet",
    detector: Any = None,
    energy: float = 13000.0,
    block_size: int = 500,
    progress: bool = True,
) -> SimulationResult:
    """Simulate a process into a file.

    Args:
        process: A process or a mixture (see `resonaut.simulation.processes`), or `blackbox`.
        events: Selected events (of a mixture: of its background).
        out: The file to write.
        file: What the processes `pythia` and `lhe` read: a Pythia command file, a Les Houches file.
        signal: Selected signal events of a mixture.
        seed: Decides every event, together with the settings.
        workers: Processes to use; no influence on the events.
        parameters: Free parameters of the process, such as `mass_wprime` (GeV).
        radius: Of the anti-kT jets.
        leading_pt: Least pT of the leading jet (GeV).
        eta_max: The leading jet lies within.
        mass_range: Keep only dijet masses between these (GeV).
        parton_mass: Of QCD and top pairs, drop events whose two leading parton jets have a mass outside (GeV) before
            they are hadronised. Wider than `mass_range`, it saves time and loses few events.
        features: Name of a feature set; by default `baseline`, or what the layout of the file is made of.
        constituents: Also store the constituents of both jets.
        format: One of `resonaut.events.output.OUTPUT_FORMATS`.
        detector: A dataclass with `observe(particles, seed=...)`; `DelphesCMS()` unless given.
        energy: Centre-of-mass energy (GeV), where no file brings its own.
        block_size: Events of a block; part of what decides the events.
        progress: Show a progress bar.
    """
    start = time.perf_counter()
    output = Path(out)
    find = functools.cache(functools.partial(find_process, file=file))  # a file is read once
    sample = requested_sample(process, events, signal, parameters or {}, seed, mass_range, find)
    check_positive(workers=workers, block_size=block_size, radius=radius, energy=energy, eta_max=eta_max)
    check_selection(mass_range, parton_mass, leading_pt, seed)
    layout = output_format(format)
    columns = requested_columns(features, format, layout)
    chains = {
        name: Chain(
            process=find(name),
            parameters=find(name).parameters(given, leading_pt=leading_pt),
            detector=DelphesCMS() if detector is None else detector,
            clustering=JetClustering(radius=radius, leading_pt=leading_pt, eta_max=eta_max),
            features=columns,
            constituents=constituents or layout.constituents,
            mass_range=mass_range,
            # The signal of a mixture is as it always is.
            parton_mass=parton_mass if find(name).parton_veto or len(sample.processes) == 1 else None,
            energy=energy,
            seed=seed,
            block_size=block_size,
        )
        for name, given in sample.processes.items()
    }
    everything = {
        "name": process,
        "events": dict(sample.wanted),
        "format": format,
        "chains": [chain.settings() for chain in chains.values()],
    }
    settings = sample.disclosed(everything)
    shards = Shards.beside(output, opaque=sample.sealed)
    _refuse_foreign_file(output, shards)
    if shards.read_manifest() is None:
        for chain in chains.values():
            chain.prepare()  # what Pythia refuses leaves no folder behind
        if sample.sealed:
            _seal_seed(output, seed)
    manifest = shards.open(settings)
    if manifest["complete"] and output.exists():
        _refuse_changed_file(output, manifest)
        counts = {name: ProcessCounts(**values) for name, values in manifest["processes"].items()}
        return SimulationResult(output, counts, sum(sample.wanted.values()), 0.0, manifest["left_out"])

    ahead = 1 if workers == 1 else 2 * workers

    def make_events(name: str, n: int) -> list[BlockCounts]:
        return make_blocks(name, n, make=make, ahead=ahead, on_block=advance(name), n_blocks=chains[name].n_blocks)

    with block_maker(chains, shards, workers) as make, production_progress(sample.wanted, visible=progress) as advance:
        made = Made(make_events, shards)
        events_of = sample.fill(made)
    sources = [Source(name, chains[name].label, len(made.blocks[name]), n) for name, n in events_of.items()]
    left_out = merge(
        shards,
        sources,
        output,
        seed=seed,
        labels=not sample.sealed,
        origin=origin(settings),
        writer=layout.writer,
    )
    all_counts = {name: count_process(chains[name], n, made.blocks[name]) for name, n in events_of.items()}
    if isinstance(sample, BlackBox):
        signal_ids = np.flatnonzero(labels_in_order(sources, seed=seed)).tolist()
        truth = sample.truth(made, events_of, signal_ids)
        made_of = {"settings": everything, "processes": {name: vars(value) for name, value in all_counts.items()}}
        write_sealed(output, {"complete": True, "seed": seed, "sha256": checksum(output), **truth, **made_of})
    counts = sample.reported(all_counts)
    seconds = time.perf_counter() - start
    shards.write_manifest(
        {
            "settings": settings,
            "complete": True,
            "versions": versions(PACKAGES),
            "workers": workers,
            "seconds": seconds,
            "processes": {name: vars(value) for name, value in counts.items()},
            "left_out": dict(left_out),
            "sha256": checksum(output),
        }
    )
    shards.clear()
    return SimulationResult(output, counts, sum(sample.wanted.values()), seconds, left_out)


def recorded_seed(out: str | Path) -> int:
    """The seed of the production that is under way at `out`, so that it can go on; a new one where there is none.

    Raises:
        RunError: a black box whose sealed file, which holds its seed, is not there.
    """
    manifest = Shards.beside(Path(out)).read_manifest()
    if manifest is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    chain = manifest["settings"]["chains"][0]
    if "seed" in chain:
        return int(chain["seed"])
    sealed = sealed_path(Path(out))
    if not sealed.exists():
        raise RunError(f"{out} is a black box and {sealed}, which has its seed, is gone; put it back, or give --seed")
    return int(read_sealed(sealed)["seed"])


def _seal_seed(output: Path, seed: int) -> None:
    """Keep the seed of a black box, which decides everything, until its truth is known."""
    sealed = sealed_path(output)
    if sealed.exists() and read_sealed(sealed)["complete"]:
        raise RunError(f"{sealed} holds the truth of another black box; move it away or choose another output")
    write_sealed(output, {"complete": False, "seed": seed})


def _refuse_foreign_file(output: Path, shards: Shards) -> None:
    if output.is_dir():
        raise RunError(f"{output} is a folder; give the name of a file")
    if output.exists() and shards.read_manifest() is None:
        raise RunError(f"{output} is there and {shards.folder} is not; remove the file or choose another output")


def _refuse_changed_file(output: Path, manifest: Mapping[str, Any]) -> None:
    if checksum(output) != manifest["sha256"]:
        raise RunError(f"{output} has changed since it was made; remove it to make it again, or choose another output")
