"""Events with the particles of their jets, for jet images and event displays.

Most productions do not keep them. Because a block of events is the same whenever it is made, the first block of each
process is then made again, with its particles, in a few seconds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from resonaut.errors import SimulationError
from resonaut.events.parquet import column_names, read_batches
from resonaut.events.reading import LABEL
from resonaut.features.constituents import CONSTITUENTS
from resonaut.features.native_output import native_output_to_stderr
from resonaut.simulation.chain import Chain
from resonaut.simulation.finished import FinishedProduction

__all__ = ["events_with_particles"]

_JETS = tuple(f"jet{jet}_{name}" for jet in (1, 2) for name in ("pt", "eta", "phi", "mass"))
SHOWN = 16_384
"""So many of the file's first events are read; with their particles some 60 MB."""


def events_with_particles(production: FinishedProduction) -> pa.Table:
    """The first events of the file, or, where it has no constituents, of the first block of each process.

    Raises:
        SimulationError: they are not in the file and cannot be made again.
        ModuleNotFoundError: they would have to be made, and Pythia or FastJet is not installed.
    """
    there = column_names(production.path)
    wanted = [*_JETS, *CONSTITUENTS, *(name for name in ("mjj", "met_phi", LABEL) if name in there)]
    if set(CONSTITUENTS) <= set(there):
        return next(read_batches(production.path, SHOWN, wanted))
    if LABEL not in there:  # a black box
        raise SimulationError("the file has no constituents, and to make events again would tell which is which")
    return pa.concat_tables([_first_block(Chain.from_settings(settings)) for settings in production.chains])


def _first_block(chain: Chain) -> pa.Table:
    with native_output_to_stderr():
        table = replace(chain, constituents=True).run(0).table
    return table.append_column(LABEL, pa.array(np.full(table.num_rows, chain.label, dtype=np.int8)))
