"""Dijet events in the two layouts of the LHC Olympics 2020 files, for everything that reads those.

`resonaut.events.lhco` says what the layouts are. Jets are ordered by pT. Productions keep the constituents of the two
leading jets and no other particle, so a particle-level file written here holds those alone: clustering them again gives
the same two jets, but there is no third one in it. Events without labels are written without a label, as in the
Olympics' black boxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from resonaut.events.lhco import N_PARTICLES
from resonaut.events.pandas_writing import FrameWriter

__all__ = ["TAUS", "FeatureFileWriter", "ParticleFileWriter"]

Array = np.ndarray

TAUS = tuple(f"tau{n}_b10_{jet}" for jet in (1, 2) for n in (1, 2, 3))
"""The features that a feature file is made of: N-subjettiness at beta 1 of the lighter jet, and of the heavier."""

TRUNCATED = f"particles beyond the hardest {N_PARTICLES} of their event"


class FeatureFileWriter:
    """Momentum, mass and tau_1..3 of both jets, a row an event."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frame: FrameWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append events, which have `TAUS` and the columns of single jets."""
        flat = [field.name for field in table.schema if not pa.types.is_list(field.type)]
        columns = {name: table[name].to_numpy().astype(np.float64) for name in flat}
        in_order = columns["jet1_mass"] <= columns["jet2_mass"]
        values = _jet(columns, 1, in_order) | _jet(columns, 2, ~in_order)
        if "label" in columns:
            values["label"] = columns["label"]
        if self._frame is None:
            self._frame = FrameWriter(self._path, tuple(values))
        self._frame.write(np.stack(list(values.values()), axis=1))

    def close(self) -> Mapping[str, int]:
        """Finish the file."""
        if self._frame is not None:
            self._frame.close()
        return {}


class ParticleFileWriter:
    """(pT, eta, phi) of up to 700 particles an event, hardest first, padded with zeros."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frame: FrameWriter | None = None
        self._truncated = 0

    def write(self, table: pa.Table) -> None:
        """Append events, which have the jets' constituents."""
        labelled = "label" in table.column_names
        if self._frame is None:
            self._frame = FrameWriter(self._path, range(3 * N_PARTICLES + labelled))
        # 17 kB an event in this layout, most of it zeros.
        for first in range(0, table.num_rows, 32 * self._frame.chunk):
            self._write(table.slice(first, 32 * self._frame.chunk), labelled)

    def _write(self, table: pa.Table, labelled: bool) -> None:
        rows = np.zeros((table.num_rows, 3 * N_PARTICLES + labelled))
        event, place, particles = _particles(table)
        kept = place < N_PARTICLES
        self._truncated += int((~kept).sum())
        for axis, values in enumerate(particles):
            rows[event[kept], 3 * place[kept] + axis] = values[kept]
        if labelled:
            rows[:, -1] = table["label"].to_numpy()
        assert self._frame is not None
        self._frame.write(rows)

    def close(self) -> Mapping[str, int]:
        """Finish the file; particles that it has no place for are counted."""
        if self._frame is not None:
            self._frame.close()
        return {TRUNCATED: self._truncated} if self._truncated else {}


def _jet(columns: Mapping[str, Array], jet: int, is_lighter: Bool[Array, " N"]) -> dict[str, Float[Array, " N"]]:
    """One jet's columns as the Olympics call them."""
    pt, eta, phi, mass = (columns[f"jet{jet}_{name}"] for name in ("pt", "eta", "phi", "mass"))
    momentum = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta), "m": mass}
    taus = {f"tau{n}": np.where(is_lighter, columns[f"tau{n}_b10_1"], columns[f"tau{n}_b10_2"]) for n in (1, 2, 3)}
    return {f"{name}j{jet}": values for name, values in (momentum | taus).items()}


def _particles(table: pa.Table) -> tuple[Array, Array, tuple[Array, Array, Array]]:
    """Event, place in it (hardest first) and (pT, eta, phi) of every constituent of both jets."""
    lists = [table[f"jet{jet}_constituent_pt"].combine_chunks() for jet in (1, 2)]
    event = np.concatenate([np.repeat(np.arange(table.num_rows), column.value_lengths()) for column in lists])
    pt, eta, phi = (
        np.concatenate([table[f"jet{jet}_constituent_{name}"].combine_chunks().flatten() for jet in (1, 2)])
        for name in ("pt", "eta", "phi")
    )
    order = np.lexsort((-pt, event))
    event, pt, eta, phi = event[order], pt[order], eta[order], phi[order]
    first = np.searchsorted(event, np.arange(table.num_rows))
    return event, np.arange(len(event)) - first[event], (pt, eta, phi)
