"""The page says what result.json says, stands alone, and survives whatever a user calls their files."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from resonaut.errors import RunError
from resonaut.report.hunt.contents import RunContents
from resonaut.report.hunt.page import render
from resonaut.report.page import write_report
from resonaut.report.pictures import Image

EVIL = '</pre><script>alert("1")</script><img src="http://example.org/x.png">'
SECTIONS = ("spectrum", "features", "sculpting", "excess", "scores", "folds", "curves")
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
VOID = {"meta", "img", "br", "link", "input", "hr", "col"}


class Page(HTMLParser):
    """Tables by id as cells of (full value, text), what it loads, and whether its tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.resources: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.tables: dict[str, list[list[tuple[float | None, str]]]] = {}
        self._rows: list[list[tuple[float | None, str]]] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.resources += [named[name] or "" for name in ("src", "srcset", "data", "poster") if name in named]
        if tag == "link":
            self.resources.append(named.get("href") or "")
        if "id" in named:
            self.ids.append(named["id"] or "")
        if tag == "a":
            self.links.append(named["href"] or "")
        if tag == "table":
            self._rows = self.tables[named.get("id") or f"unnamed {len(self.tables)}"] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append((None, ""))
        elif tag == "data" and "table" in self.open:
            _, text = self._rows[-1][-1]
            self._rows[-1][-1] = (float(named["value"] or "nan"), text)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            assert "url(" not in data
            assert "@import" not in data
            return
        self.text += data
        if "table" in self.open and {"td", "th"} & set(self.open):
            value, text = self._rows[-1][-1]
            self._rows[-1][-1] = (value, text + data)

    def body(self, table: str) -> list[list[tuple[float | None, str]]]:
        """The rows below the heading."""
        return self.tables[table][1:]


def read(run: Path) -> tuple[Page, dict[str, Any]]:
    """A run's page with dots for figures, which are quick, and its result."""
    dots: dict[str, list[Image]] = {name: [Image(f"{name}_1", f"a dot for {name}", DOT)] for name in SECTIONS}
    page = render(RunContents.read(run), dots)
    return Page(page), json.loads((run / "result.json").read_text())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, run_writer: Any) -> Path:
    """A run with its report."""
    run = run_writer(tmp_path_factory.mktemp("runs") / "full")
    assert write_report(run) == run / "report.html"
    return run


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory, run_writer: Any) -> Path:
    """The report of a run with 14 features, all labels gone, and names from a bad dream."""
    names = (
        "$a$ <i>&",
        *(f"tau{n}_b{beta}_{jet}" for n in (1, 2, 3) for beta in ("05", "10") for jet in (1, 2)),
        "mj1",
    )
    run = run_writer(
        tmp_path_factory.mktemp("runs") / "<b>run",
        labels=False,
        fit_fails=True,
        events=EVIL,
        features=names,
        exclusions={f"{EVIL} is NaN": 2},
    )
    result = json.loads((run / "result.json").read_text())
    for row in result["feature_closure"]:
        row["p"] = {"tau3_b10_2": 1e-6, "$a$ <i>&": 1e-5}.get(row["feature"], 0.5)
    (run / "result.json").write_text(json.dumps(result))
    write_report(run)
    return run


def test_every_number_of_the_table_is_result_jsons(make_run: Any) -> None:
    page, result = read(make_run())
    rows = page.body("cuts")
    assert len(rows) == len(result["cuts"]) == 4
    for cells, cut in zip(rows, result["cuts"], strict=True):
        ratios = [cut["n_signal"] / cut["n_background"], cut["n_signal"] / cut["n_background"] ** 0.5]
        names = ("observed", "expected", "expected_fit", "p_local", "z_local", "expected_z", "n_signal")
        assert [value for value, _ in cells[1:]] == [*(cut[name] for name in names), *ratios]
    assert [cells[0][1] for cells in rows] == ["no cut", "10 %", "1 %", "0.1 %"]


def test_the_text_of_a_number_is_the_number_rounded(make_run: Any) -> None:
    page, _ = read(make_run())
    checked = 0
    for table in page.tables.values():
        for value, text in (cell for row in table for cell in row):
            found = re.fullmatch(r"(−?[\d,.]+)( ± [\d,.]+)?( × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?( %|σ)?", text.strip())
            if value is None or found is None:
                continue
            shown = float(found[1].replace("−", "-").replace(",", ""))
            exponent = found[4].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) if found[4] else "0"
            digits = len(found[1].partition(".")[2])
            scale = 10.0 ** int(exponent) / (100 if found[5] == " %" else 1)
            # Python formats small p-values by significant digits, so half of the last shown digit is the tolerance.
            assert shown * scale == pytest.approx(value, abs=0.51 * 10.0**-digits * scale), text
            checked += 1
    assert checked > 80


def test_error_budget_fits_and_closure_are_result_jsons(make_run: Any) -> None:
    page, result = read(make_run())
    for cells, cut in zip(page.body("budget"), result["cuts"], strict=True):
        names = ("expected", "threshold_error", "spectrum_error", "closure_error", "expected_error")
        assert [value for value, _ in cells[1:6]] == [cut[name] for name in names]
    for cells, fit in zip(page.body("fits"), result["fits"], strict=True):
        names = ("chi2", "n_dof", "p_value", "n_shape_parameters", "fitted_yield", "peak_mass")
        assert [value for value, _ in cells[1:]] == [fit[name] for name in names]
    for cells, row in zip(page.body("feature-closure"), result["feature_closure"], strict=True):
        assert [value for value, _ in cells[2:]] == [row["ks"], row["p"]]
    for cells, row in zip(page.body("sculpting-table"), result["mass_sculpting"], strict=True):
        names = ("chi2", "n_dof", "p_value", "bump", "bump_p_value")
        assert [value for value, _ in cells[1:]] == [row[name] for name in names]
    for cells, cut in zip(page.body("cut-closure"), result["cuts"][1:], strict=True):
        assert cells[1][0] == cut["closure"]["relative_difference"]
        assert cells[2][0] == cut["closure"]["pull"]
    assert [row[1][0] for row in page.tables["truth-table"]] == [
        result["truth"][name]
        for name in ("n_signal", "s_over_b", "s_over_sqrt_b", "auc", "max_sic", "max_sic_fpr", "sic_fpr_1e3")
    ]


def test_cutflow_counts_every_exclusion(make_run: Any) -> None:
    exclusions = {"mj1 is NaN or infinite": 12, "fewer than two jets": 5}
    page, _ = read(make_run(exclusions=exclusions))
    counted = {cells[0][1]: cells[1][0] for cells in page.body("cutflow")}
    assert {f"unusable: {reason}": -n for reason, n in exclusions.items()}.items() <= counted.items()
    assert counted["in the file"] - sum(exclusions.values()) == counted["usable"]
    assert "17 events could not be used" in page.text
    assert len([name for name in counted if "fewer than two jets" in name]) == 1


@pytest.mark.parametrize("name", ["written", "strange"])
def test_the_page_loads_nothing(name: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(name)
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    assert len(page.resources) == len(list((run / "figures").iterdir()))
    assert all(source.startswith("data:image/png;base64,") for source in page.resources)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_figures_lie_beside_the_page(written: Path) -> None:
    files = {file.stem: file.read_bytes() for file in (written / "figures").glob("*.png")}
    for cut in ("0_1", "0_01", "0_001"):
        assert {f"spectrum_{cut}", f"selected_{cut}"} <= set(files)
    assert {"spectrum_1", "feature_01_mj1", "feature_04_tau21_2", "sculpting", "scores", "folds", "curves"} <= set(
        files
    )
    assert len(files) == 15
    assert all(png.startswith(b"\x89PNG") and len(png) > 10_000 for png in files.values())


def test_without_labels_there_is_no_truth(make_run: Any) -> None:
    page, _ = read(make_run(labels=False))
    assert "truth" not in page.ids
    assert "truth-table" not in page.tables
    assert len(page.tables["cuts"][0]) == 6
    assert "S/√B" not in page.text
    assert "labels" not in page.text.partition("Result")[0]


def test_labels_without_signal_have_no_curves(make_run: Any) -> None:
    page, _ = read(make_run(signal=False, claim="none"))
    assert "truth" in page.ids
    assert "no curve to draw" in page.text


def test_an_estimate_that_failed_is_a_dash(make_run: Any) -> None:
    page, result = read(make_run(fit_fails=True))
    assert result["cuts"][-1]["expected_fit"] is None
    assert page.body("cuts")[-1][3] == (None, "–")
    assert "0.1 %: the fit of the selected spectrum has p < 0.01" in page.text


def test_a_search_that_cannot_sample_in_the_sidebands_has_no_sculpting(make_run: Any) -> None:
    run = make_run()
    result = json.loads((run / "result.json").read_text())
    result |= {"mass_sculpting": [], "c2st": None}
    for cut in result["cuts"]:
        cut |= {"closure": None}
    (run / "result.json").write_text(json.dumps(result))
    (run / "tables" / "sculpting.parquet").unlink()
    dots = {name: [] for name in SECTIONS}
    page = Page(render(RunContents.read(run), dots))
    assert "sculpting" not in page.ids
    assert page.body("cut-closure")[0][4][1] == "not measured"


def test_what_a_user_named_is_text_and_nothing_else(strange: Path) -> None:
    page = Page((strange / "report.html").read_text(encoding="utf-8"))
    assert not {"script", "b", "i"} & set(page.tags)
    assert EVIL in page.text
    assert "$a$ <i>&" in page.text
    assert f"unusable: {EVIL} is NaN" in page.text
    assert all(re.fullmatch(r"[a-z0-9_]+\.png", file.name) for file in (strange / "figures").iterdir())


def test_many_features_are_all_listed_and_the_worst_drawn(strange: Path) -> None:
    page = Page((strange / "report.html").read_text(encoding="utf-8"))
    assert len(page.body("feature-closure")) == 2 * 14
    drawn = [file.stem for file in sorted((strange / "figures").glob("feature_*"))]
    assert len(drawn) == 12
    assert drawn[:2] == ["feature_01_tau3_b10_2", "feature_02_a_i"]
    assert "The 12 features with the smallest p" in page.text


def test_the_report_can_be_written_again_and_leaves_the_users_style(written: Path) -> None:
    first, style = (written / "report.html").read_bytes(), dict(mpl.rcParams)
    (written / "report.html").unlink()
    assert write_report(written).read_bytes() == first
    assert dict(mpl.rcParams) == style


@pytest.mark.parametrize(
    "missing",
    [
        "run.toml",
        "result.json",
        "provenance.json",
        "tables/spectra.parquet",
        "tables/folds.parquet",
        "tables/curves.parquet",
    ],
)
def test_a_missing_file_is_one_line(make_run: Any, missing: str) -> None:
    run = make_run()
    (run / missing).unlink()
    with pytest.raises(RunError, match=re.escape(Path(missing).name)) as caught:
        RunContents.read(run)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("broken", ["result.json", "tables/features.parquet"])
def test_a_broken_file_is_one_line(make_run: Any, broken: str) -> None:
    run = make_run()
    (run / broken).write_text("{ not what it was")
    with pytest.raises(RunError, match=re.escape(Path(broken).name)) as caught:
        RunContents.read(run)
    assert "\n" not in str(caught.value)


def test_a_lost_column_is_named(make_run: Any) -> None:
    import pyarrow.parquet as pq

    run = make_run()
    path = run / "tables" / "folds.parquet"
    pq.write_table(pq.read_table(path).drop(["z"]), path)
    with pytest.raises(RunError, match=r"folds\.parquet lacks the column z"):
        write_report(run)


def test_a_run_of_another_verb_is_refused(make_run: Any) -> None:
    run = make_run()
    settings = (run / "run.toml").read_text()
    (run / "run.toml").write_text(settings.replace('verb = "hunt"', 'verb = "simulate"'))
    with pytest.raises(RunError, match="run of 'simulate'"):
        write_report(run)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nowhere"):
        write_report(tmp_path / "nowhere")
