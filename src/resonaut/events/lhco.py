"""The two layouts of the LHC Olympics 2020 files, both pandas fixed-format HDF5 under the key `df`.

Feature files have a row an event and the columns `pxj1 pyj1 pzj1 mj1 tau1j1 tau2j1 tau3j1 pxj2 ... tau3j2 label`.
Their j1 and j2 are in the file's own order: here jets are ordered by pT in the columns of single jets (`jet1_pt`, ...),
and by mass in `mj1` (the lighter), `delta_mj`, `tau21_1` and `tau21_2`, as in the field's papers.

Particle-level files have 2101 columns: (pT, eta, phi) of 700 particles, padded with zeros, and the label, which the
black boxes leave out. With 1.1 million events they are 18 GB of numbers, so they are read in chunks.

References:
    Kasieczka et al. (LHC Olympics 2020), Rept. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
    Nachman, Shih, PRD 101 (2020) 075042, arXiv:2001.04990 (the four features)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.events.columns import listed, require_columns
from resonaut.events.exclusions import TOO_FEW_JETS, with_exclusions
from resonaut.events.pandas_hdf5 import FixedFrame, open_frame
from resonaut.events.particles import ParticleBatch

__all__ = ["ParticleBatch", "count_events", "feature_columns", "layout", "read_features", "read_particles"]

Array = np.ndarray

N_PARTICLES = 700
JET = ("pxj{}", "pyj{}", "pzj{}", "mj{}", "tau1j{}", "tau2j{}")
FEATURE_FILE = tuple(name.format(jet) for jet in (1, 2) for name in JET)

COLUMNS = (
    *("event", "mjj", "mj1", "delta_mj", "tau21_1", "tau21_2"),
    *(f"jet{jet}_{quantity}" for jet in (1, 2) for quantity in ("pt", "eta", "phi", "mass")),
)
"""What a feature file gives, in the shared names; and `label` where the file has one."""


def layout(path: Path | str) -> Literal["features", "particles"]:
    """Which of the two layouts an HDF5 file has.

    Raises:
        FormatError: neither.
    """
    with open_frame(path) as frame:
        if _is_particle_level(frame):
            return "particles"
        if set(FEATURE_FILE) <= set(frame.columns):
            return "features"
        raise FormatError(
            f"{path} has {len(frame.columns)} columns ({listed(frame.columns, 6)}); an LHC Olympics file has "
            f"{3 * N_PARTICLES} or {3 * N_PARTICLES + 1} (particles) or pxj1, pyj1, ..., tau2j2 (features)"
        )


def feature_columns(path: Path | str) -> tuple[str, ...]:
    """The columns that `read_features` can give."""
    with open_frame(path) as frame:
        _check_feature_file(frame)
        return (*COLUMNS, "label") if "label" in frame.columns else COLUMNS


def read_features(path: Path | str, columns: Sequence[str] | None = None) -> pa.Table:
    """A feature file as a table in the shared names; events with fewer than two jets are left out and counted.

    Args:
        path: The file.
        columns: Which of `feature_columns`; all by default.

    Raises:
        FormatError: the file is damaged or of another layout.
        EventsError: a column that it does not have.
    """
    with open_frame(path) as frame:
        _check_feature_file(frame)
        values = dict(zip(frame.columns, frame.rows(0, frame.n_rows).T, strict=True))
    computed = _dijets(*(np.stack([values[name.format(jet)] for name in JET]) for jet in (1, 2)))
    computed["event"] = np.arange(frame.n_rows)
    if "label" in values:
        computed["label"] = _labels(path, values["label"])
    wanted = (*COLUMNS, *(["label"] if "label" in values else [])) if columns is None else columns
    require_columns(wanted, tuple(computed), path)
    two_jets = (computed["jet1_pt"] != 0) & (computed["jet2_pt"] != 0)
    table = pa.table({name: computed[name][two_jets] for name in wanted})
    return with_exclusions(table, {TOO_FEW_JETS: int((~two_jets).sum())})


def count_events(path: Path | str) -> int:
    """How many events a file has, without reading them."""
    with open_frame(path) as frame:
        return frame.n_rows


def read_particles(
    path: Path | str, *, chunk: int = 5000, start: int = 0, stop: int | None = None
) -> Iterator[ParticleBatch]:
    """The events of a particle-level file, a chunk at a time; ids are the rows of the file.

    Args:
        path: The file.
        chunk: Events a batch; 5000 take about 230 MB.
        start: The first row to read, so that several workers can share a file.
        stop: The row to stop before; by default all are read.

    Raises:
        FormatError: the file is damaged or of another layout.
        EventsError: it has no events.
    """
    if chunk < 1:
        raise ConfigError(f"chunk is {chunk} events; give at least 1")
    with open_frame(path) as frame:  # so that a wrong file is refused here, not at the first batch
        if not _is_particle_level(frame):
            raise FormatError(
                f"{path} has {len(frame.columns)} columns; a particle-level LHC Olympics file has {3 * N_PARTICLES} "
                f"({N_PARTICLES} times pT, eta, phi) or one more, the label"
            )
        if not frame.n_rows:
            raise EventsError(f"{path} holds no events; give a file with some")
    return _batches(path, chunk, start, stop)


def _batches(path: Path | str, chunk: int, start: int, stop: int | None) -> Iterator[ParticleBatch]:
    import awkward as ak

    with open_frame(path) as frame:
        stop = frame.n_rows if stop is None else min(stop, frame.n_rows)
        for first in range(start, stop, chunk):
            rows = frame.rows(first, min(first + chunk, stop))
            pt, eta, phi = (rows[:, column : 3 * N_PARTICLES : 3] for column in range(3))
            real = pt != 0  # the padding; NaN stays, for whoever counts unusable events
            flat = ak.zip({"pt": pt[real], "eta": eta[real], "phi": phi[real]})
            yield ParticleBatch(
                event=np.arange(first, first + len(rows)),
                particles=ak.unflatten(flat, real.sum(axis=1)),
                label=_labels(path, rows[:, -1]) if rows.shape[1] > 3 * N_PARTICLES else None,
            )


def _is_particle_level(frame: FixedFrame) -> bool:
    return len(frame.columns) in (3 * N_PARTICLES, 3 * N_PARTICLES + 1)


def _check_feature_file(frame: FixedFrame) -> None:
    if missing := [name for name in FEATURE_FILE if name not in frame.columns]:
        raise FormatError(
            f"{frame.path} is no LHC Olympics feature file: it lacks {listed(missing)} and has "
            f"{listed(frame.columns, 6)}; give a file with these columns"
        )


def _labels(path: Path | str, label: Float[Array, " N"]) -> Int[Array, " N"]:
    if (wrong := ~np.isin(label, (0, 1))).any():
        raise FormatError(f"{path} has labels that are neither 0 nor 1, such as {label[wrong][0]:g}; repair the column")
    return label.astype(np.int8)


def _dijets(a: Float[Array, "6 N"], b: Float[Array, "6 N"]) -> dict[str, Array]:
    """The shared columns from two jets (px, py, pz, m, tau1, tau2)."""
    momentum, mass = np.stack([a[:3], b[:3]]), np.stack([a[3], b[3]])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # unusable events are counted, not warned about
        energy = np.sqrt((momentum**2).sum(axis=1) + mass**2)
        mjj = np.sqrt(energy.sum(axis=0) ** 2 - (momentum.sum(axis=0) ** 2).sum(axis=0))
        pt = np.hypot(momentum[:, 0], momentum[:, 1])
        eta = np.arcsinh(momentum[:, 2] / pt)
        tau21 = np.stack([jet[5] / (1e-5 + jet[4]) for jet in (a, b)])
    phi = np.arctan2(momentum[:, 1], momentum[:, 0])
    lighter, heavier = _order(mass[0] <= mass[1])
    leading, other = _order(pt[0] >= pt[1])
    columns = {
        "mjj": mjj,
        "mj1": lighter(mass),
        "delta_mj": heavier(mass) - lighter(mass),
        "tau21_1": lighter(tau21),
        "tau21_2": heavier(tau21),
    }
    for jet, pick in ((1, leading), (2, other)):
        columns |= {f"jet{jet}_{name}": pick(x) for name, x in (("pt", pt), ("eta", eta), ("phi", phi), ("mass", mass))}
    return columns


def _order(in_order: Bool[Array, " N"]) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """Functions that pick, of values [2, N], the first and the second jet's where they are in order."""
    return (lambda x: np.where(in_order, x[0], x[1])), (lambda x: np.where(in_order, x[1], x[0]))
