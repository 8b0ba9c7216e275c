"""One block of a production: generate, observe, cluster, measure. Everything a worker does, and nothing about files.

A block is a fixed number of generated events with its own seeds, derived from the production's seed, the process and
the block's number, so that it is the same wherever and whenever it is made.
"""

from __future__ import annotations

import functools
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from resonaut.errors import ConfigError, SimulationError
from resonaut.features.clustering import JetClustering
from resonaut.features.dijet import dijet_table
from resonaut.simulation.detector import DETECTORS
from resonaut.simulation.lhe import LheFile
from resonaut.simulation.processes import EventFilter, Process, find_process
from resonaut.simulation.pythia import MAX_SEED, PythiaGenerator

__all__ = ["Block", "Chain"]

VETO_MARGIN = 150.0  # GeV between parton veto and jet selection: loses 0.06 % (validation/parton_veto.py)
VETO_FROM = 300.0  # GeV of leading_pt; below, emissions that the veto does not see move a jet by as much as the margin
OUT_OF_RANGE = "dijet mass out of range"


@dataclass(frozen=True)
class Block:
    """Selected events of one block, and how many it took.

    Args:
        table: One row a selected event, without event ids and labels.
        n_generated: Hard events made.
        excluded: Events that were left out, by reason; with the selected ones they add up to n_generated.
        seconds: CPU time of it.
    """

    table: pa.Table
    n_generated: int
    excluded: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class Chain:
    """From a process to a table of dijet events.

    Args:
        process: A single process.
        parameters: Its free parameters, where they differ from the defaults.
        detector: A dataclass with `observe(particles, seed=...)`; its fields are part of the settings.
        clustering: Jets and event selection.
        features: Name of the feature set.
        constituents: Also keep the jets' constituents.
        mass_range: Keep dijet masses inside (GeV).
        parton_mass: Keep events whose leading parton jets have a mass inside (GeV), before they are hadronised.
        energy: Centre-of-mass energy (GeV), where the process does not bring its own.
        seed: The production's seed.
        block_size: Events a block takes through the detector.
    """

    process: Process
    detector: Any
    clustering: JetClustering
    seed: int
    parameters: dict[str, float] = field(default_factory=dict)
    features: str = "baseline"
    constituents: bool = False
    mass_range: tuple[float, float] | None = None
    parton_mass: tuple[float, float] | None = None
    energy: float = 13000.0
    block_size: int = 500

    def __post_init__(self) -> None:
        if self.parton_mass is not None and self._veto_pt is None:
            raise ConfigError(
                f"parton_mass is for processes with a veto at parton level, and {self.process.name} with jets above "
                f"{self.clustering.leading_pt:.0f} GeV has none; leave it out"
            )

    def run(self, block: int) -> Block:
        """Make that block."""
        start = time.process_time()
        pythia_seed, detector_seed = self.seeds(block)
        generated = self._generator.generate(self.block_size, seed=pythia_seed, block=block)
        excluded = Counter(generated.excluded)
        dijets = self.clustering.cluster(self.detector.observe(generated.particles, seed=detector_seed))
        excluded.update(dijets.exclusions)
        if self.mass_range is not None:
            low, high = self.mass_range
            inside = (dijets.mjj > low) & (dijets.mjj < high)
            excluded[OUT_OF_RANGE] += int((~inside).sum())
            dijets = dijets[inside]
        table = dijet_table(dijets, features=self.features, constituents=self.constituents).drop_columns("event")
        return Block(table, generated.n_generated, dict(excluded), time.process_time() - start)

    def prepare(self) -> None:
        """Set Pythia up, which refuses settings that cannot work."""
        _ = self._generator

    @property
    def label(self) -> int:
        """Truth label of the events."""
        return int(self.parameters.get("label", self.process.label))

    @property
    def n_blocks(self) -> int | None:
        """How many blocks there are events for; None where Pythia makes as many as are wanted."""
        return None if self.process.lhe is None else self.process.lhe.n_blocks(self.block_size)

    @property
    def pythia_settings(self) -> tuple[str, ...]:
        """The process's card with its parameters."""
        return self.process.settings(self.parameters)

    @property
    def beam_energy(self) -> float:
        """Centre-of-mass energy of the events (GeV)."""
        return self.process.energy or self.energy

    def seeds(self, block: int) -> tuple[int, int]:
        """Seeds of Pythia and of the detector for that block.

        Pythia has only 9e8 seeds: drawn at random, two blocks out of many would share one. Counting up from a random
        start cannot repeat, and neighbouring seeds are as independent as any others.
        """
        stream = zlib.crc32(self.process.name.encode())  # a process keeps its events when others are added
        start = np.random.SeedSequence(self.seed, spawn_key=(stream,)).generate_state(1, np.uint64)[0]
        detector = np.random.SeedSequence(self.seed, spawn_key=(stream, block)).generate_state(1, np.uint64)[0]
        return (int(start) + block) % MAX_SEED, int(detector)

    def settings(self) -> dict[str, Any]:
        """Everything that decides the events, for the manifest."""
        of_file = {} if self.process.origin is None else {"file": dict(self.process.origin)}
        # Only where it is used: the settings of a production without it stay what they always were.
        of_partons = {} if self.parton_mass is None else {"parton_mass": list(self.parton_mass)}
        return {
            "process": self.process.name,
            **of_file,
            **of_partons,
            "parameters": dict(self.parameters),
            "pythia": list(self.pythia_settings),
            "longitudinal": list(self.process.longitudinal),
            "energy": self.beam_energy,
            "detector": {"name": type(self.detector).__name__, **asdict(self.detector)},
            "clustering": asdict(self.clustering),
            "features": self.features,
            "constituents": self.constituents,
            "mass_range": None if self.mass_range is None else list(self.mass_range),
            "veto_pt": self._veto_pt,
            "block_size": self.block_size,
            "seed": self.seed,
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Chain:
        """The chain that a manifest describes, which makes the same events again.

        Raises:
            SimulationError: this version cannot make them (another card, another detector), or they are from a file.
        """
        if "file" in settings:
            raise SimulationError(f"events of process {settings['process']} are read from a file; simulate anew")
        try:
            detector = dict(settings["detector"])
            chain = cls(
                process=find_process(settings["process"]),
                parameters=dict(settings["parameters"]),
                detector=DETECTORS[detector.pop("name")](**detector),
                clustering=JetClustering(**settings["clustering"]),
                features=settings["features"],
                constituents=settings["constituents"],
                mass_range=_pair(settings["mass_range"]),
                parton_mass=_pair(settings.get("parton_mass")),
                energy=settings["energy"],
                seed=settings["seed"],
                block_size=settings["block_size"],
            )
            same = chain.settings() == dict(settings)
        except (KeyError, TypeError):
            same = False
        if not same:
            raise SimulationError("these settings are of another version, which makes other events; simulate anew")
        return chain

    @property
    def _veto_pt(self) -> float | None:
        holds = self.process.parton_veto and self.clustering.leading_pt >= VETO_FROM
        return self.clustering.leading_pt - VETO_MARGIN if holds else None

    @property
    def _generator(self) -> PythiaGenerator:
        return _generator(
            self.pythia_settings,
            self.beam_energy,
            self.process.longitudinal,
            self._veto_pt,
            self.clustering.radius,
            self.parton_mass,
            self.process.filters,
            self.process.lhe,
        )


@functools.lru_cache(maxsize=4)
def _generator(
    settings: tuple[str, ...],
    energy: float,
    longitudinal: tuple[int, ...],
    veto_pt: float | None,
    veto_radius: float,
    parton_mass: tuple[float, float] | None,
    filters: tuple[EventFilter, ...],
    lhe: LheFile | None,
) -> PythiaGenerator:
    """Setting up Pythia takes a second, and its blocks do not depend on what it made before."""
    return PythiaGenerator(
        settings,
        energy=energy,
        longitudinal=longitudinal,
        veto_pt=veto_pt,
        veto_radius=veto_radius,
        parton_mass=parton_mass,
        filters=filters,
        lhe=lhe,
    )


def _pair(limits: Sequence[float] | None) -> tuple[float, float] | None:
    return None if limits is None else (limits[0], limits[1])
