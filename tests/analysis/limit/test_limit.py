"""A limit from end to end, small: what it excludes, what it writes, and that it goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyhf
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.limit import pipeline
from resonaut.analysis.limit.injection import Injection
from resonaut.analysis.limit.pipeline import limit
from resonaut.analysis.limit.result import LimitResult
from resonaut.errors import ConfigError, EventsError, FitError, RunError
from resonaut.events.events import Events
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.report.citations import bibtex
from resonaut.report.page import write_report
from resonaut.searches.cathode import CATHODE
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.cwola import CWoLa

SETTINGS: Mapping[str, Any] = {
    "luminosity": 1.0,
    "efficiencies": (0.1, 0.02),
    "injections": (0.05, 0.12),
    "toys": 400,
    "seed": 3,
}


def small() -> CrossFit:
    density = SplineFlow(transforms=2, hidden=(32,), bins=6, trainer=Trainer(epochs=3, batch_size=512))
    search = CATHODE(density=density, classifier=BoostedTrees(max_iter=40), oversample=2)
    # Two densities of so few events differ by more than the signal that is put into what they sample.
    return CrossFit(search=search, folds=2, background_folds=1)


@pytest.fixture(scope="module")
def simulated() -> Events:
    """Simulated signal; all of it is generated, so that 1 pb at 1 fb^-1 are 1,000 events."""
    events = MiniOlympics(10, 2_000).events(seed=7)
    return events[events.labels == 1]


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, background_events: Events, simulated: Events
) -> tuple[Path, LimitResult]:
    folder = tmp_path_factory.mktemp("limit") / "run"
    return folder, limit(background_events, simulated, search=small(), out=folder, **SETTINGS)


def test_background_alone_excludes_what_was_expected(run: tuple[Path, LimitResult]) -> None:
    _, result = run
    low, *_, high = result.expected_pb
    assert 0.7 * low < result.observed_pb < 1.3 * high
    assert list(result.expected_pb) == sorted(result.expected_pb)


def test_cuts_exclude_less_signal_than_the_bare_spectrum(run: tuple[Path, LimitResult]) -> None:
    _, result = run
    uncut, best = (next(cut for cut in result.cuts if cut.cut == which) for which in (1.0, result.cut))
    assert result.cut < 1
    assert uncut.expected_pb is not None
    assert best.expected_pb == result.expected_pb
    assert result.expected_pb[2] < 0.8 * uncut.expected_pb[2]


def test_the_limit_is_the_least_of_the_larger(run: tuple[Path, LimitResult]) -> None:
    _, result = run
    rows = [row for row in result.grid if row.cut == result.cut and row.observed_pb is not None]
    assert len(rows) == 2
    assert result.observed_pb == min(max(row.injected_pb, row.observed_pb) for row in rows)
    # A search that was trained with more signal keeps more of it, and excludes less.
    few, many = sorted(rows, key=lambda row: row.injected_pb)
    assert few.efficiency < many.efficiency
    assert many.observed_pb < few.observed_pb
    assert many.n_injected == pytest.approx(120, abs=5 * np.sqrt(120))


def test_asymptotics_agree_with_toys_and_with_pyhf(run: tuple[Path, LimitResult]) -> None:
    folder, result = run
    assert result.toys is not None
    # Of 400 toys ten lie beyond the median: 30 % of CLs, about 10 % of the limit.
    assert result.toys.median_pb == pytest.approx(result.toys.asymptotic_median_pb, rel=0.25)
    workspace = pyhf.Workspace(json.loads((folder / "workspace.json").read_text()))
    model = workspace.model()
    assert result.toys.asymptotic_observed_pb <= result.observed_pb
    strength = result.toys.asymptotic_observed_pb / result.expected_pb[2]
    cls = pyhf.infer.hypotest(strength, workspace.data(model), model, test_stat="qtilde")
    assert float(cls) == pytest.approx(0.05, rel=0.02)
    assert json.loads((folder / "hs3.json").read_text())["metadata"]["hs3_version"] == "0.2"


def test_what_is_written_can_be_read_again(run: tuple[Path, LimitResult]) -> None:
    folder, result = run
    assert LimitResult.from_json(json.loads((folder / "result.json").read_text())) == result
    page = write_report(folder).read_text(encoding="utf-8")
    assert "are excluded at 95 % CLs" in page
    assert "<script" not in page
    assert {path.name for path in (folder / "figures").iterdir()} >= {"limit.png", "region.png", "signal.png"}
    cited = bibtex(folder)
    assert "Read:2002hq" in cited
    assert "Hallin:2021wme" in cited
    region = pq.read_table(folder / "tables" / "region.parquet")
    assert sum(region["observed"].to_pylist()) == next(cut for cut in result.cuts if cut.cut == result.cut).observed


def test_a_complete_run_is_shown_and_other_settings_are_refused(
    run: tuple[Path, LimitResult], background_events: Events, simulated: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, result = run
    monkeypatch.setattr(pipeline, "estimate_background", None)  # nothing is computed again
    assert limit(background_events, simulated, search=small(), out=folder, **SETTINGS) == result
    with pytest.raises(RunError, match="luminosity"):
        limit(background_events, simulated, search=small(), out=folder, **{**SETTINGS, "luminosity": 2.0})


def test_an_interrupted_run_keeps_its_trainings(
    run: tuple[Path, LimitResult],
    background_events: Events,
    simulated: Events,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[float] = []
    train = Injection.__call__

    def stops_at_the_second(self: Injection, cell: Mapping[str, Any]) -> dict[str, Any]:
        trained.append(cell["injected_pb"])
        if len(trained) == 2:
            raise KeyboardInterrupt
        return train(self, cell)

    monkeypatch.setattr(Injection, "__call__", stops_at_the_second)
    settings = {**SETTINGS, "toys": 0}
    with pytest.raises(KeyboardInterrupt):
        limit(background_events, simulated, search=small(), out=tmp_path / "run", **settings)
    result = limit(background_events, simulated, search=small(), out=tmp_path / "run", **settings)
    assert trained == [0.05, 0.12, 0.12]
    assert replace(result, seconds={}) == replace(run[1], seconds={}, toys=None)


def test_labels_do_not_matter_and_a_signal_in_the_data_weakens_the_limit(
    run: tuple[Path, LimitResult], signal_events: Events, simulated: Events
) -> None:
    few = {**SETTINGS, "injections": (0.12,), "toys": 0}
    result = limit(signal_events, simulated, search=small(), **few)
    wrong = replace(signal_events, labels=1 - signal_events.labels)
    same = limit(wrong, simulated, search=small(), **few)
    assert replace(same, seconds={}) == replace(result, seconds={})
    # 400 events at 1 fb^-1: 0.4 pb are there and must not be excluded. Nothing of them is in what was expected.
    assert result.observed_pb > 0.4
    assert result.observed_pb > result.expected_pb[4]
    assert result.expected_pb[2] < 2 * run[1].expected_pb[2]


def test_what_cannot_be_used_is_refused(background_events: Events, simulated: Events, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="wrap it in CrossFit"):
        limit(background_events, simulated, search=small().search, **SETTINGS)
    with pytest.raises(ConfigError, match="cwola samples none"):
        limit(background_events, simulated, search=CrossFit(search=CWoLa(), folds=2), **SETTINGS)
    with pytest.raises(ConfigError, match=r"luminosity of memory:\w+ is not known; give it: --luminosity 138"):
        limit(background_events, simulated, search=small())
    elsewhere = replace(simulated, mass=simulated.mass - 1_000)
    with pytest.raises(EventsError, match="none of 2000 simulated signal events lies in the signal region"):
        limit(background_events, elsewhere, search=small(), **SETTINGS)
    with pytest.raises(FitError, match="needs 200"):
        limit(background_events, simulated[:150], search=small(), **SETTINGS)


def test_more_signal_than_was_simulated_cannot_be_injected(background_events: Events, simulated: Events) -> None:
    with pytest.raises(EventsError, match=r"more than half of the 2000 simulated"):
        limit(background_events, simulated, search=small(), **{**SETTINGS, "injections": (2.0,)})


def test_the_acceptance_is_that_of_the_production(tmp_path: Path, simulated: Events) -> None:
    from resonaut.analysis.limit.signal import acceptance_of, luminosity_of, signal_source
    from resonaut.analysis.settings import LimitSettings

    path = tmp_path / "signal.parquet"
    pq.write_table(pa.table({"mjj": simulated.mass}), path)
    assert acceptance_of(path, LimitSettings(signal=str(path))) == (1.0, "assumed")
    assert acceptance_of(path, LimitSettings(signal=str(path), acceptance=0.5)) == (0.5, "given")
    demo = LimitSettings()
    # docs/demo-events.md: 6,227 of 9,000 signal events are selected; 150,000 of 42.74 pb x 0.1113 make 31.5 fb^-1.
    assert acceptance_of(signal_source(demo, None), demo) == (pytest.approx(6227 / 9000), "simulated")
    assert luminosity_of(demo) == pytest.approx(31.5, abs=0.1)
