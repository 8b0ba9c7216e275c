"""What one format writes is what its reader, and the tool that physicists read it with, give back."""

from __future__ import annotations

import resource
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.events import root
from resonaut.events.formats import FORMATS, detect_format
from resonaut.events.lhco_writing import TRUNCATED
from resonaut.events.output import OUTPUT_FORMATS, output_format
from resonaut.events.reading import read_events

LHCO = ("pxj{}", "pyj{}", "pzj{}", "mj{}", "tau1j{}", "tau2j{}", "tau3j{}")
FEATURES = ("mj1", "delta_mj", "tau21_1", "tau21_2")


def dijets(n: int, *, labels: bool = True, most: int = 40, seed: int = 0) -> pa.Table:
    """Two massless particles' worth of consistency, no physics: columns as a production has them."""
    rng = np.random.default_rng(seed)
    pt = np.sort(rng.uniform(500, 2500, (n, 2)), axis=1)[:, ::-1]
    mass, eta, phi = rng.uniform(20, 400, (n, 2)), rng.normal(size=(n, 2)), rng.uniform(-np.pi, np.pi, (n, 2))
    tau = np.sort(rng.uniform(0.05, 0.5, (n, 2, 3)), axis=2)[:, :, ::-1]  # lighter and heavier jet; 1, 2, 3 axes
    energy = np.sqrt((pt * np.cosh(eta)) ** 2 + mass**2).sum(axis=1)
    px, py, pz = ((pt * part).sum(axis=1) for part in (np.cos(phi), np.sin(phi), np.sinh(eta)))
    table: dict[str, object] = {"event": np.arange(n), "mjj": np.sqrt(energy**2 - px**2 - py**2 - pz**2)}
    table |= {"mj1": mass.min(axis=1), "delta_mj": np.ptp(mass, axis=1)}
    table |= {f"tau21_{k + 1}": tau[:, k, 1] / (1e-5 + tau[:, k, 0]) for k in (0, 1)}
    table |= {f"tau{axes}_b10_{k + 1}": tau[:, k, axes - 1] for k in (0, 1) for axes in (1, 2, 3)}
    for jet in (0, 1):
        table |= {f"jet{jet + 1}_{name}": x[:, jet] for name, x in (("pt", pt), ("eta", eta), ("phi", phi))}
        table[f"jet{jet + 1}_mass"] = mass[:, jet]
        sizes = rng.integers(1, most, n)
        for name in ("pt", "eta", "phi"):
            flat = rng.uniform(0.1, 3.0, sizes.sum()).astype(np.float32)
            offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
            table[f"jet{jet + 1}_constituent_{name}"] = pa.ListArray.from_arrays(offsets, flat)
    if labels:
        table["label"] = rng.integers(0, 2, n).astype(np.int8)
    return pa.table(table)


def write(format, path, table, pieces=3):
    writer = OUTPUT_FORMATS[format].writer(path)
    step = -(-table.num_rows // pieces)
    for first in range(0, table.num_rows, step):
        writer.write(table.slice(first, step))
    return writer.close()


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_a_format_is_recognised_by_its_content(format, tmp_path):
    write(format, tmp_path / "events", dijets(20))
    assert detect_format(tmp_path / "events") == format


@pytest.mark.parametrize("format", ["parquet", "lhco", "root"])
@pytest.mark.parametrize("labels", [True, False])
def test_features_come_back(format, labels, tmp_path):
    table = dijets(50, labels=labels)
    write("parquet", tmp_path / "expected", table)
    write(format, tmp_path / "events", table)
    expected, events = (read_events(tmp_path / name, features=FEATURES) for name in ("expected", "events"))
    np.testing.assert_allclose(events.mass, expected.mass, rtol=1e-9)
    np.testing.assert_allclose(events.features, expected.features, rtol=1e-9)
    assert (events.labels is None) == (not labels)
    if labels:
        assert (events.labels == expected.labels).all()


@pytest.mark.parametrize("format", ["parquet", "root"])
def test_every_column_comes_back_exactly(format, tmp_path):
    table = dijets(30)
    write(format, tmp_path / "events", table)
    back = FORMATS[format].read(tmp_path / "events", table.column_names)
    assert back.to_pydict() == table.to_pydict()


def test_pandas_reads_the_feature_layout(tmp_path):
    table = dijets(40)
    write("lhco", tmp_path / "events.h5", table)
    frame = pd.read_hdf(tmp_path / "events.h5", "df")
    names = [name.format(jet) for jet in (1, 2) for name in LHCO]
    assert list(frame.columns) == [*names, "label"]
    assert frame.index.tolist() == list(range(40))
    assert (np.hypot(frame.pxj1, frame.pyj1) >= np.hypot(frame.pxj2, frame.pyj2)).all()
    lighter = frame.mj1 <= frame.mj2
    for n in (1, 2, 3):
        np.testing.assert_array_equal(np.where(lighter, frame[f"tau{n}j1"], frame[f"tau{n}j2"]), table[f"tau{n}_b10_1"])
        np.testing.assert_array_equal(np.where(lighter, frame[f"tau{n}j2"], frame[f"tau{n}j1"]), table[f"tau{n}_b10_2"])
    assert 0 < lighter.sum() < 40


def test_pandas_reads_the_particle_layout(tmp_path):
    table = dijets(40)
    assert write("lhco-particles", tmp_path / "events.h5", table) == {}
    frame = pd.read_hdf(tmp_path / "events.h5", "df")
    assert frame.shape == (40, 2101)
    assert list(frame.columns) == list(range(2101))
    assert (frame[2100] == table["label"].to_numpy()).all()
    pt = frame.to_numpy()[:, 0:2100:3]
    assert (np.diff(pt, axis=1) <= 0).all()
    for row, event in enumerate(table.to_pylist()):
        both = sorted((event["jet1_constituent_pt"] + event["jet2_constituent_pt"]), reverse=True)
        assert pt[row, : len(both)].tolist() == both
        assert not pt[row, len(both) :].any()


def test_our_reader_gives_the_particles_back(tmp_path):
    table = dijets(30, labels=False)
    write("lhco-particles", tmp_path / "events.h5", table)
    (batch,) = FORMATS["lhco-particles"].read(tmp_path / "events.h5", chunk=100)
    assert batch.label is None
    for event, particles in zip(table.to_pylist(), batch.particles.to_list(), strict=True):
        expected = set()
        for jet in ("jet1", "jet2"):
            expected |= set(zip(*(event[f"{jet}_constituent_{name}"] for name in ("pt", "eta", "phi")), strict=True))
        assert {(p["pt"], p["eta"], p["phi"]) for p in particles} == expected


def test_particles_without_a_place_are_counted(tmp_path):
    table = dijets(20, most=800, seed=3)
    both = [len(e["jet1_constituent_pt"]) + len(e["jet2_constituent_pt"]) for e in table.to_pylist()]
    beyond = sum(max(0, n - 700) for n in both)
    assert beyond > 0
    assert write("lhco-particles", tmp_path / "events.h5", table) == {TRUNCATED: beyond}


@pytest.mark.parametrize("format", ["parquet", "lhco", "lhco-particles"])
def test_the_same_events_give_the_same_bytes(format, tmp_path):
    write(format, tmp_path / "a", dijets(300))
    time.sleep(1.1)  # HDF5 would note times in seconds
    write(format, tmp_path / "b", dijets(300))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_root_files_of_another_kind_are_named(tmp_path):
    import uproot

    path = tmp_path / "events.root"
    with uproot.recreate(path) as file:
        file.mktree("jets", {"mjj": "float64"}).extend({"mjj": np.ones(3)})
        file.mktree("photons", {"mjj": "float64"}).extend({"mjj": np.ones(3)})
    with pytest.raises(FormatError, match=r"events\.root has 2 trees \(jets, photons\)"):
        root.column_names(path)
    write("root", path, dijets(5))
    with pytest.raises(EventsError, match=r"no column 'mjjj' \(did you mean 'mjj'\?\)"):
        root.read_table(path, ["mjjj"])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FormatError, match=r"events\.root cannot be read as ROOT"):
        root.column_names(path)


def test_an_unknown_format_comes_with_the_choice():
    with pytest.raises(ConfigError, match=r"'lhc' \(did you mean 'lhco'\?\); choose from parquet, lhco"):
        output_format("lhc")


@pytest.fixture
def small_disk():
    """No file can grow beyond 200 kB while the test runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_a_full_disk_is_an_error_and_no_crash(format, tmp_path, small_disk):
    table = dijets(4000)
    with pytest.raises(OSError, match="File too large"):
        write(format, tmp_path / "events", table)
