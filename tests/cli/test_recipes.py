"""A recipe does what the options do, and options go before it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resonaut.analysis.quality.models import read_models
from resonaut.analysis.settings import BenchmarkSettings, HuntSettings, QualitySettings
from resonaut.cli import main
from resonaut.cli.settings import SimulationSettings
from resonaut.registry import read_config

FULL = {f"full-phase-space-{model}{size}" for model in ("diffusion", "flow-matching") for size in ("", "-laptop")}
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    assert exit.value.code == 0


def test_simulate_by_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[run]\nprocess = 'wprime-xy'\nevents = 7\nseed = 3\n[run.parameters]\nmass_wprime = 4000\n")
    run("simulate", "--recipe", recipe, "--events", 5, "--workers", 1, "--out", tmp_path / "a.parquet")
    options = ["--events", 5, "--seed", 3, "--set", "mass_wprime=4000", "--workers", 1]
    run("simulate", "wprime-xy", *options, "--out", tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(pq.read_table(tmp_path / "b.parquet"))
    assert "FastJet" not in capsys.readouterr().out  # standard output is the result's


def test_simulate_without_a_detector(tmp_path: Path) -> None:
    """The jets of true particles have more constituents than what a detector sees of them."""
    few = ["simulate", "wprime-xy", "--events", 5, "--workers", 1, "--seed", 3]
    n = {}
    for detector in ("cms", "none"):
        run(*few, "--detector", detector, "--out", tmp_path / f"{detector}.parquet")
        n[detector] = pq.read_table(tmp_path / f"{detector}.parquet").to_pandas()["jet1_n"].mean()
    assert n["none"] > 1.2 * n["cms"]


def test_a_drawn_seed_is_recorded_and_kept(tmp_path: Path) -> None:
    command = ["simulate", "wprime-xy", "--events", 5, "--workers", 1, "--out", tmp_path / "a.parquet"]
    run(*command)
    seed = json.loads((tmp_path / "a.parquet.run" / "manifest.json").read_text())["settings"]["chains"][0]["seed"]
    before = (tmp_path / "a.parquet").read_bytes()
    run(*command)  # complete: says so, with the seed it had
    assert (tmp_path / "a.parquet").read_bytes() == before
    run(*command[:-1], tmp_path / "b.parquet", "--seed", seed)
    assert (tmp_path / "b.parquet").read_bytes() == before


def test_features_by_recipe(tmp_path: Path, validation_data: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f"[run]\nfile = '{validation_data}/lhco_rnd_v1_particles_1000.h5'\nleading_pt = 1500\n")
    run("features", "--recipe", recipe, "--workers", 1, "--out", tmp_path / "jets.parquet")
    jets = pq.read_table(tmp_path / "jets.parquet").to_pandas()
    assert 0 < len(jets) < 1000
    assert (jets.jet1_pt > 1500).all()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_read_as_its_verb_reads_it(recipe: Path) -> None:
    tables = tomllib.loads(recipe.read_text())
    kinds = {
        "benchmark": BenchmarkSettings,
        "hunt": HuntSettings,
        "quality": QualitySettings,
        "simulate": SimulationSettings,
    }
    read_config(kinds[tables["run"]["verb"]], tables.pop("run"))
    for name, search in tables.pop("methods", {}).items():
        read_config("search", {"name": name} | search)
    if "models" in tables:
        read_models(tables.pop("models"))
    if "search" in tables:
        read_config("search", tables.pop("search"))
    assert not tables


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_says_how_to_run_it_and_how_its_events_are_made(recipe: Path) -> None:
    comment = "".join(line for line in recipe.read_text().splitlines(keepends=True) if line.startswith("#"))
    run = tomllib.loads(recipe.read_text())["run"]
    # Some events are mixed by a few lines of Python, on the page that the recipe names.
    pages = "".join((recipe.parent.parent / page).read_text() for page in re.findall(r"docs/[\w-]+\.md", comment))
    assert re.search(rf"resonaut {run['verb']} (.* )?--recipe recipes/{recipe.name}", comment)
    for role in ("events", "signal", "known", "test"):
        if role in run and run[role] != "demo":
            simulated = re.search(rf"resonaut simulate [^&]*--out {run[role]}", comment)
            assert simulated or f'write_table(mixture, "{run[role]}")' in pages, f"{run[role]} comes from nowhere"


def test_the_recipes_of_the_published_studies_are_there() -> None:
    assert {"lhco-rnd", "ddpm-maf-cvae", "shifted-features", "no-signal"} | FULL <= {path.stem for path in RECIPES}
