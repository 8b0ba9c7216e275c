"""Jets tagged by their declusterings: files with constituents, and what is said of those without."""

from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.oracle import random_jets
from resonaut.analysis.tag.jets import NO_SPLITTING, read_jets
from resonaut.analysis.tag.pipeline import TagSettings, run_tag
from resonaut.cli import main
from resonaut.errors import EventsError
from resonaut.features.constituents import NOT_FINITE
from resonaut.features.single_jets import PARTICLES, needed_columns, single_jets
from resonaut.models.outlier.graph import NormalisedGraphAutoencoder
from resonaut.models.outlier.langevin import Langevin
from resonaut.models.saving import load
from resonaut.models.training import Trainer
from resonaut.report.page import write_report

TRAINER = Trainer(epochs=2, batch_size=128, learning_rate=3e-3, validation_fraction=0.2, device="cpu")
QUICK = NormalisedGraphAutoencoder(
    splittings=6, hidden=(8, 8), langevin=Langevin(steps=3, noise=0.3), trainer=TRAINER, pretraining=TRAINER
)
WINDOW = {"pt": (400.0, 700.0), "eta_max": 2.5, "particles": True}


def jets_file(path, n, seed, *, collinear=1.0, least=2):
    """Single jets with their particles, by how wide they are."""
    rng = np.random.default_rng(seed)
    jets = random_jets(rng, n)
    pt, phi = np.hypot(jets.px, jets.py), np.arctan2(jets.py, jets.px)
    eta = np.arcsinh(jets.pz / pt)
    axis = ak.firsts(eta)
    columns = dict(zip(PARTICLES, (pt, axis + collinear * (eta - axis), phi), strict=True))
    columns = {name: ak.to_arrow(values, extensionarray=False) for name, values in columns.items()}
    table = pa.table(columns | {"pt": rng.uniform(400, 700, n), "eta": np.zeros(n), "msd": rng.normal(size=n)})
    pq.write_table(table.filter(ak.to_numpy(ak.num(pt)) >= least), path)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jets")
    return jets_file(folder / "wide.parquet", 500, 1), jets_file(folder / "narrow.parquet", 300, 2, collinear=0.01)


def test_a_graph_autoencoder_tags(files, tmp_path):
    train, jets = files
    settings = TagSettings(jets=(str(jets),), train=str(train), features=("msd",), seed=1)
    result = run_tag(settings, QUICK, out=tmp_path / "run")
    assert result.model == "ngae"
    assert result.auc["narrow"] > 0.7
    assert result.trees["narrow"]["narrow"] == pytest.approx(0.5, abs=0.1)  # that feature says nothing
    assert result.emd > result.emd_floor > 0
    # The same numbers again from what is in the folder.
    table = pq.read_table(tmp_path / "run" / "scores.parquet").to_pandas()
    (read,) = read_jets(jets, ("msd",), **WINDOW)[0].values()
    scores = load(tmp_path / "run" / "weights" / "detector.safetensors").score(read.trees)
    np.testing.assert_allclose(np.sort(scores), np.sort(table["score"][table["class"] == "narrow"]))
    page = write_report(tmp_path / "run").read_text()
    assert f'<data value="{result.auc["narrow"]}">' in page
    assert "Lund" in page


def test_jets_that_cannot_be_used_are_counted(tmp_path):
    path = jets_file(tmp_path / "some.parquet", 300, 3, least=1)
    table = pq.read_table(path)
    single = int((ak.num(ak.from_arrow(table["constituent_pt"])) < 2).to_numpy().sum())
    assert single > 0
    phi = table["constituent_phi"].to_pylist()
    broken = next(i for i, one in enumerate(phi) if len(one) > 5)
    phi[broken][2] = np.nan
    pq.write_table(table.set_column(table.column_names.index("constituent_phi"), "constituent_phi", [phi]), path)
    jets, excluded = read_jets(path, ("msd",), **WINDOW)
    assert excluded == {NO_SPLITTING: single, NOT_FINITE: 1}
    assert len(jets["some"]) == table.num_rows - single - 1
    assert ak.all(ak.num(jets["some"].trees) >= 1)
    # What is left belongs together.
    n = ak.to_numpy(ak.num(jets["some"].trees)) + 1
    kept = [i for i, one in enumerate(phi) if len(one) > 1 and i != broken]
    np.testing.assert_array_equal(n, [len(phi[i]) for i in kept])
    np.testing.assert_array_equal(jets["some"].pt, table["pt"].to_numpy()[kept])


def test_jets_without_any_splitting_are_refused(tmp_path):
    path = jets_file(tmp_path / "x.parquet", 50, 3)
    table = pq.read_table(path)
    for name in PARTICLES:
        first = [[one[0]] for one in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, [first])
    pq.write_table(table, path)
    with pytest.raises(EventsError, match=r"no usable jet .*no splitting \(fewer than two particles\): 4\d"):
        read_jets(path, ("msd",), **WINDOW)


def test_particles_stay_with_their_jets():
    columns = {name: np.full(2, 0.5) for name in needed_columns(("msd",))}
    columns |= {"jet1_pt": [600.0, 650.0], "jet2_pt": [500.0, 550.0]}
    for jet in (1, 2):
        columns |= {f"jet{jet}_{name}": pa.array([[10.0 * jet], [10.0 * jet + 1] * 2]) for name in PARTICLES}
    jets = single_jets(pa.table(columns), ("msd",), particles=True)
    by_pt = dict(zip(jets["pt"].to_pylist(), jets["constituent_pt"].to_pylist(), strict=True))
    assert by_pt == {600.0: [10.0], 650.0: [11.0, 11.0], 500.0: [20.0], 550.0: [21.0, 21.0]}


@pytest.mark.parametrize("given", [False, True], ids=["embedded", "given"])
def test_files_without_particles_are_refused_in_one_line(given, files, tmp_path, capsys):
    path = tmp_path / "bare.parquet"
    pq.write_table(pq.read_table(files[0]).drop_columns(PARTICLES), path)
    what = [str(files[1]), "--train", str(path)] if given else []
    with pytest.raises(SystemExit) as stopped:
        main(["tag", *what, "--features", "msd", "--model", "ngae", "--out", str(tmp_path / "run")])
    error = capsys.readouterr().err.strip()
    assert stopped.value.code == 2
    assert "has no particles of its jets, which this model looks at; simulate it with --constituents" in error
    assert len(error.splitlines()) == 1


def test_unequal_lists_are_refused(files, tmp_path):
    table = pq.read_table(files[0])
    shorter = [one[1:] for one in table["constituent_eta"].to_pylist()]
    table = table.set_column(table.column_names.index("constituent_eta"), "constituent_eta", [shorter])
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(EventsError, match="constituent_pt, _eta and _phi differ in their numbers"):
        read_jets(tmp_path / "x.parquet", ("msd",), **WINDOW)


def test_settings_of_the_graph_are_refused_in_words(files, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["tag", str(files[1]), "--model", "ngae", "--set", "splittings=1", "--out", str(tmp_path / "run")])
    assert stopped.value.code == 2
    assert "splittings" in capsys.readouterr().err
    assert replace(QUICK, splittings=2).splittings == 2
