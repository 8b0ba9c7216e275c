"""Particle-level files to feature tables: the real events come out as published, and every event is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from resonaut.analysis import extraction
from resonaut.analysis.extraction import write_features
from resonaut.analysis.loading import load
from resonaut.errors import EventsError
from resonaut.features.sets import resolve

REAL = "lhco_rnd_v1_particles_1000.h5"


def test_the_real_events_come_out_as_published(validation_data: Path, tmp_path: Path) -> None:
    result = write_features(validation_data / REAL, tmp_path / "jets.parquet")
    ours = pd.read_parquet(result.path).set_index("event")
    theirs = pd.read_parquet(validation_data / "lhco_rnd_v1_jets_50k.parquet").set_index("event").loc[ours.index]
    assert result.n_selected == len(ours) == 1000
    np.testing.assert_allclose(ours.mjj, theirs.mjj, rtol=1e-8)
    for jet in (1, 2):
        mass, expected = ours[f"jet{jet}_mass"], theirs[f"mass_{jet}"]
        # A mass is what is left of E^2 - p^2: of a jet of 1 TeV, double precision leaves 1e-5 GeV of a mass near 0.
        energy = ours[f"jet{jet}_pt"] * np.cosh(ours[f"jet{jet}_eta"])
        assert (np.abs(mass - expected) <= 1e-8 * np.abs(expected) + 1e-11 * energy).all()
    assert (ours.label == theirs.label).all()


def test_the_number_of_workers_does_not_matter(
    validation_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "CHUNK", 400)
    one = write_features(validation_data / REAL, tmp_path / "one.parquet", workers=1)
    monkeypatch.undo()
    two = write_features(validation_data / REAL, tmp_path / "two.parquet", workers=2)
    assert pq.read_table(one.path).equals(pq.read_table(two.path))
    assert (one.n_events, one.exclusions) == (two.n_events, two.exclusions)


def test_every_event_is_accounted_for(tmp_path: Path) -> None:
    """Two back-to-back particles are a dijet; one is none; a NaN is unusable."""
    rows = np.zeros((4, 2101))
    rows[0, :6] = [1500, 0.0, 0.0, 1500, 0.1, np.pi]
    rows[1, :3] = [1500, 0.0, 0.0]
    rows[2, :6] = [np.nan, 0.0, 0.0, 1500, 0.1, np.pi]
    rows[3, :6] = [300, 0.0, 0.0, 300, 0.1, np.pi]
    pd.DataFrame(rows).to_hdf(tmp_path / "events.h5", key="df")
    result = write_features(tmp_path / "events.h5", tmp_path / "jets.parquet")
    assert (result.n_events, result.n_selected) == (4, 1)
    assert sum(result.exclusions.values()) == 3
    events = load(tmp_path / "jets.parquet", features=resolve("baseline"))
    assert len(events) == 1
    assert events.n_unusable == 3


def test_a_file_without_a_dijet_is_refused(tmp_path: Path) -> None:
    rows = np.zeros((3, 2101))
    rows[:, :3] = [50.0, 0.0, 0.0]
    pd.DataFrame(rows).to_hdf(tmp_path / "events.h5", key="df")
    with pytest.raises(EventsError, match=r"no event of .* passes the selection"):
        write_features(tmp_path / "events.h5", tmp_path / "jets.parquet")
    assert not (tmp_path / "jets.parquet").exists()


def test_particles_are_made_into_features_once(
    validation_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = load(validation_data / REAL, features=resolve("baseline"))
    (cached,) = (tmp_path / "resonaut" / "features").iterdir()
    made = cached.stat().st_mtime_ns
    again = load(validation_data / REAL, features=resolve("baseline"))
    assert cached.stat().st_mtime_ns == made
    np.testing.assert_array_equal(first.features, again.features)
