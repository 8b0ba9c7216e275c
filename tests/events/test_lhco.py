"""The LHC Olympics layouts, against kinematics written another way and against the real files."""

import tracemalloc
from itertools import pairwise

import awkward as ak
import h5py
import hdf5plugin
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonaut.errors import ConfigError, EventsError, FormatError
from resonaut.events.exclusions import exclusions_of
from resonaut.events.lhco import count_events, feature_columns, layout, read_features, read_particles

SHARED = ["event", "mjj", "mj1", "delta_mj", "tau21_1", "tau21_2"] + [
    f"jet{jet}_{name}" for jet in (1, 2) for name in ("pt", "eta", "phi", "mass")
]


def exchanged(frame):
    """The same events with j1 called j2."""
    other = {name: name[:-1] + "21"[int(name[-1]) - 1] for name in frame.columns if name != "label"}
    return frame.rename(columns=other)[list(frame.columns)]


# --- features


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 30))
def test_features_follow_from_the_jets(seed, n, scratch, write_frame, jets):
    frame = jets(n, seed)
    table = read_features(write_frame(scratch / "f.h5", frame)).to_pandas()

    assert list(table.columns) == [*SHARED, "label"]
    assert (table.event == np.arange(n)).all()
    assert (table.jet1_pt >= table.jet2_pt).all()
    assert (table.delta_mj >= 0).all()
    # The invariant mass from pT, rapidity and azimuth: another road than sums of momenta. Rounding is amplified by
    # E^2/mjj^2 where the jets are nearly collinear.
    mt2, y = {}, {}
    for jet in (1, 2):
        pt, eta, mass = (table[f"jet{jet}_{name}"] for name in ("pt", "eta", "mass"))
        mt2[jet] = mass**2 + pt**2
        y[jet] = np.arcsinh(pt * np.sinh(eta) / np.sqrt(mt2[jet]))
    cosines = np.sqrt(mt2[1] * mt2[2]) * np.cosh(y[1] - y[2]) - table.jet1_pt * table.jet2_pt * np.cos(
        table.jet1_phi - table.jet2_phi
    )
    np.testing.assert_allclose(
        table.mjj**2, table.jet1_mass**2 + table.jet2_mass**2 + 2 * cosines, rtol=1e-9, atol=1e-3
    )
    np.testing.assert_allclose(table.mj1 + table.delta_mj, frame[["mj1", "mj2"]].max(axis=1))
    np.testing.assert_allclose(table.mj1, frame[["mj1", "mj2"]].min(axis=1))
    lighter = np.where(
        frame.mj1 < frame.mj2, frame.tau2j1 / (1e-5 + frame.tau1j1), frame.tau2j2 / (1e-5 + frame.tau1j2)
    )
    np.testing.assert_allclose(table.tau21_1, lighter)


def test_the_files_own_order_of_jets_does_not_matter(tmp_path, write_frame, jets):
    frame = jets(200)
    one = read_features(write_frame(tmp_path / "a.h5", frame)).to_pandas()
    two = read_features(write_frame(tmp_path / "b.h5", exchanged(frame))).to_pandas()
    pd.testing.assert_frame_equal(one, two, rtol=1e-12)


def test_real_jets_reproduce_the_published_features(validation_data, scratch, write_frame):
    real = pq.read_table(validation_data / "lhco_rnd_v1_jets_50k.parquet").to_pandas().head(5000)
    frame = pd.DataFrame({"label": real.label})
    # The reference orders by pT; the file's own order is neither, so every other event is swapped.
    swap = np.arange(len(real)) % 2
    for jet in (1, 2):
        pt, eta, phi, mass = (
            np.where(swap, real[f"{name}_{3 - jet}"], real[f"{name}_{jet}"]) for name in ("pt", "eta", "phi", "mass")
        )
        frame[f"pxj{jet}"], frame[f"pyj{jet}"], frame[f"pzj{jet}"] = (
            pt * np.cos(phi),
            pt * np.sin(phi),
            pt * np.sinh(eta),
        )
        frame[f"mj{jet}"], frame[f"tau1j{jet}"], frame[f"tau2j{jet}"] = mass, 0.3, 0.15
    table = read_features(write_frame(scratch / "real.h5", frame)).to_pandas()
    for name in ("mjj", "mj1", "delta_mj", "label"):
        # Cancellation: masses are differences of squares of TeV energies in double precision.
        np.testing.assert_allclose(table[name], real[name], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(table.jet1_pt, real.pt_1, rtol=1e-12)
    np.testing.assert_allclose(table.jet2_eta, real.eta_2, rtol=1e-9, atol=1e-12)


def test_events_without_two_jets_are_left_out_and_counted(tmp_path, write_frame, jets):
    frame = jets(10)
    frame.loc[[2, 7], ["pxj2", "pyj2", "pzj2", "mj2"]] = 0.0
    table = read_features(write_frame(tmp_path / "f.h5", frame))
    assert table["event"].to_pylist() == [0, 1, 3, 4, 5, 6, 8, 9]
    assert exclusions_of(table) == {"fewer than two jets": 2}


def test_features_without_labels_and_a_choice_of_columns(tmp_path, write_frame, jets):
    path = write_frame(tmp_path / "f.h5", jets(3).drop(columns="label"))
    assert list(feature_columns(path)) == SHARED
    assert read_features(path, ["mjj", "jet1_pt"]).column_names == ["mjj", "jet1_pt"]
    with pytest.raises(EventsError, match=r"no column 'jet1_p' \(did you mean 'jet1_p"):
        read_features(path, ["jet1_p"])


# --- particles


@settings(max_examples=15, deadline=None)
@given(
    events=st.lists(st.lists(st.floats(0.1, 2000.0), max_size=12), min_size=1, max_size=9),
    chunk=st.integers(1, 10),
    cut=st.integers(0, 9),
)
def test_particles_round_trip_whatever_the_chunks(events, chunk, cut, scratch, write_frame, padded):
    path = write_frame(scratch / "p.h5", padded(events, [i % 2 for i in range(len(events))]))
    # Two workers share the file.
    batches = [*read_particles(path, chunk=chunk, stop=cut), *read_particles(path, chunk=chunk, start=cut)]
    assert [pt for batch in batches for pt in batch.particles.pt.to_list()] == events
    assert all(len(batch) <= chunk for batch in batches)
    phi = ak.concatenate([batch.particles.phi for batch in batches])
    assert ak.all(phi == np.cos(ak.Array(events))) or not any(events)
    assert np.concatenate([batch.event for batch in batches]).tolist() == list(range(len(events)))
    assert np.concatenate([batch.label for batch in batches]).tolist() == [i % 2 for i in range(len(events))]
    assert count_events(path) == len(events)


def test_a_black_box_has_no_labels(tmp_path, write_frame, padded):
    path = write_frame(tmp_path / "box.h5", padded([[2.0, 1.0], [3.0]]))
    (batch,) = read_particles(path)
    assert layout(path) == "particles"
    assert batch.label is None
    assert batch.particles.pt.to_list() == [[2.0, 1.0], [3.0]]


def test_labels_of_another_dtype_make_another_block(tmp_path, write_frame, padded):
    frame = padded([[2.0, 1.0], [3.0]], [1, 0])
    frame[2100] = frame[2100].astype(np.int32)
    (batch,) = read_particles(write_frame(tmp_path / "p.h5", frame))
    assert batch.label.tolist() == [1, 0]
    assert batch.particles.pt.to_list() == [[2.0, 1.0], [3.0]]


def test_a_nan_particle_is_not_taken_for_padding(tmp_path, write_frame, padded):
    frame = padded([[3.0, 2.0, 1.0]])
    frame.loc[0, 3] = np.nan
    (batch,) = read_particles(write_frame(tmp_path / "p.h5", frame))
    np.testing.assert_array_equal(batch.particles.pt[0].to_numpy(), [3.0, np.nan, 1.0])


def test_the_real_particle_file(validation_data):
    path = validation_data / "lhco_rnd_v1_particles_1000.h5"
    batches = list(read_particles(path, chunk=300))
    particles = ak.concatenate([batch.particles for batch in batches])
    assert layout(path) == "particles"
    assert [len(batch) for batch in batches] == [300, 300, 300, 100]
    assert count_events(path) == len(particles) == 1000
    assert sum(batch.label.sum() for batch in batches) == 93
    assert np.median(ak.num(particles)) == pytest.approx(160, abs=1)
    assert ak.all(np.abs(particles.eta) < 5)
    assert ak.all(np.abs(particles.phi) <= np.pi)


def test_memory_is_bounded_by_the_chunk(scratch):
    """20,000 events are 336 MB of numbers; 1,000 at a time must take a small multiple of 17 MB."""
    n, chunk, path = 20_000, 1_000, scratch / "large.h5"
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        group = file.create_group("df")
        group["axis0"] = group["block0_items"] = np.arange(2101)
        group["axis1"] = np.arange(n)
        blosc = hdf5plugin.Blosc(cname="lz4", clevel=1)
        values = group.create_dataset("block0_values", (n, 2101), float, chunks=(50, 2101), compression=blosc)
        rows = np.zeros((chunk, 2101))
        rows[:, :480] = rng.random((chunk, 480))
        for first in range(0, n, chunk):
            values[first : first + chunk] = rows
    tracemalloc.start()
    seen = sum(len(batch.particles.pt) for batch in read_particles(path, chunk=chunk))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == n
    # The rows, the mask, their particles, and the batch before, which lives until the next one is made.
    assert peak < 3.5 * chunk * 2101 * 8


# --- what is neither


def test_other_columns_are_refused(tmp_path, write_frame, jets):
    path = write_frame(tmp_path / "f.h5", pd.DataFrame(np.ones((2, 2099))))
    with pytest.raises(FormatError, match=r"f\.h5 has 2099 columns .* 2100 or 2101 \(particles\) or pxj1"):
        layout(path)
    with pytest.raises(FormatError, match="2099 columns; a particle-level LHC Olympics file has 2100"):
        read_particles(path)
    path = write_frame(tmp_path / "g.h5", jets(3).drop(columns=["mj2", "tau2j1"]))
    with pytest.raises(FormatError, match="no LHC Olympics feature file: it lacks tau2j1, mj2"):
        read_features(path)


def test_a_wrong_request_is_refused_before_the_first_batch(tmp_path, particle_file, write_frame, padded):
    with pytest.raises(ConfigError, match="chunk is 0 events"):
        read_particles(particle_file, chunk=0)
    empty = write_frame(tmp_path / "none.h5", padded([], []))
    assert count_events(empty) == 0
    with pytest.raises(EventsError, match=r"none\.h5 holds no events"):
        read_particles(empty)


def test_labels_are_zero_or_one(tmp_path, write_frame, padded):
    path = write_frame(tmp_path / "p.h5", padded([[1.0], [2.0]], [0, 7]))
    with pytest.raises(FormatError, match="labels that are neither 0 nor 1, such as 7"):
        list(read_particles(path))


def test_the_pairs_of_exchanged_names_are_right(jets):
    """The symmetry test above is only as good as its exchange: twice is the identity, once is not."""
    frame = jets(4)
    assert exchanged(exchanged(frame)).equals(frame)
    assert all(not a.equals(b) for a, b in pairwise([frame, exchanged(frame), frame]))
