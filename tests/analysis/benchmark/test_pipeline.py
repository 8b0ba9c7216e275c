"""A benchmark trains blind, tests on other events, keeps what is finished and says the figures of the true curves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.benchmark.searches import Informed, Oracle
from closure.mini_olympics import MiniOlympics
from resonaut import registry
from resonaut.analysis.benchmark.cell import TrainCell
from resonaut.analysis.benchmark.pipeline import benchmark
from resonaut.analysis.benchmark.result import BenchmarkResult
from resonaut.cli.benchmark_table import agreement_tables
from resonaut.errors import ConfigError, EventsError, RunError
from resonaut.events.events import Events
from resonaut.features.robustness import distort
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.models.density.spline import SplineFlow
from resonaut.models.training import Trainer
from resonaut.report.citations import bibtex
from resonaut.report.page import write_report
from resonaut.searches.cathode import CATHODE
from resonaut.searches.combination import Combination
from resonaut.searches.lacathode import LaCATHODE
from resonaut.searches.regions import Region
from resonaut.statistics.curves import FIGURES, Curves

REGION = Region()
METHODS = {"best": Oracle(), "worse": Oracle(noise=4.0), "informed": Informed(noise=4.0)}
GRID = {"injections": (0, 200), "seeds": 3, "seed": 5, "known_share": 0.1, "test_share": 0.6}


@pytest.fixture(scope="module", autouse=True)
def family() -> Iterator[None]:
    """The searches of these tests have names while these tests run."""
    known = {"oracle": Oracle, "informed": Informed}
    for name, search in known.items():
        registry.register("search", name)(search)
    yield
    # These alone: others that were registered in the meantime are imported, and would not be again.
    for name in known:
        del registry._ADDED["search"][name]
    registry._adapter.cache_clear()


@pytest.fixture(scope="module")
def events() -> Events:
    return MiniOlympics(60_000, 2000).events(seed=1)


@pytest.fixture(scope="module")
def finished(events: Events, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BenchmarkResult]:
    folder = tmp_path_factory.mktemp("benchmark") / "run"
    return folder, benchmark(events, methods=METHODS, out=folder, **GRID)


def test_there_is_a_cell_for_every_combination(finished: tuple[Path, BenchmarkResult]) -> None:
    folder, result = finished
    assert len(result.cells) == 3 * 2 * 3
    assert {cell.seed for cell in result.cells} == {5, 6, 7}
    assert {(row.method, row.injected) for row in result.summary} == {(m, i) for m in METHODS for i in (0, 200)}
    assert all(row.n_seeds == 3 for row in result.summary)
    written = json.loads((folder / "result.json").read_text())
    assert BenchmarkResult.from_json(written) == result
    assert pq.read_table(folder / "cells.parquet").num_rows == 18
    # The three seeds draw other signal events and other test events.
    assert len({cell.auc for cell in result.cells if (cell.method, cell.injected) == ("best", 200)}) == 3


def test_the_figures_are_those_of_the_exact_score(events: Events, finished: tuple[Path, BenchmarkResult]) -> None:
    inside = events[REGION.in_signal(events.mass)]
    whole = Curves.from_scores(inside.labels, MiniOlympics.log_ratio(inside)).figures()
    best = [cell for cell in finished[1].cells if cell.method == "best"]
    for name in ("auc", "area_sic", "max_sic"):
        for cell in best:
            error = cell.errors[name]
            assert error is not None
            # The test is a part of the whole: 4 of its own standard errors, which are known to 16 %.
            assert abs(getattr(cell, name) - whole[name]) < 4 * error + 0.1 * whole[name] * (name == "max_sic")
    assert set(best[0].errors) == set(FIGURES)


def test_the_better_score_comes_out_better(finished: tuple[Path, BenchmarkResult]) -> None:
    rows = {row.method: row for row in finished[1].summary if row.injected == 200}
    for name in ("auc", "auc_pr", "area_sic", "significance"):
        assert getattr(rows["best"], name).low > getattr(rows["worse"], name).high
    # The same search under another name, told more, but trained on nothing: seed by seed the same numbers.
    assert rows["informed"].auc == rows["worse"].auc


def test_a_combination_says_how_alike_its_parts_are(events: Events, tmp_path: Path) -> None:
    twins, pair = (Combination(searches=[Oracle(), Oracle(noise=noise)], rule="product") for noise in (0.0, 30.0))
    methods = {"twins": twins, "pair": pair, "one": Oracle()}
    result = benchmark(events, methods=methods, out=tmp_path / "run", **(GRID | {"injections": [0], "seeds": 2}))
    agreement = {row.method: row.agreement for row in result.summary}
    assert agreement["one"] is None
    for sample in ("all", "background", "signal"):
        assert agreement["twins"][sample]["names"] == ["oracle 1", "oracle 2"]
        assert np.allclose(agreement["twins"][sample]["rank_correlation"], 1)
        assert np.allclose(agreement["twins"][sample]["overlap"], 1)
        assert 0 < agreement["pair"][sample]["rank_correlation"][0][1] < 0.9
        assert agreement["pair"][sample]["overlap"][0][1] < 0.9
    assert BenchmarkResult.from_json(json.loads((tmp_path / "run" / "result.json").read_text())) == result
    assert "do its parts see the same background?" in write_report(tmp_path / "run").read_text()
    assert len(agreement_tables(result)) == 6


def test_methods_of_the_same_density_learn_it_once_and_come_out_the_same(events: Events, tmp_path: Path) -> None:
    density = SplineFlow(transforms=1, hidden=(8,), bins=4, trainer=Trainer(epochs=1))
    parts = {"density": density, "classifier": BoostedTrees(max_iter=5), "oversample": 1.0}
    methods = {"cathode": CATHODE(**parts), "lacathode": LaCATHODE(**parts)}
    grid = GRID | {"injections": [200], "seeds": 1}
    both = benchmark(events, methods=methods, cells=tmp_path, **grid)
    assert len(list((tmp_path / "trainings").iterdir())) == 1
    alone = benchmark(events, methods={"lacathode": methods["lacathode"]}, **grid)
    assert alone.cells[0].auc == both.cells[1].auc != both.cells[0].auc


def test_significance_is_sic_times_that_of_the_injected_signal(finished: tuple[Path, BenchmarkResult]) -> None:
    for cell in finished[1].cells:
        assert cell.s_over_sqrt_b == cell.injected_in_region / cell.background_in_region**0.5
        assert cell.max_sic is not None
        assert cell.significance == pytest.approx(cell.max_sic * cell.s_over_sqrt_b)
        assert cell.significance == 0 if cell.injected == 0 else cell.injected_in_region <= 200


def test_a_finished_run_is_shown_and_other_settings_are_refused(
    events: Events, finished: tuple[Path, BenchmarkResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainCell, "__call__", None)  # nothing may be trained
    assert benchmark(events, methods=METHODS, out=finished[0], **GRID) == finished[1]
    with pytest.raises(RunError, match=r"run\.seeds was 3, is now 2"):
        benchmark(events, methods=METHODS, out=finished[0], **(GRID | {"seeds": 2}))


def test_a_stopped_benchmark_goes_on_and_cells_can_be_shared(
    events: Events, finished: tuple[Path, BenchmarkResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []
    train = TrainCell.__call__

    def counted(self, settings):  # type: ignore[no-untyped-def]
        if len(trained) == 2 and settings["injected"] == 300:
            raise KeyboardInterrupt
        trained.append(settings["injected"])
        return train(self, settings)

    monkeypatch.setattr(TrainCell, "__call__", counted)
    grid = GRID | {"injections": (200, 300)}
    start = {"methods": {"renamed": Oracle()}, "out": tmp_path / "run", "cells": finished[0] / "cells"}
    with pytest.raises(KeyboardInterrupt):
        benchmark(events, **start, **grid)
    assert not (tmp_path / "run" / "result.json").exists()
    assert trained == [300, 300]  # 200 is there, made by another run under another name
    trained.append(0)
    result = benchmark(events, **start, **grid)
    assert trained == [300, 300, 0, 300]
    same = [cell.auc for cell in finished[1].cells if (cell.method, cell.injected) == ("best", 200)]
    assert [cell.auc for cell in result.cells if cell.injected == 200] == same


def test_distortions_reach_the_search(events: Events) -> None:
    few = {"methods": {"best": Oracle()}, "injections": [50], "seeds": 1, "seed": 1}
    with pytest.raises(ConfigError, match=r"shift is 0\.1 but none of mj1, delta_mj"):
        benchmark(events, **few, shift=0.1)
    mass = np.array([3000.0, 4000.0])
    plain = Events(mass=mass, features=np.array([[100.0, 0.5], [200.0, 0.6]]), names=("mj1", "tau21_1"))
    shifted = distort(plain, shift=0.1, noise_features=2, seed=1)
    np.testing.assert_allclose(shifted.features[:, :2], [[400.0, 0.5], [600.0, 0.6]])
    assert shifted.names == ("mj1", "tau21_1", "noise_1", "noise_2")
    many = distort(events, noise_features=3, seed=1).features[:, 3:]
    assert abs(many.mean()) < 3 / np.sqrt(many.size)
    assert abs(many.std() - 1) < 3 / np.sqrt(2 * many.size)


def test_what_cannot_be_compared_is_refused(events: Events) -> None:
    with pytest.raises(EventsError, match="2001 signal events are to be injected, there are 2000"):
        benchmark(events, methods=METHODS, injections=[2001])
    with pytest.raises(ConfigError, match="cathode"):
        benchmark(events, methods=["catode"])
    with pytest.raises(ConfigError, match="no method"):
        benchmark(events, methods=[])
    with pytest.raises(ConfigError, match="leave no data"):
        benchmark(events, methods=METHODS, known_share=0.5, test_share=0.5)
    with pytest.raises(ConfigError, match="floor 'low' is unknown"):
        benchmark(events, methods=METHODS, floor="low")
    with pytest.raises(ConfigError, match="injected has no value"):
        benchmark(events, methods=METHODS, injections=[])


def test_the_report_tells_medians_and_draws_every_curve(finished: tuple[Path, BenchmarkResult]) -> None:
    folder, result = finished
    page = write_report(folder).read_text()
    best = next(row for row in result.summary if (row.method, row.injected) == ("best", 200))
    assert best.max_sic is not None
    assert f'<data value="{best.max_sic.median}"' in page
    assert "best gains most of the methods that learn from data alone" in page
    assert "informed knows background and signal" in page
    assert sorted(path.name for path in (folder / "figures").iterdir()) == [
        "curves_a_b_c_0.png",
        "curves_a_b_c_200.png",
        "scan_a_b_c.png",
    ]
    assert page.count("<img ") == 3
    assert "Gallicchio:2010dq" in bibtex(folder)
