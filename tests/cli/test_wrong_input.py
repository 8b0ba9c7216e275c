"""Whatever a user gets wrong ends with exit code 2 and one line that says what, which value, and what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.cli import main

Run = Callable[..., str]


@pytest.fixture
def error_of(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line, which must refuse; its one line on standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> str:
        with pytest.raises(SystemExit) as exit:
            main([str(argument) for argument in arguments])
        said = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("reading events")]
        assert exit.value.code == 2, said
        assert len(said) == 1, said
        assert said[0].startswith("error: ")
        assert "Traceback" not in said[0]
        return said[0]

    return run


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A small file that is all right."""
    return write(tmp_path / "events.parquet")


def write(path: Path, **columns: object) -> Path:
    rng = np.random.default_rng(0)
    n = 500
    good = {"mjj": rng.uniform(2300, 5000, n), "mj1": rng.normal(size=n), "delta_mj": rng.normal(size=n)}
    good |= {"tau21_1": rng.uniform(size=n), "tau21_2": rng.uniform(size=n)}
    pq.write_table(pa.table(good | columns), path)
    return path


def test_a_missing_file(error_of: Run) -> None:
    assert "nothing.parquet" in error_of("hunt", "nothing.parquet")


def test_a_search_in_particles_wants_some(error_of: Run, events: Path) -> None:
    assert "--constituents" in error_of("hunt", events, "--method", "full-cathode")
    assert "--constituents" in error_of("benchmark", "--methods", "full-cathode")


def test_a_missing_column_is_named_with_a_near_match(error_of: Run, events: Path) -> None:
    said = error_of("hunt", events, "--features", "mj1,delta_mjj")
    assert "delta_mjj" in said
    assert "delta_mj" in said


def test_an_unknown_format(error_of: Run, tmp_path: Path) -> None:
    (tmp_path / "events.txt").write_text("mjj mj1\n3500 100\n")
    assert "parquet" in error_of("hunt", tmp_path / "events.txt")
    assert "lhco" in error_of("hunt", write(tmp_path / "e.parquet"), "--format", "rootfile")


def test_a_truncated_hdf5(error_of: Run, tmp_path: Path) -> None:
    path = tmp_path / "events.h5"
    with h5py.File(path, "w") as file:
        file["df/block0_values"] = np.zeros((100, 2101))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "events.h5" in error_of("hunt", path)
    assert "events.h5" in error_of("features", path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_column_without_a_usable_value(error_of: Run, tmp_path: Path, value: float) -> None:
    path = write(tmp_path / "e.parquet", mj1=np.full(500, value))
    assert "'mj1' has no usable value" in error_of("hunt", path)


def test_an_empty_signal_region(error_of: Run, tmp_path: Path) -> None:
    mass = np.random.default_rng(1).uniform(2300, 3200, 500)
    mass[:100] += 1600
    said = error_of("hunt", write(tmp_path / "e.parquet", mjj=mass))
    assert "signal region 3300-3700 GeV holds 0 events" in said


def test_sidebands_on_one_side_only(error_of: Run, events: Path, tmp_path: Path) -> None:
    assert "both sides" in error_of("hunt", events, "--sidebands", "3300:5000")
    below = np.random.default_rng(1).uniform(2300, 3700, 500)
    assert "sideband 3700-5000 GeV holds 0 events" in error_of("hunt", write(tmp_path / "e.parquet", mjj=below))


@pytest.mark.parametrize("region", ["3700:3300", "3300", "low:high", "nan:3700"])
def test_a_region_that_is_none(error_of: Run, events: Path, region: str) -> None:
    assert region.split(":")[0] in error_of("hunt", events, "--region", region)


def test_an_output_that_cannot_be_written(error_of: Run, events: Path, tmp_path: Path) -> None:
    # As root a folder without write permission stays writable; a file in the place of a folder is refused to anyone.
    (tmp_path / "file").write_text("")
    assert "cannot be written" in error_of("hunt", events, "--out", tmp_path / "file" / "run")


@pytest.mark.skipif(
    subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0, reason="cannot mount file systems"
)
def test_a_read_only_output_folder(events: Path, tmp_path: Path) -> None:
    folder = tmp_path / "readonly"
    folder.mkdir()
    resonaut = Path(sys.executable).with_name("resonaut")
    command = f"mount -t tmpfs -o ro,size=1m none {folder} && {resonaut} hunt {events} --out {folder}/run"
    done = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True, check=False)
    if "mount:" in done.stderr:
        pytest.skip(f"cannot mount a read-only file system: {done.stderr.strip()}")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_folder_of_other_settings(error_of: Run, events: Path, tmp_path: Path) -> None:
    from resonaut.analysis.settings import HuntSettings
    from resonaut.registry import dump_config
    from resonaut.runs.folder import RunFolder
    from resonaut.searches.crossfit import CrossFit

    settings = HuntSettings(events=str(events), region="3000:3400", seed=1)
    written = {"run": dump_config(settings), "search": dump_config(CrossFit())}
    RunFolder.open(tmp_path / "run", written, [events])
    said = error_of("hunt", events, "--out", tmp_path / "run")
    assert "run.region was '3000:3400', is now '3300:3700'" in said
    assert "--out" in said


def test_unknown_names_come_with_the_choice(error_of: Run, events: Path) -> None:
    assert "cathode" in error_of("hunt", events, "--method", "catode")
    assert "nsf" in error_of("hunt", events, "--set", "density=maaf")
    assert "binz" in error_of("hunt", events, "--set", "density.binz=8")
    assert "baseline" in error_of("hunt", events, "--features", "baselin")


def test_methods_that_do_not_fit(error_of: Run, events: Path) -> None:
    """Refused when the settings are read, or the events' columns: nothing has been trained, no folder made."""
    said = error_of("hunt", events, "--method", "anode", "--set", "density=cvae")
    assert "density 'cvae' has no log_prob" in said
    assert "nsf" in said
    said = error_of("hunt", events, "--method", "lacathode", "--set", "density=ddpm")
    assert "density 'ddpm' has no to_latent" in said
    assert "maf" in said
    assert "cvae" in error_of("hunt", events, "--method", "ranode", "--set", "signal=cvae")
    for method, needs in (("idealised", "background"), ("supervised", "background and signal")):
        said = error_of("hunt", events, "--method", method)
        assert f"needs events known to be {needs}, and the events have no labels" in said
        assert "anode, cathode, cwola, full-cathode, lacathode, outlier, ranode" in said
    assert "column 'mass'" in error_of("hunt", events, "--method", "cwola", "--mass", "mass")
    assert not Path("runs").exists()


def test_labels_of_one_kind_are_no_truth_of_the_other(error_of: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "e.parquet", label=np.zeros(500, dtype=int))
    assert "known to be signal, and the labels name none" in error_of("hunt", path, "--method", "supervised")


@pytest.mark.parametrize("cuts", ["0", "1", "1.5", "nan", "a"])
def test_cuts_that_are_none(error_of: Run, events: Path, cuts: str) -> None:
    assert "efficiencies" in error_of("hunt", events, "--cuts", cuts)


def test_settings_that_are_none(error_of: Run, events: Path, tmp_path: Path) -> None:
    assert "--set bins" in error_of("hunt", events, "--set", "bins")
    assert "--seed is -1" in error_of("hunt", events, "--seed", "-1")
    assert "--workers is 0" in error_of("hunt", events, "--workers", "0")
    (tmp_path / "recipe.toml").write_text("[rum]\nmass = 'mjj'\n")
    assert "[rum]" in error_of("hunt", events, "--recipe", tmp_path / "recipe.toml")
    (tmp_path / "recipe.toml").write_text("not toml")
    assert "not TOML" in error_of("hunt", events, "--recipe", tmp_path / "recipe.toml")


def test_unknown_options_and_verbs(error_of: Run) -> None:
    assert "--regoin" in error_of("hunt", "--regoin", "3300:3700")
    assert "hunt" in error_of("hnut")


def test_simulate_refuses(error_of: Run) -> None:
    assert "lhco-rnd" in error_of("simulate", "higgs")
    assert "-5" in error_of("simulate", "qcd", "--events", "-5")
    assert "mass_wprime" in error_of("simulate", "wprime-xy", "--events", "10", "--set", "mass_x=4000")
    assert "mass_z" in error_of("simulate", "wprime-xy", "--events", "10", "--set", "mass_z=4000")
    assert "r_inv" in error_of("simulate", "svj", "--set", "r_inv=2")
    assert "mass_zprime" in error_of("simulate", "zprime-tt", "--set", "mass_zprime=200")
    assert "cms" in error_of("simulate", "qcd", "--detector", "atlas")


def test_simulate_refuses_files_it_cannot_use(error_of: Run, tmp_path: Path) -> None:
    card, lhe = tmp_path / "mine.cmnd", tmp_path / "hard.lhe"
    card.write_text("HardQCD:all = on\nHardQCD:everything = on\n")
    said = error_of("simulate", "pythia", card)
    assert "PYTHIA Error" in said  # its own words
    assert "HardQCD:everything = on" in said
    assert "line 2" in said
    lhe.write_text("<LesHouchesEvents>\n<init>\n")
    assert "truncated" in error_of("simulate", "lhe", lhe)
    for process in ("pythia", "lhe"):
        assert "nowhere" in error_of("simulate", process, "nowhere")
        assert "FILE" in error_of("simulate", process)
    assert "takes no file" in error_of("simulate", "qcd", card)
    assert not list(tmp_path.glob("*.run"))


def test_limit_refuses(error_of: Run, events: Path, tmp_path: Path) -> None:
    assert "--luminosity 138" in error_of("limit", events, "--signal", events)
    lumi = ["limit", events, "--signal", events, "--luminosity", "138"]
    assert "luminosity" in error_of("limit", events, "--luminosity", "-1")
    assert "energy_skale" in error_of(*lumi, "--systematic", "energy_skale=0.02")
    assert "injections" in error_of(*lumi, "--injections", "0")
    assert "nothing.parquet" in error_of("limit", events, "--luminosity", "1", "--signal", "nothing.parquet")
    few = write(tmp_path / "few.parquet", label=np.arange(500) % 50 == 0)
    assert "needs 200" in error_of("limit", events, "--luminosity", "1", "--signal", few)
    assert not (tmp_path / "runs").exists()


def test_benchmark_refuses(error_of: Run, events: Path, tmp_path: Path) -> None:
    assert "'label'" in error_of("benchmark", events)
    labelled = write(tmp_path / "labelled.parquet", label=np.arange(500) % 10 == 0)
    few = ["benchmark", labelled, "--methods", "cathode"]
    said = error_of(*few, "--injections", "10,51")
    assert "51 signal events" in said
    assert "there are 50" in said
    assert "cathode" in error_of("benchmark", labelled, "--methods", "catode")
    assert "nsf" in error_of(*few, "--set", "cathode.density=maaf")
    assert "'cwola', which is not compared" in error_of(*few, "--set", "cwola.strip_width=100")
    assert "baseline" in error_of(*few, "--features", "baseline,extnded1")
    assert "-1" in error_of(*few, "--injections", "-1")
    assert "seeds" in error_of(*few, "--seeds", "0")
    assert "background-20" in error_of(*few, "--floor", "low")
    assert "500 events of test are in events" in error_of(*few, "--injections", "10", "--test", labelled)
    assert not (tmp_path / "runs").exists()


def test_features_wants_particles(error_of: Run, events: Path) -> None:
    assert "holds no particles" in error_of("features", events, "--out", "jets.parquet")


def test_report_and_cite_want_a_run(error_of: Run, tmp_path: Path) -> None:
    for verb in ("report", "cite"):
        assert "run" in error_of(verb, tmp_path / "nowhere")


def test_a_recipe_of_another_verb_is_refused(error_of: Run, tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("[run]\nverb = 'hunt'\n")
    assert "verb" in error_of("simulate", "--recipe", tmp_path / "recipe.toml")
    (tmp_path / "recipe.toml").write_text("[run]\nevnts = 5\n")
    assert "evnts" in error_of("simulate", "--recipe", tmp_path / "recipe.toml")
    assert "file" in error_of("features")


@pytest.mark.parametrize("package", ["fastjet", "pythia8mc"])
def test_the_extra_that_is_missing_is_named(package: str, tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    # None is what an import of something absent looks like; a process of its own, for Pythia may be loaded in this one.
    code = f"""
import sys
sys.modules["{package}"] = None
from resonaut.cli import main
main(["simulate", "wprime-xy", "--events", "5", "--workers", "1", "--out", "{out}"])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 2, process.stderr
    last = process.stderr.splitlines()[-1]
    assert last.startswith(f"error: {package} is not installed")
    assert "resonaut[simulation]" in last
