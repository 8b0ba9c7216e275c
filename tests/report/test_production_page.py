"""A production's page: from any finished production, complete, with axes that say what they show."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resonaut.cli import main
from resonaut.errors import ConfigError, RunError, SimulationError
from resonaut.events.origin import read_origin
from resonaut.plots.style import report_style
from resonaut.report.citations import bibtex
from resonaut.report.page import write_report
from resonaut.report.pictures import Image
from resonaut.report.production.checks import check_production
from resonaut.report.production.contents import ProductionContents
from resonaut.report.production.figures import drawings
from resonaut.report.production.page import Yield, render
from resonaut.simulation.chain import Chain
from resonaut.simulation.finished import FinishedProduction
from resonaut.simulation.production import simulate
from resonaut.simulation.result import ProcessCounts

UNITS = {"mjj": "GeV", "met": "GeV", "met_phi": "rad", "mj1": "GeV", "delta_mj": "GeV"}
UNITS |= {f"jet{jet}_{name}": unit for jet in (1, 2) for name, unit in (("pt", "GeV"), ("mass", "GeV"), ("phi", "rad"))}


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty background and ten signal events, without constituents."""
    out = tmp_path_factory.mktemp("mixture") / "events.parquet"
    return simulate("lhco-rnd", events=30, signal=10, out=out, seed=11, block_size=60, progress=False).path


@pytest.fixture(scope="module")
def background(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty background events of the mixture, no signal, with constituents."""
    out = tmp_path_factory.mktemp("background") / "events.parquet"
    return simulate(
        "lhco-rnd", events=40, signal=0, out=out, seed=11, block_size=60, constituents=True, progress=False
    ).path


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Path, Callable[[pa.Table], pa.Table]], Path]:
    """A copy of a production, its table changed behind the manifest's back."""

    def change(path: Path, how: Callable[[pa.Table], pa.Table]) -> Path:
        copy = tmp_path / path.name
        shutil.copytree(f"{path}.run", f"{copy}.run")
        pq.write_table(how(pq.read_table(path)), copy)
        return copy

    return change


def contents(path: Path) -> ProductionContents:
    made = FinishedProduction.at(path)
    assert made is not None
    return ProductionContents.read(made)


def told(found: ProductionContents) -> str:
    """The page's text, its figures left out: they take their time."""
    blank = {"kinematics": [Image("blank", "", bytes(24))]}
    return render(found, {section: blank.get(section, []) for section in drawings(found)})


def drawn(found: ProductionContents) -> set[str]:
    """Names of the figures of jets' particles."""
    with report_style():
        return {name for section in ("images", "displays") for name, _, _ in drawings(found)[section]}


@pytest.fixture(scope="module")
def page(mixture: Path) -> Path:
    return write_report(mixture)


def test_the_page_tells_counts_settings_and_references(mixture: Path, page: Path) -> None:
    assert page == Path(f"{mixture}.run") / "report.html"
    text = page.read_text(encoding="utf-8")
    manifest = json.loads(Path(f"{mixture}.run", "manifest.json").read_text())
    for name, counts in manifest["processes"].items():
        assert name in text
        for key in ("n_events", "n_selected", "n_generated", "filter_efficiency", "cross_section_pb"):
            assert f'<data value="{counts[key]}"' in text
        assert all(reason.replace("&", "&amp;") in text for reason in counts["excluded"])
    for said in (manifest["sha256"], manifest["versions"]["pythia8mc"], "PhaseSpace:pTHatMin", "All 7 checks passed"):
        assert said in text
    assert text.count("@article") == bibtex(mixture).count("@article") > 5


def test_the_page_holds_its_figures(mixture: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = {file.stem for file in Path(f"{mixture}.run", "figures").iterdir()}
    assert files == {"event", "jets", "substructure_01", "jet_images", "events_background", "events_signal"}
    sources = re.findall(r'src="([^"]{15})', text)
    assert sources == ["data:image/png;"] * len(files)
    assert not re.search(r"<(script|link|iframe)|url\(|@import", text)


def test_the_command_writes_the_same_page_again(mixture: Path, page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = page.read_bytes()
    page.unlink()
    with pytest.raises(SystemExit) as ended:
        main(["report", f"{mixture}.run"])
    assert ended.value.code == 0
    assert str(page) in capsys.readouterr().out
    assert page.read_bytes() == before


def test_a_report_of_another_format_is_refused_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--report", "--format", "root", "--out", str(tmp_path / "events.root")])
    assert ended.value.code == 2
    assert "a report is made of events in Parquet" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_first_block_is_made_again_as_it_was(mixture: Path) -> None:
    """The events shown are those of the file, with their particles."""
    events = contents(mixture).events
    assert events is not None
    table = pq.read_table(mixture)
    for label, n in ((0, 30), (1, 10)):
        masses = [t.filter(np.asarray(t["label"]) == label)["mjj"].to_numpy() for t in (table, events)]
        np.testing.assert_array_equal(*(mass[: min(n, len(masses[1]))] for mass in masses))
    n = [len(particles) for particles in events["jet1_constituent_pt"].to_pylist()]
    assert min(n) > 1


def test_constituents_of_the_file_are_used(background: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chain, "run", None)
    found = contents(background)
    assert found.events is not None
    assert found.events.num_rows == 40
    assert drawn(found) == {"jet_images", "events_background"}
    text = told(found)
    assert "All events, counted." in text
    assert "wprime" not in text


def test_without_labels_nothing_tells_signal_from_background(mixture: Path, changed: Callable[..., Path]) -> None:
    found = contents(changed(mixture, lambda table: table.drop_columns("label")))
    assert drawn(found) == set()
    text = told(found)
    assert "would tell which is which" in text
    assert "1 of 7 checks failed" in text  # its checksum
    assert "Red: signal" not in text


def test_without_labels_but_with_constituents_all_events_are_one_sample(
    background: Path, changed: Callable[..., Path]
) -> None:
    found = contents(changed(background, lambda table: table.drop_columns("label")))
    assert drawn(found) == {"jet_images", "events_events"}


@pytest.mark.parametrize("name", ["mixture", "background"])
def test_every_axis_says_what_it_shows_with_units(name: str, request: pytest.FixtureRequest) -> None:
    found = contents(request.getfixturevalue(name))
    labels = []
    with report_style():
        for section, figures in drawings(found).items():
            for _, alt, canvas in figures:
                assert alt
                for ax in canvas.axes:
                    assert ax.get_ylabel()
                    assert ax.get_xlabel() or hasattr(ax, "_colorbar")
                    if section in ("kinematics", "substructure"):
                        labels.append(ax.get_xlabel())
    assert len(labels) == len(found.distributions)
    for column, label in zip(_in_order(found), labels, strict=True):
        assert label != column
        assert ("[" + UNITS[column] + "]" in label) if column in UNITS else "[" not in label


def _in_order(found: ProductionContents) -> list[str]:
    event = ["mjj", "met", "met_phi"]
    jets = [f"jet{jet}_{name}" for name in ("pt", "mass", "n", "eta", "phi") for jet in (1, 2)]
    return [*event, *jets, *(name for name in found.distributions if name not in (*event, *jets))]


def test_checks_find_what_is_wrong(mixture: Path, changed: Callable[..., Path]) -> None:
    def spoil(table: pa.Table) -> pa.Table:
        mass, pt = table["mjj"].to_numpy().copy(), table["jet1_pt"].to_numpy().copy()
        mass[0], pt[1] = np.nan, 900.0
        for name, values in (("mjj", mass), ("jet1_pt", pt)):
            table = table.set_column(table.column_names.index(name), name, pa.array(values))
        return table.slice(0, 39)

    found = contents(changed(mixture, spoil))
    failed = {check.question for check in found.checks if not check.passed}
    assert failed == {
        "the file is the one that was made (SHA-256)",
        "it holds 40 events",
        "every number is finite",
        "leading jets have pT > 1200 GeV",
    }
    whole = contents(mixture)
    assert all(check.passed for check in check_production(whole.production, whole.distributions))


def test_the_selected_cross_section_has_the_efficiencys_error() -> None:
    counts = ProcessCounts(500, 600, 1000, {"soft": 400}, 0.6, 10.0, 0.0, 1.0)
    made = Yield.of(counts)
    assert made.selected_pb == pytest.approx(6.0)
    assert made.selected_error_pb == pytest.approx(10 * np.sqrt(0.6 * 0.4 / 1000))
    assert made.luminosity_fb == pytest.approx(500 / 6000)  # 6 pb are 6,000 fb


def test_a_chain_comes_back_from_its_manifest(mixture: Path) -> None:
    made = FinishedProduction.at(mixture)
    assert made is not None
    for settings in made.chains:
        chain = Chain.from_settings(settings)
        assert json.loads(json.dumps(chain.settings())) == settings
        assert asdict(chain.clustering) == settings["clustering"]
    other = {**made.chains[0], "pythia": ["HardQCD:all = off"]}
    for wrong in (other, {**other, "detector": {"name": "ATLAS"}}, {"process": "qcd"}):
        with pytest.raises(SimulationError, match="another version"):
            Chain.from_settings(wrong)


def test_a_production_of_another_version_has_a_page_without_images(mixture: Path, changed: Callable[..., Path]) -> None:
    path = changed(mixture, lambda table: table)
    manifest = Path(f"{path}.run", "manifest.json")
    content = json.loads(manifest.read_text())
    content["settings"]["chains"][0]["pythia"] = ["HardQCD:all = off"]
    manifest.write_text(json.dumps(content))
    assert "another version" in told(contents(path))


def test_an_unfinished_production_and_other_formats_are_refused(mixture: Path, changed: Callable[..., Path]) -> None:
    path = changed(mixture, lambda table: table)
    manifest = Path(f"{path}.run", "manifest.json")
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "complete": False}))
    with pytest.raises(RunError, match="unfinished production"):
        write_report(path)
    content["settings"]["format"] = "root"
    manifest.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="'root'"):
        write_report(path)
    assert "PYTHIA" in bibtex(path)


def test_a_report_does_not_hinder_making_the_file_again(background: Path, tmp_path: Path) -> None:
    copy = tmp_path / "events.parquet"
    shutil.copytree(f"{background}.run", f"{copy}.run")
    figure = Path(f"{copy}.run", "figures", "event.png")
    figure.parent.mkdir(exist_ok=True)
    figure.write_bytes(b"")
    settings = {"events": 40, "signal": 0, "seed": 11, "block_size": 60, "constituents": True, "progress": False}
    assert simulate("lhco-rnd", out=copy, **settings).path.read_bytes() == background.read_bytes()
    assert figure.exists()
    assert not list(Path(f"{copy}.run").glob("*.parquet"))


def test_a_black_box_stays_closed(tmp_path: Path) -> None:
    """Nothing in the page, and nothing noted in the file, says what is hidden, or that anything is."""
    path = tmp_path / "box.parquet"
    simulate("blackbox", events=200, out=path, seed=5, block_size=100, progress=False)
    assert read_origin(path) == {"process": "blackbox", "detector": "DelphesCMS"}
    found = contents(path)
    assert [check.question for check in found.checks if not check.passed] == []
    text = told(found)
    assert "would tell which is which" in text
    assert not re.search("wprime|zprime|qstar|svj", text, flags=re.IGNORECASE)
    assert "PYTHIA" in bibtex(path)
