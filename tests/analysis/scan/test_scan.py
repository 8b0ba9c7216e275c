"""A scan from end to end, small: hunts in several windows, one global p-value, and what is kept of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.hunt import hunt
from resonaut.analysis.result import HuntResult
from resonaut.analysis.scan import pipeline
from resonaut.cli import main
from resonaut.errors import ConfigError
from resonaut.events.events import Events
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.report.page import write_report
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.cwola import CWoLa

SCAN = {"centres": "3500:4000", "toys": 20, "step": 1.0}
CUTS = (0.2, 0.1)


def quick() -> CrossFit:
    """A search without a density to train."""
    return CrossFit(search=CWoLa(classifier=BoostedTrees(max_iter=20)), folds=2)


@pytest.fixture(scope="module")
def events() -> Events:
    return MiniOlympics(15_000, 150).events(seed=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, events: Events) -> tuple[Path, HuntResult]:
    folder = tmp_path_factory.mktemp("scan") / "run"
    return folder, hunt(events, search=quick(), efficiencies=CUTS, scan=SCAN, seed=3, out=folder)


def test_the_resonance_is_found_in_its_window(run: tuple[Path, HuntResult]) -> None:
    _, result = run
    assert result.region[0] < 3500 < result.region[1]
    assert result.claim == "made"
    assert result.scan is not None
    assert result.scan.significance is not None
    assert result.z_global == result.scan.significance.z > 3
    assert result.scan.significance.toys.n == 20
    assert result.scan.significance.toys.p >= 1 / 21  # never 0
    assert [window.region for window in result.windows] == sorted(window.region for window in result.windows)


def test_a_scan_is_hunts(run: tuple[Path, HuntResult], events: Events) -> None:
    """A window of the scan is the hunt in that region with the same seed, to the last digit."""
    _, result = run
    window = result.windows[0]
    low, high = window.region
    alone = hunt(events, region=f"{low:g}:{high:g}", search=quick(), efficiencies=CUTS, seed=3)
    assert replace(alone, seconds={}) == replace(window, seconds={})


def test_what_is_written(run: tuple[Path, HuntResult]) -> None:
    folder, result = run
    assert HuntResult.from_json(json.loads((folder / "result.json").read_text())) == result
    table = pq.read_table(folder / "tables" / "scan.parquet").to_pandas()
    assert len(table) == len(result.windows) * (1 + len(CUTS))
    # The folder shows the window with the largest excess.
    scores = pq.read_table(folder / "scores.parquet").to_pandas()
    assert scores.in_signal_region.sum() == result.n_signal_region
    page = write_report(folder).read_text()
    assert 'id="scan"' in page
    assert "global" in page
    for window in result.windows:
        assert "{:g}–{:g}".format(*window.region) in page


def test_a_stopped_scan_goes_on(
    run: tuple[Path, HuntResult], events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run[0], folder)
    (folder / "result.json").unlink()
    redone = run[1].windows[1].region
    (folder / "windows" / "{:g}-{:g}".format(*redone) / "result.json").unlink()
    searched = []
    original = pipeline.run_window

    def counted(settings, given, **rest):  # type: ignore[no-untyped-def]
        missing = not (rest["out"] / "result.json").exists()
        searched.extend([settings.region] if missing else [])
        return original(settings, given, **rest)

    monkeypatch.setattr(pipeline, "run_window", counted)
    again = hunt(events, search=quick(), efficiencies=CUTS, scan=SCAN, out=folder)
    assert searched == ["{:g}:{:g}".format(*redone)]

    def untimed(result: HuntResult) -> HuntResult:
        return replace(result, seconds={}, windows=[replace(window, seconds={}) for window in result.windows])

    assert untimed(again) == untimed(run[1])


def test_a_method_that_needs_truth_is_refused_before_anything_is_trained(events: Events) -> None:
    from resonaut.searches.idealised import Idealised

    with pytest.raises(ConfigError, match="needs events known to be background"):
        hunt(replace(events, labels=None), search=CrossFit(search=Idealised()), scan="3100:3700")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scan", "2900:4500", "--region", "3300:3700"], "give one of them"),
        (["--toys", "10"], "give its centres"),
        (["--scan", "4500:2900"], "LOW:HIGH"),
        (["--scan", "100:200"], "can be searched"),
    ],
)
def test_wrong_options_are_answered_in_a_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["hunt", *options, "--out", str(tmp_path / "run")])
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert said in " ".join(message.split())
    assert "Traceback" not in message
