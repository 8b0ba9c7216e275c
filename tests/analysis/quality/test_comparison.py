"""A comparison of densities: who is right is at the floor, who is wrong is not; what is kept, and what goes on."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.quality import measuring
from resonaut.analysis.quality.comparison import compare_densities
from resonaut.analysis.quality.result import MEASURES, QualityResult
from resonaut.errors import ConfigError, EventsError, RunError
from resonaut.events.events import Events
from resonaut.models import training

TIMES = {"train_seconds": 0.0, "samples_per_second": 0.0}


@dataclass(kw_only=True)
class Truth:
    """The miniature Olympics' own background, or one that is too wide by a factor."""

    width: float = 1.0

    def fit(self, x: np.ndarray, context: np.ndarray, *, weight: Any = None, seed: Any = None) -> Truth:
        return self

    def sample(self, context: np.ndarray, *, seed: Any = None) -> np.ndarray:
        noise = np.random.default_rng(seed).standard_normal((len(context), 3))
        return MiniOlympics.drift(context[:, 0]) + self.width * noise


def without_times(result: QualityResult) -> QualityResult:
    models = {row: replace(one, **TIMES) for row, one in result.models.items()}
    return replace(result, models=models, seconds={})


def kept(folder: Path) -> list[tuple[str, int]]:
    """The finished cells of a run."""
    cells = [json.loads(path.read_text())["settings"] for path in (folder / "cells").iterdir()]
    return sorted((cell["row"], cell["repeat"]) for cell in cells)


def test_the_truth_is_at_the_floor_and_a_wrong_width_is_not(background_events: Events) -> None:
    rows = {"truth": Truth(), "wide": Truth(width=1.5)}
    result = compare_densities(background_events[:6000], models=rows, seeds=2, seed=1)
    truth, wide, floor = result.models["truth"], result.models["wide"], result.floor
    for where, n in (("sideband", result.sizes.sideband), ("signal_region", result.sizes.signal_region)):
        # Of the AUC on the unseen halves, n / 2 events each, and of the mean of two.
        sigma = (1 / (6 * n)) ** 0.5
        assert getattr(truth, where)["c2st"].mean == pytest.approx(0.5, abs=4 * sigma)
        assert getattr(floor, where)["c2st"].mean == pytest.approx(0.5, abs=4 * sigma)
        # Under the null hypothesis T has mean 1/6 and standard deviation 0.15 a feature: here three, twice.
        assert getattr(truth, where)["cramer_von_mises"].mean == pytest.approx(1 / 6, abs=4 * 0.15 / 6**0.5)
    assert wide.sideband["cramer_von_mises"].mean > 1 / 6 + 6 * 0.15 / 6**0.5
    assert wide.sideband["c2st"].mean > 0.53
    # Of Gaussians: the sum over features of (1.5 - 1)^2, each in units of the real width.
    drift = MiniOlympics.drift(background_events.mass)
    variance = 1 + drift.var(axis=0)
    expected = ((np.sqrt(variance + 1.25) - np.sqrt(variance)) ** 2 / variance).sum()
    assert wide.sideband["frechet"].mean == pytest.approx(expected, rel=0.25)


def test_everything_is_measured_in_either_region(compared: tuple[Path, QualityResult]) -> None:
    _, result = compared
    assert list(result.models) == ["tiny-spline", "cvae"]
    assert result.models["tiny-spline"].density == "nsf"
    for one in (*result.models.values(), result.floor):
        for values in (one.sideband, one.signal_region):
            assert tuple(values) == MEASURES
            assert all(np.isfinite(value.mean) and value.std > 0 for value in values.values())
    for one in result.models.values():
        assert one.train_seconds > 0
        assert one.samples_per_second > 0
        assert one.n_weights > 0
        assert one.seeds == 2
    # Two epochs of a tiny network leave something to tell.
    assert result.models["cvae"].sideband["c2st"].mean > result.floor.sideband["c2st"].mean


def test_the_summary_is_that_of_the_table(compared: tuple[Path, QualityResult]) -> None:
    folder, result = compared
    table = pq.read_table(folder / "tables" / "distances.parquet").to_pandas()
    chosen = table[table["where"] == "signal_region"]
    chosen = chosen[(chosen.model == "cvae") & (chosen.distance == "wasserstein")]
    overall, features = chosen[chosen.feature.isna()], chosen[chosen.feature.notna()]
    assert result.models["cvae"].signal_region["wasserstein"].mean == pytest.approx(overall.value.mean())
    assert features.value.mean() == pytest.approx(overall.value.mean())
    assert set(features.feature) == set(result.features)


def test_what_is_written(compared: tuple[Path, QualityResult]) -> None:
    folder, result = compared
    assert QualityResult.from_json(json.loads((folder / "result.json").read_text())) == result
    assert kept(folder) == sorted((row, k) for row in ("real", "tiny-spline", "cvae") for k in (0, 1))
    assert not list((folder / "checkpoints").iterdir())
    losses = pq.read_table(folder / "tables" / "training.parquet").to_pandas()
    assert losses.groupby(["model", "seed"]).epoch.max().tolist() == [2] * 4
    histograms = pq.read_table(folder / "tables" / "features.parquet").to_pandas()
    sums = histograms.groupby(["where", "model", "feature"])[["data", "template"]].sum()
    assert (sums["template"] / sums["data"]).between(0.9, 1.1).all()


def test_other_models_do_not_change_a_row(
    compared: tuple[Path, QualityResult], few_events: Events, small_models: dict[str, Any]
) -> None:
    alone = compare_densities(few_events, models={"cvae": small_models["cvae"]}, seeds=2, seed=compared[1].seed)
    both = without_times(compared[1])
    assert without_times(alone).models["cvae"] == both.models["cvae"]
    assert alone.floor == both.floor


def test_an_interrupted_run_continues(
    compared: tuple[Path, QualityResult],
    few_events: Events,
    small_models: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped after the first epoch of the second training: one cell is kept, the other training goes on."""
    write, written = training.write_tensors, []

    def write_and_stop(path: Path, *content: Any) -> None:
        write(path, *content)
        written.append(path)
        if len(written) == 3:
            raise KeyboardInterrupt

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(training, "write_tensors", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            compare_densities(few_events, models=small_models, seeds=2, seed=compared[1].seed, out=out)
    assert kept(out) == [("real", 0), ("tiny-spline", 0)]
    assert written[-1].parent == out / "checkpoints" / "cvae-0"
    result = compare_densities(few_events, models=small_models, seeds=2, out=out)
    assert json.dumps(without_times(result).to_json()) == json.dumps(without_times(compared[1]).to_json())


def test_finished_cells_are_not_made_again(
    compared: tuple[Path, QualityResult],
    few_events: Events,
    small_models: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    shutil.copytree(compared[0], out)
    (out / "result.json").unlink()
    monkeypatch.setattr(measuring, "train_and_measure", lambda *_, **__: pytest.fail("trained again"))
    again = compare_densities(few_events, models=small_models, seeds=2, out=out)
    assert replace(again, seconds={}) == replace(compared[1], seconds={})


def test_a_finished_run_says_so_and_other_settings_are_refused(
    compared: tuple[Path, QualityResult], few_events: Events, small_models: dict[str, Any]
) -> None:
    folder, result = compared
    assert compare_densities(few_events, models=small_models, seeds=2, out=folder) == result
    with pytest.raises(RunError, match=r"run\.seeds"):
        compare_densities(few_events, models=small_models, seeds=3, out=folder)
    other = {**small_models, "cvae": {**small_models["cvae"], "beta": 0.5}}
    with pytest.raises(RunError, match=r"models\.cvae\.beta was 1\.0"):
        compare_densities(few_events, models=other, seeds=2, out=folder)


def test_processes_find_what_one_does(
    compared: tuple[Path, QualityResult], few_events: Events, small_models: dict[str, Any]
) -> None:
    together = compare_densities(few_events, models=small_models, seeds=2, seed=compared[1].seed, workers=2)
    assert without_times(together) == replace(without_times(compared[1]), workers=2)


def test_one_seed_has_no_spread(few_events: Events) -> None:
    result = compare_densities(few_events, models={"truth": Truth()}, seeds=1, seed=1)
    assert result.models["truth"].sideband["frechet"].std is None
    assert QualityResult.from_json(result.to_json()) == result


@pytest.mark.parametrize("name", ["real", "a/b", "", ".."])
def test_names_that_a_row_cannot_have(few_events: Events, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be called"):
        compare_densities(few_events, models={name: "nsf"})


def test_an_error_says_whose_it_is(few_events: Events) -> None:
    @dataclass
    class Broken(Truth):
        def sample(self, context: np.ndarray, *, seed: Any = None) -> np.ndarray:
            return np.full((len(context), 3), np.nan)

    with pytest.raises(EventsError, match=r"broken, seed 1 of 2: feature 'a' of the generated sample is NaN"):
        compare_densities(few_events, models={"broken": Broken()}, seeds=2, seed=1)
