"""A tagging scores jets that it has not learnt from, and says how well that tells them apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.analysis.tag.jets import read_jets
from resonaut.analysis.tag.measuring import auc, working_points
from resonaut.analysis.tag.pipeline import TagSettings, run_tag
from resonaut.analysis.tag.result import TagResult
from resonaut.cli import main
from resonaut.errors import ConfigError, EventsError, RunError
from resonaut.events.demo import demo_jets_path
from resonaut.features.single_jets import needed_columns
from resonaut.models.outlier.autoencoder import Autoencoder
from resonaut.models.saving import load
from resonaut.models.training import Trainer
from resonaut.report.page import write_report

QUICK = Autoencoder(
    trainer=Trainer(epochs=3, batch_size=256, learning_rate=5e-3, validation_fraction=0.2, device="cpu")
)
WINDOW = {"pt": (400.0, 700.0), "eta_max": 2.5}


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("tag") / "run"
    return out, run_tag(TagSettings(seed=1), QUICK, out=out)


def jets_file(path, n, shift=0.0, **more):
    """Single jets of two features."""
    rng = np.random.default_rng(n)
    columns = {"pt": rng.uniform(350, 750, n), "eta": rng.uniform(-3, 3, n)}
    columns |= {"msd": rng.normal(shift, 1, n), "ptd": rng.normal(0, 1, n)}
    pq.write_table(pa.table(columns | more), path)
    return path


def test_semivisible_and_qcd_jets_are_strange_to_what_has_seen_top_jets(demo_run):
    _, result = demo_run
    assert set(result.auc) == {"qcd", "svj"}
    assert min(result.auc.values()) > 0.6
    # Trees that are told a class find it better than they find another, and better than those that are told nothing.
    for kind, found in result.trees.items():
        assert found[kind] > result.auc[kind]
        assert found[kind] > min(found.values())
    assert result.n_test == pytest.approx(0.3 * (result.n_test + result.n_train), abs=1)


def test_what_is_in_the_folder_gives_the_same_numbers(demo_run):
    out, result = demo_run
    assert run_tag(TagSettings(seed=1), QUICK, out=out) == result
    assert TagResult.from_json(result.to_json()) == result
    table = pq.read_table(out / "scores.parquet").to_pandas()
    of = {kind: rows["score"].to_numpy() for kind, rows in table.groupby("class")}
    assert auc(of["top"], of["svj"]) == pytest.approx(result.auc["svj"], abs=1e-12)
    for point in result.working_points:
        assert (of["top"] > point.threshold).mean() == pytest.approx(point.background, abs=2 / result.n_test)
        assert (of["svj"] > point.threshold).mean() == pytest.approx(point.efficiencies["svj"], abs=1e-12)
    demo, _ = read_jets(demo_jets_path(), result.features, **WINDOW)
    scores = load(out / "weights" / "detector.safetensors").score(demo["svj"].features)
    np.testing.assert_allclose(np.sort(scores), np.sort(of["svj"]))
    with pytest.raises(RunError, match="other settings"):
        run_tag(TagSettings(seed=2), QUICK, out=out)


def test_the_seed_decides(demo_run):
    _, result = demo_run
    again = run_tag(TagSettings(seed=1), QUICK)
    assert again.auc == result.auc
    assert run_tag(TagSettings(seed=2), QUICK).auc != result.auc


def test_the_page_shows_the_numbers(demo_run):
    out, result = demo_run
    page = write_report(out).read_text()
    for value in (*result.auc.values(), result.emd, *(found["svj"] for found in result.trees.values())):
        assert f'<data value="{value}">' in page
    assert {path.stem for path in (out / "figures").glob("*.png")} == {"scores", "pt", "training"}
    assert "QCD or What?" in page


def test_background_against_itself_is_no_better_than_guessing(tmp_path):
    train, same = jets_file(tmp_path / "train.parquet", 4000), jets_file(tmp_path / "same.parquet", 3000)
    settings = TagSettings(jets=(str(same),), train=str(train), features=("msd", "ptd"), seed=1)
    result = run_tag(settings, replace(QUICK, latent=1))
    # 0.013 is one standard deviation with some 900 and 2,000 jets.
    assert result.auc["same"] == pytest.approx(0.5, abs=0.04)
    assert result.excluded["pT or eta outside of the window"] > 0
    assert all(abs(one.passing[0] - 0.1) < 0.08 for one in result.pt_bins)


def test_classes_come_from_the_file(tmp_path):
    label = pa.array([0, 1] * 50, pa.int8())
    mixed, _ = read_jets(jets_file(tmp_path / "mixed.parquet", 100, label=label), ("msd", "ptd"), **WINDOW)
    assert set(mixed) == {"mixed (label 0)", "mixed (label 1)"}
    one, _ = read_jets(jets_file(tmp_path / "one.parquet", 100, label=pa.array([1] * 100)), ("msd", "ptd"), **WINDOW)
    assert set(one) == {"one"}
    kinds = pa.array(["a", "b", "b", "b"] * 25)
    named, left_out = read_jets(jets_file(tmp_path / "named.parquet", 100, **{"class": kinds}), ("msd",), **WINDOW)
    assert set(named) == {"a", "b"}
    assert len(named["a"]) + len(named["b"]) + sum(left_out.values()) == 100


def test_both_jets_of_dijet_events_are_taken(tmp_path):
    columns = {name: np.full(10, 0.5) for name in needed_columns(("msd",))}
    columns |= {"jet1_pt": np.full(10, 600.0), "jet2_pt": np.full(10, 500.0), "label": np.array([0, 1] * 5)}
    pq.write_table(pa.table(columns), tmp_path / "dijets.parquet")
    jets, _ = read_jets(tmp_path / "dijets.parquet", ("msd",), **WINDOW)
    assert {kind: len(some) for kind, some in jets.items()} == {"dijets (label 0)": 10, "dijets (label 1)": 10}


def test_cuts_that_not_one_jet_would_pass_are_left_out():
    background = np.arange(500.0)
    points = working_points(background, {"signal": np.array([498.5, 10.0])}, (0.1, 0.01, 0.001))
    assert [point.background for point in points] == [0.1, 0.01]
    assert points[1].efficiencies["signal"] == 0.5


def test_unusable_jets_are_answered_in_words(tmp_path):
    path = jets_file(tmp_path / "x.parquet", 50)
    with pytest.raises(EventsError, match="no column 'tau21'"):
        read_jets(path, ("tau21",), **WINDOW)
    with pytest.raises(EventsError, match="no usable jet of 900 < pT < 950"):
        read_jets(path, ("msd",), pt=(900.0, 950.0), eta_max=2.5)
    settings = TagSettings(jets=(str(path),), train=str(path), features=("msd",))
    with pytest.raises(ConfigError, match="called like the background"):
        run_tag(settings, QUICK)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.parquet"], "nothing.parquet"),
        (["--model", "vae"], "outlier 'vae' is unknown; choose from ae"),
        (["--set", "latents=3"], "setting 'latents' is unknown"),
        (["--pt", "four:five"], "is not an interval"),
        (["--test-share", "1.5"], "test_share"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(arguments, said, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["tag", *arguments, "--out", str(tmp_path / "run")])
    error = capsys.readouterr().err.strip()
    assert stopped.value.code == 2
    assert said in error
    assert len(error.splitlines()) == 1
