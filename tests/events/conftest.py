"""Files as other people's tools write them: pandas' HDF5, and the two LHC Olympics layouts in it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

WriteFrame = Callable[..., Path]


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that are written again and again, by hypothesis or by a fuzzer."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="session")
def write_frame() -> WriteFrame:
    """`DataFrame.to_hdf` as physicists call it."""

    def write(path: Path, frame: pd.DataFrame, complib: str | None = "blosc", **options: object) -> Path:
        compression = {} if complib is None else {"complib": complib, "complevel": 5}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTables, on names that it must pickle
            frame.to_hdf(path, **{"key": "df", "mode": "w", **compression, **options})
        return path

    return write


@pytest.fixture(scope="session")
def jets() -> Callable[..., pd.DataFrame]:
    """Makes a feature file's frame: two jets of TeV events an event, no physics in them."""
    # Spelt as the authors of the data have it, not taken from our reader.
    one = ["pxj1", "pyj1", "pzj1", "mj1", "tau1j1", "tau2j1", "tau3j1"]
    two = ["pxj2", "pyj2", "pzj2", "mj2", "tau1j2", "tau2j2", "tau3j2"]

    def make(n: int, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.uniform(0.05, 1.0, (n, 14)), columns=one + two)
        for jet in (1, 2):
            frame[f"mj{jet}"] *= 500.0
            for axis in "xyz":
                frame[f"p{axis}j{jet}"] = rng.normal(0.0, 1500.0, n)
        return frame.assign(label=rng.integers(0, 2, n).astype(float))

    return make


@pytest.fixture(scope="session")
def padded() -> Callable[..., pd.DataFrame]:
    """Makes a particle-level frame from each event's transverse momenta; eta and phi follow from them."""

    def make(events: Sequence[Sequence[float]], label: Sequence[int] | None = None) -> pd.DataFrame:
        rows = np.zeros((len(events), 2100 if label is None else 2101))
        for row, pt in zip(rows, events, strict=True):
            row[: 3 * len(pt)] = np.stack([pt, np.sin(pt), np.cos(pt)], axis=1).ravel()
        if label is not None:
            rows[:, -1] = label
        return pd.DataFrame(rows)

    return make


@pytest.fixture
def feature_file(tmp_path: Path, write_frame: WriteFrame, jets: Callable[..., pd.DataFrame]) -> Path:
    """50 events in the LHC Olympics feature layout."""
    return write_frame(tmp_path / "features.h5", jets(50))


@pytest.fixture
def particle_file(tmp_path: Path, write_frame: WriteFrame, padded: Callable[..., pd.DataFrame]) -> Path:
    """5 events in the LHC Olympics particle layout; the third has no particle at all, the fourth no padding."""
    events = [[3.0, 2.0, 1.0], [5.0], [], [4.0] * 700, [2.0, 1.0]]
    return write_frame(tmp_path / "particles.h5", padded(events, [0, 1, 0, 0, 1]))
