"""`resonaut quality` from the command line: a recipe's rows, its table, its page, what it cites, what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.quality.models import read_models
from resonaut.cli import main
from resonaut.events.events import Events
from resonaut.registry import names

ROOT = Path(__file__).parents[2]
SMALL = ["--set", "cvae.hidden=[16]", "--set", "cvae.trainer.epochs=1", "--set", "slow.trainer.epochs=1"]


def write(path: Path, events: Events, labels: bool = True) -> Path:
    columns = {name: events.feature(name) for name in events.names}
    table = {"mjj": events.mass, **columns} | ({"label": events.labels} if labels else {})
    pq.write_table(pa.table(table), path)
    return path


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("events") / "events.parquet", MiniOlympics(2500, 100).events(seed=1))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text("""
[run]
features = ["a", "b"]
seeds = 2
seed = 5
[run.seeds_at_most]
slow = 1
[models.cvae]
latent = 2
[models.slow]
name = "nsf"
transforms = 1
hidden = [8]
[models.maf]
""")
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, events: Path, recipe: Path) -> Path:
    out = tmp_path_factory.mktemp("quality") / "run"
    arguments = ["quality", events, "--recipe", recipe, "--models", "cvae,slow", *SMALL, "--out", out]
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    assert exit.value.code == 0
    return out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as exit:
        main(["quality", *(str(argument) for argument in arguments)])
    said = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("reading events")]
    assert exit.value.code == 2, said
    assert len(said) == 1
    return said[0]


def test_the_density_table_has_every_density_and_the_published_maf() -> None:
    recipe = tomllib.loads((ROOT / "recipes" / "density-table.toml").read_text())
    models = read_models(recipe["models"])
    assert set(recipe["run"]["seeds_at_most"]) <= set(models)
    # An ensemble is a mixture of one of the others.
    assert {type(model).registered_as[1] for model in models.values()} == set(names("density")) - {"ensemble"}
    published = models["maf-published"]
    assert (published.transforms, published.hidden, published.trainer.batch_size) == (15, (128, 128), 256)


def test_options_go_before_the_recipe(run: Path) -> None:
    written = tomllib.loads((run / "run.toml").read_text())
    assert list(written["models"]) == ["cvae", "slow"]
    assert written["models"]["slow"]["name"] == "nsf"
    assert written["models"]["cvae"]["latent"] == 2
    assert written["models"]["cvae"]["trainer"]["epochs"] == 1
    assert written["run"]["seeds_at_most"] == {"slow": 1}
    cells = [json.loads(path.read_text())["settings"] for path in (run / "cells").iterdir()]
    assert [cell["repeat"] for cell in cells if cell["row"] == "slow"] == [0]


def test_a_run_is_its_own_recipe_and_prints_the_same(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resonaut.report.page.write_report", lambda out: out / "report.html")  # a test of its own
    with pytest.raises(SystemExit) as exit:
        main(["quality", "--recipe", str(run / "run.toml"), "--out", str(run)])
    assert exit.value.code == 0
    said = capsys.readouterr().out
    assert "is complete" in said
    for word in ("kolmogorov_smirnov", "samples / s", "floor", "slow", "labelled background"):
        assert word in said


def test_the_page_has_both_tables_and_every_figure(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.html").unlink()
    with pytest.raises(SystemExit):
        main(["report", str(run)])
    page = (run / "report.html").read_text()
    for section in ("sideband", "signal_region", "features", "cost", "training", "settings", "references"):
        assert f'<section id="{section}">' in page
    assert page.count("<img") == 2 + 2 + 1  # distances of either region, two features, losses
    assert len(list((run / "figures").glob("*.png"))) == 5
    assert not re.search(r'(src|href)="https?://(?!arxiv|doi)', page)
    capsys.readouterr()


def test_the_models_are_cited(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cite", str(run)])
    said = capsys.readouterr().out
    for key in ("Kingma:2013vae", "Durkan:2019nsq", "LopezPaz:2016c2st"):
        assert key in said
    assert "Papamakarios:2017maf" not in said


def test_the_published_values_stand_beside_ours(run: Path) -> None:
    script = [sys.executable, str(ROOT / "validation" / "density_table.py"), str(run)]
    said = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert said.count("published cvae") == 2
    assert "8.4e-05" in said  # Jensen-Shannon of the published CVAE, 92e-6 - 8e-6


def test_wrong_settings_are_refused(capsys: pytest.CaptureFixture[str], events: Path) -> None:
    some = ("--features", "a,b")
    assert "choose from autoregressive, cfm" in refused(capsys, events, *some, "--models", "mfa")
    assert "seeds" in refused(capsys, events, *some, "--seeds", "0")
    assert "'c2'" in refused(capsys, events, "--features", "a,c2")
    assert "'nsf' is no model here; choose from maf" in refused(
        capsys, events, "--models", "maf", "--set", "nsf.bins=3"
    )
    assert "binz" in refused(capsys, events, "--models", "nsf", "--set", "nsf.binz=3")
    assert "no model to compare" in refused(capsys, events, "--models", ",")
    assert "validation_fraction" in refused(capsys, events, *some, "--validation-fraction", "1")


def test_recipes_that_are_none(capsys: pytest.CaptureFixture[str], events: Path, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    for text, part in (
        ("[model.maf]", "[model]"),
        ("[run.seeds_at_most]\nnfs = 2\n[models.nsf]", "'nfs'"),
        ("[models.mine]\nbins = 3", "density 'mine' is unknown"),
        ("[run]\nverb = 'hunt'", "verb"),
    ):
        path.write_text(text)
        assert part in refused(capsys, events, "--features", "a,b", "--recipe", path)


def test_events_that_do_not_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    some = MiniOlympics(2500, 0).events(seed=1)
    empty = write(tmp_path / "empty.parquet", some[(some.mass < 3300) | (some.mass >= 3700)])
    assert "signal region 3300-3700 GeV holds 0 events" in refused(capsys, empty, "--features", "a,b")
    few = write(tmp_path / "few.parquet", some[:300])
    assert "the signal region holds" in refused(capsys, few, "--features", "a,b")
    assert not np.any([path.is_dir() for path in tmp_path.iterdir()])
