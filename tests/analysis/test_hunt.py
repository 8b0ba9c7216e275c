"""A hunt from end to end, small: what it finds, what it writes, and that it goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closure.mini_olympics import MiniOlympics
from resonaut.analysis.hunt import hunt
from resonaut.analysis.result import HuntResult
from resonaut.errors import ConfigError, RegionError, RunError
from resonaut.events.events import Events
from resonaut.events.origin import with_origin
from resonaut.models import training
from resonaut.report.citations import bibtex
from resonaut.searches.crossfit import CrossFit

CUTS = (0.1, 0.02)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, signal_events: Events) -> tuple[Path, HuntResult]:
    folder = tmp_path_factory.mktemp("hunt") / "run"
    return folder, hunt(signal_events, search=small(), efficiencies=CUTS, seed=3, out=folder)


def small() -> CrossFit:
    from resonaut.models.classifier.trees import BoostedTrees
    from resonaut.models.density.spline import SplineFlow
    from resonaut.models.training import Trainer
    from resonaut.searches.cathode import CATHODE

    density = SplineFlow(transforms=2, hidden=(32,), bins=6, trainer=Trainer(epochs=4, batch_size=512))
    return CrossFit(search=CATHODE(density=density, classifier=BoostedTrees(max_iter=40), oversample=2), folds=2)


def test_a_strong_signal_is_found(run: tuple[Path, HuntResult]) -> None:
    _, result = run
    assert [cut.efficiency for cut in result.cuts] == [1.0, *CUTS]
    assert result.cuts[-1].z_local > 5
    assert result.cuts[-1].z_local > result.cuts[0].z_local + 2
    peak = result.fits[-1].peak_mass
    assert peak == pytest.approx(3500, abs=30)  # the true peak: 3500 +- 60, of about 300 events


def test_nothing_is_found_where_there_is_nothing(background_events: Events) -> None:
    result = hunt(background_events, search=small(), efficiencies=CUTS, seed=3)
    assert result.claim != "made"
    assert max(cut.z_local for cut in result.cuts) < 3.5
    assert result.truth is None  # all labels are 0: no figure of merit


def test_labels_do_not_matter(run: tuple[Path, HuntResult], signal_events: Events) -> None:
    """With every label turned round, nothing but the truth section may change."""
    wrong = replace(signal_events, labels=1 - signal_events.labels)
    result = hunt(wrong, search=small(), efficiencies=CUTS, seed=3)
    for cut, same in zip(result.cuts, run[1].cuts, strict=True):
        assert (cut.observed, cut.expected, cut.p_local) == (same.observed, same.expected, same.p_local)
    assert result.truth is not None
    assert result.truth.n_signal != run[1].truth.n_signal


def test_the_counts_are_those_of_the_scores(run: tuple[Path, HuntResult]) -> None:
    folder, result = run
    scores = pq.read_table(folder / "scores.parquet").to_pandas()
    folds = pq.read_table(folder / "tables" / "folds.parquet").to_pandas()
    inside = scores[scores.in_signal_region]
    assert len(inside) == result.n_signal_region == result.cuts[0].observed
    for cut in result.cuts[1:]:
        threshold = folds[folds.efficiency == cut.efficiency].set_index("fold").threshold
        assert (inside.score.to_numpy() > threshold[inside.fold].to_numpy()).sum() == cut.observed


def test_what_is_written(run: tuple[Path, HuntResult]) -> None:
    folder, result = run
    assert HuntResult.from_json(json.loads((folder / "result.json").read_text())) == result
    for name in ("run.toml", "provenance.json", "scores.parquet"):
        assert (folder / name).exists()
    tables = {path.stem for path in (folder / "tables").iterdir()}
    assert tables == {"spectra", "features", "sculpting", "score_distribution", "folds", "curves"}


def test_the_same_seed_gives_the_same_result(run: tuple[Path, HuntResult], signal_events: Events) -> None:
    again = hunt(signal_events, search=small(), efficiencies=CUTS, seed=3)
    assert replace(again, seconds={}) == replace(run[1], seconds={})


def test_a_finished_run_is_not_run_again(run: tuple[Path, HuntResult], signal_events: Events) -> None:
    folder, result = run
    before = (folder / "result.json").stat().st_mtime_ns
    assert hunt(signal_events, search=small(), efficiencies=CUTS, out=folder) == result
    assert (folder / "result.json").stat().st_mtime_ns == before


def test_other_settings_are_refused(run: tuple[Path, HuntResult], signal_events: Events) -> None:
    with pytest.raises(RunError, match=r"run\.efficiencies"):
        hunt(signal_events, search=small(), efficiencies=(0.1,), seed=3, out=run[0])


def test_an_interrupted_run_continues(
    run: tuple[Path, HuntResult], signal_events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = training.write_tensors
    written = []

    def write_and_stop(path: Path, *content: object) -> None:
        write(path, *content)  # type: ignore[arg-type]
        written.append(path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training, "write_tensors", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            hunt(signal_events, search=small(), efficiencies=CUTS, seed=3, out=tmp_path / "run")
    assert written[0].parent == tmp_path / "run" / "checkpoints"
    result = hunt(signal_events, search=small(), efficiencies=CUTS, out=tmp_path / "run")
    assert replace(result, seconds={}) == replace(run[1], seconds={})


def test_unusable_events_are_counted(signal_events: Events) -> None:
    features = signal_events.features.copy()
    features[:7, 1] = np.nan
    features[3:10, 2] = np.inf
    events = Events.usable(
        mass=signal_events.mass, features=features, names=signal_events.names, labels=signal_events.labels
    )
    result = hunt(events, search=small(), efficiencies=CUTS, seed=3)
    assert result.n_unusable == 10
    assert result.exclusions == {"b is NaN or infinite": 7, "c is NaN or infinite": 3}
    assert result.n_events == len(signal_events)
    assert result.cutflow[0].events == len(signal_events)


def test_a_file_gives_what_its_events_give(run: tuple[Path, HuntResult], signal_events: Events, tmp_path: Path) -> None:
    columns = {name: signal_events.feature(name) for name in signal_events.names}
    table = pa.table({"mjj": signal_events.mass, "event": signal_events.ids, "label": signal_events.labels} | columns)
    path, out = tmp_path / "events.parquet", tmp_path / "run"
    pq.write_table(with_origin(table, {"process": "lhco-rnd", "detector": "DelphesCMS"}), path)
    for features, folder in (("a,b,c", None), (["a", "b", "c"], out)):
        result = hunt(path, features=features, search=small(), efficiencies=CUTS, seed=3, out=folder)
        assert replace(result, seconds={}) == replace(run[1], seconds={})
    path.unlink()
    assert "PYTHIA" in bibtex(out)  # the events said that they are simulated
    assert "PYTHIA" not in bibtex(run[0])


def test_a_search_without_crossfitting_is_refused(signal_events: Events) -> None:
    with pytest.raises(ConfigError, match="CATHODE scores events it was trained on"):
        hunt(signal_events, search=small().search)


def test_a_region_without_events_is_refused() -> None:
    events = MiniOlympics(1000, 0).events(seed=1)
    with pytest.raises(RegionError, match="holds 0 events"):
        hunt(events[events.mass < 3300], search=small())


def test_what_is_not_finite_is_written_as_null(run: tuple[Path, HuntResult]) -> None:
    rows = [replace(run[1].cuts[0], disagreement=float("inf")), *run[1].cuts[1:]]
    content = replace(run[1], cuts=rows).to_json()
    assert content["cuts"][0]["disagreement"] is None
    json.dumps(content, allow_nan=False)


def test_what_cannot_sample_says_that_closure_is_not_measured(signal_events: Events, tmp_path: Path) -> None:
    from resonaut.cli.table import hunt_table
    from resonaut.models.classifier.trees import BoostedTrees
    from resonaut.report.hunt.wording import headline
    from resonaut.report.page import write_report
    from resonaut.searches.cwola import CWoLa

    search = CrossFit(search=CWoLa(classifier=BoostedTrees(max_iter=40)), folds=2)
    result = hunt(signal_events, search=search, efficiencies=(0.2, 0.02), seed=3, out=tmp_path / "run")
    assert result.method == "cwola"
    assert [cut.closure for cut in result.cuts] == [None] * 3
    assert result.c2st is None
    assert result.mass_sculpting == []
    # Some 900 held-out events, as many below the region as above: 2 % of them are too few to set a threshold.
    assert "threshold" not in str(result.cuts[1].withheld)
    assert "its threshold rests on too few background events" in str(result.cuts[2].withheld)
    assert "Closure was not measured" in str(hunt_table(result).caption)
    assert "was not measured" in headline(result).sentence
    page = write_report(tmp_path / "run").read_text()
    assert 'id="no-closure"' in page
    assert "held-out events, scaled to the expected background" in page


def test_truth_is_set_aside_for_who_asks(signal_events: Events) -> None:
    from resonaut.models.classifier.trees import BoostedTrees
    from resonaut.searches.idealised import Idealised

    search = CrossFit(search=Idealised(classifier=BoostedTrees(max_iter=40)), folds=2)
    result = hunt(signal_events, search=search, efficiencies=(0.1,), seed=3)
    steps = {row.step: row.events for row in result.cutflow}
    searched = next(events for step, events in steps.items() if step.startswith("searched"))
    assert searched == pytest.approx(len(signal_events) / 2, abs=5 * np.sqrt(len(signal_events)) / 2)
    inside = (signal_events.mass >= 3300) & (signal_events.mass < 3700)
    assert result.n_signal_region < 0.6 * inside.sum()
    assert result.truth is not None
    assert result.truth.auc > 0.9
    with pytest.raises(ConfigError, match="known to be background, and the events have no labels"):
        hunt(signal_events.blinded(), search=search, efficiencies=(0.1,), seed=3)


def test_trainings_inside_a_list_are_watched_and_placed(tmp_path: Path) -> None:
    from resonaut.analysis.running import placed, watched
    from resonaut.models.classifier.cloud_transformer import CloudTransformer
    from resonaut.models.classifier.mlp import DenseNetwork
    from resonaut.searches.anode import ANODE
    from resonaut.searches.combination import Combination
    from resonaut.searches.cwola import CWoLa
    from resonaut.searches.idealised import Idealised

    search = watched(CrossFit(search=Combination(searches=[ANODE(), CWoLa()])), tmp_path, True)
    first = search.search.searches[0]
    assert first.density.trainer.checkpoints == first.data_density.trainer.checkpoints == tmp_path
    [moved, _] = placed(search, "cpu").search.searches
    assert moved.density.trainer == replace(first.density.trainer, device="cpu")
    assert placed(search, "auto") is search
    # Scikit-learn wants None for a default: such a training is watched, too.
    [mlp, clouds] = (
        placed(watched(Idealised(classifier=classifier), tmp_path, False), "cpu").classifier
        for classifier in (DenseNetwork(), CloudTransformer())
    )
    assert mlp.trainer.checkpoints == clouds.trainer.checkpoints == tmp_path
    assert mlp.trainer.device == clouds.trainer.device == "cpu"
    assert replace(mlp.trainer, checkpoints=None, device="auto") == DenseNetwork().own_trainer()
