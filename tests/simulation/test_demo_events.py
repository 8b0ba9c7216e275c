"""The shipped demo events are what their provenance says, and its command makes them again."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from resonaut.events.demo import demo_path, demo_provenance_path, demo_signal_path
from resonaut.features.clustering import JetClustering
from resonaut.quality.two_sample import c2st
from resonaut.simulation.chain import Chain
from resonaut.simulation.detector import DelphesCMS
from resonaut.simulation.processes import PROCESSES

VARIABLES = ("mjj", "mj1", "delta_mj", "tau21_1", "tau21_2")


@pytest.fixture(scope="module")
def provenance():
    return json.loads(demo_path().with_name("provenance.json").read_text())


@pytest.fixture(scope="module")
def events():
    return pq.read_table(demo_path())


def _chain(process: str) -> Chain:
    """What the documented command runs."""
    return Chain(
        process=PROCESSES[process],
        parameters=PROCESSES[process].parameters(),
        detector=DelphesCMS(),
        clustering=JetClustering(),
        seed=2020,
        mass_range=(2300.0, 5000.0),
    )


def test_the_checksum_is_the_recorded_one(provenance):
    assert hashlib.sha256(demo_path().read_bytes()).hexdigest() == provenance["sha256"]
    assert demo_path().stat().st_size < 6e6


def test_the_settings_are_those_of_the_command(provenance):
    command = "resonaut simulate lhco-rnd --events 150000 --signal 400 --mass-range 2300:5000 --seed 2020"
    assert provenance["commands"][0].startswith(command)
    assert provenance["settings"]["events"] == {"qcd": 150_000, "wprime-xy": 400}
    chains = [json.loads(json.dumps(_chain(process).settings())) for process in ("qcd", "wprime-xy")]
    assert provenance["settings"]["chains"] == chains


def test_the_counts_are_the_recorded_ones(provenance, events):
    labels = events["label"].to_numpy()
    assert events.num_rows == provenance["n_events"] == 150_400
    for process, label in (("qcd", 0), ("wprime-xy", 1)):
        counts = provenance["processes"][process]
        assert (labels == label).sum() == counts["n_events"]
        assert counts["n_generated"] == counts["n_selected"] + sum(counts["excluded"].values())


def test_the_signal_sample_is_another_one_of_the_same_signal(provenance, events):
    made = json.loads(demo_provenance_path(demo_signal_path()).read_text())
    assert hashlib.sha256(demo_signal_path().read_bytes()).hexdigest() == made["sha256"]
    [chain], of_the_demo = made["settings"]["chains"], provenance["settings"]["chains"][1]
    assert chain["seed"] != of_the_demo["seed"]
    assert {**chain, "seed": 0} == {**of_the_demo, "seed": 0}
    signal = pq.read_table(demo_signal_path())
    assert signal.column_names == ["event", *VARIABLES, "label"]
    assert signal.num_rows == made["n_events"] == pc.sum(signal["label"]).as_py()
    # None of the demo's signal is in it: the efficiency would be measured on what was trained with.
    masses = events.filter(pc.equal(events["label"], 1))["mj1"]
    assert not np.isin(masses.to_numpy(), signal["mj1"].to_numpy()).any()


def test_the_columns_are_those_of_a_hunt(events):
    assert events.column_names == ["event", *VARIABLES, "label"]
    assert all(events.schema.field(name).type == pa.float32() for name in VARIABLES)
    table = events.to_pandas()
    assert table["event"].is_unique
    assert np.isfinite(table.to_numpy()).all()
    assert table["mjj"].between(2300, 5000).all()
    # S/sqrt(B) about 2 in the signal region: nothing to be seen in the mass spectrum alone
    region = table[table["mjj"].between(3300, 3700)]
    assert region["label"].sum() / np.sqrt((region["label"] == 0).sum()) == pytest.approx(2.0, abs=0.3)


def test_the_first_block_comes_out_again(provenance, events):
    if version("pythia8mc") != provenance["versions"]["pythia8mc"]:
        pytest.skip("another Pythia makes other events from the same seed")
    block = _chain("qcd").run(0).table
    shipped = events.filter(pc.equal(events["label"], 0)).slice(0, block.num_rows)
    for name in VARIABLES:  # stored in single precision
        assert shipped[name].to_numpy() == pytest.approx(block[name].to_numpy(), rel=1e-6, abs=1e-6)


def test_trees_cannot_tell_the_background_from_the_lhc_olympics(events, validation_data):
    real = [pq.read_table(validation_data / f"lhco_rnd_v2_signal_region_{part}.parquet") for part in ("train", "val")]
    samples = []
    for table in (events, pa.concat_tables(real)):
        frame = table.to_pandas()
        background = frame[(frame["label"] == 0) & frame["mjj"].between(3300, 3700)]
        samples.append(background[list(VARIABLES)].to_numpy(dtype=np.float64)[:20_000])
    # 0.5 means that they are the same; the limit allows another Delphes and Pythia 8.219, not another physics
    assert c2st(*samples, seed=0).auc < 0.53
