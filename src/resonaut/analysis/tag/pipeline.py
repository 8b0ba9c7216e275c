"""Outlier tagging as a run: learn what ordinary jets look like, score others, say how well that tells them apart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval
from pydantic import BeforeValidator

from resonaut.analysis.running import open_run, watched
from resonaut.analysis.tag.jets import Jets, read_jets
from resonaut.analysis.tag.measuring import auc, pt_bins, supervised, working_points
from resonaut.analysis.tag.result import TagResult
from resonaut.analysis.tag.tables import curves, epochs, scores
from resonaut.errors import ConfigError
from resonaut.events.demo import demo_jets_path
from resonaut.features.sets import SUBSTRUCTURE
from resonaut.models.saving import save
from resonaut.protocols import GraphOutlierDetector, OutlierDetector
from resonaut.quality.transport import exact_wasserstein
from resonaut.registry import settings
from resonaut.searches.regions import interval

__all__ = ["DEMO", "DEMO_BACKGROUND", "TagSettings", "run_tag"]

DEMO, DEMO_BACKGROUND = "demo", "top"
COMPARED = 1000
"""Jets of the distance between samples and data."""


def _columns(features: object) -> object:
    return features.split(",") if isinstance(features, str) else features


@settings
@dataclass(frozen=True, kw_only=True)
class TagSettings:
    """Which jets: the [run] table of run.toml.

    Args:
        jets: Files of jets to be tagged; "demo" for the embedded ones.
        train: File of background jets, all classes of it; "demo" for the embedded top jets.
        features: Columns of a single jet.
        pt: Window LOW:HIGH, GeV.
        eta_max: Largest |eta|.
        test_share: Of the background, what is held back as test.
        efficiencies: Background efficiencies of the working points.
        seed: Fixes every random draw; None draws one, which run.toml then records.
    """

    verb: Literal["tag"] = "tag"
    jets: tuple[str, ...] = (DEMO,)
    train: str = DEMO
    features: Annotated[tuple[str, ...], BeforeValidator(_columns)] = SUBSTRUCTURE
    pt: str = "400:700"
    eta_max: Annotated[float, Gt(0)] = 2.5
    test_share: Annotated[float, Interval(gt=0, lt=1)] = 0.3
    efficiencies: tuple[Annotated[float, Interval(gt=0, lt=1)], ...] = (0.1, 0.01, 0.001)
    seed: Annotated[int, Ge(0)] | None = None


def run_tag(
    run: TagSettings, model: OutlierDetector | GraphOutlierDetector, *, out: Path | None = None, progress: bool = False
) -> TagResult:
    """Train on background, score the jets, compare, and write it all down.

    Args:
        run: Which jets.
        model: The detector.
        out: The run's folder; the same settings there continue, or show what is complete.
        progress: Show progress bars.

    Raises:
        ResonautError: files, settings or jets that cannot be used, or the folder holds another run.
    """
    name = _background(run)
    folder, run = open_run(out, run, {"model": model}, [Path(path) for path in (run.train, *run.jets) if path != DEMO])
    if folder is not None:
        if folder.complete:
            return TagResult.from_json(folder.result())
        model = watched(model, folder.path / "checkpoints", progress)
    assert run.seed is not None
    rng = np.random.default_rng(run.seed)
    particles = "particles" in getattr(model, "needs", ())
    background, classes, excluded = _read(run, name, particles)
    order = rng.permutation(len(background))
    n_test = round(run.test_share * len(background))
    test, train = background[order[:n_test]], background[order[n_test:]]
    if not n_test:
        raise ConfigError(f"{len(background)} background jets leave none for the test; give more")

    seconds, start = {}, time.perf_counter()
    model.fit(train.seen(particles), seed=rng)
    seconds["training"] = time.perf_counter() - start
    start = time.perf_counter()
    found = {kind: model.score(jets.seen(particles)) for kind, jets in {name: test, **classes}.items()}
    signals = {kind: found[kind] for kind in classes}
    points = working_points(found[name], signals, run.efficiencies)
    trees, tree_scores = supervised(train, test, classes, seed=rng)
    history: Any = getattr(model, "history_", None)
    result = TagResult(
        model=str(getattr(model, "registered_as", ("", type(model).__name__))[1]),
        background=name,
        features=run.features,
        n_train=len(train),
        n_test=len(test),
        n_jets={kind: len(jets) for kind, jets in classes.items()},
        auc={kind: auc(found[name], score) for kind, score in signals.items()},
        trees=trees,
        **_samples(model, test.seen(particles), train.seen(particles), rng),
        working_points=points,
        pt_bins=pt_bins(test.pt, found[name], points, interval(run.pt, "pt")),
        kept_epoch=history.best_epochs[0] + 1 if history else 0,
        epochs=history.epochs if history else 0,
        stopped=history.stopped if history else "",
        excluded=excluded,
        seed=run.seed,
        seconds=seconds,
    )
    seconds["scoring"] = time.perf_counter() - start
    if folder is not None:
        pt = {name: test.pt, **{kind: jets.pt for kind, jets in classes.items()}}
        folder.write_table("scores.parquet", scores(found, pt))
        folder.write_table("tables/curves.parquet", curves(found[name], signals, tree_scores))
        folder.write_table("tables/training.parquet", epochs(history))
        save(model, folder.path / "weights" / "detector.safetensors")  # type: ignore[arg-type]
        folder.write_json("result.json", result.to_json())
    return result


def _background(run: TagSettings) -> str:
    return DEMO_BACKGROUND if run.train == DEMO else Path(run.train).stem


def _read(run: TagSettings, name: str, particles: bool) -> tuple[Jets, dict[str, Jets], dict[str, int]]:
    """The background, the other jets by class, and what was left out of both."""
    excluded: dict[str, int] = {}

    def read(path: str) -> Mapping[str, Jets]:
        where = demo_jets_path() if path == DEMO else Path(path)
        window = interval(run.pt, "pt")
        jets, left_out = read_jets(where, run.features, pt=window, eta_max=run.eta_max, particles=particles)
        for reason, count in left_out.items():
            excluded[reason] = excluded.get(reason, 0) + count
        return jets

    trained = read(run.train)
    background = trained[DEMO_BACKGROUND] if run.train == DEMO else Jets.together(list(trained.values()))
    classes: dict[str, Jets] = {}
    for path in run.jets:
        for kind, jets in read(path).items():
            if path == DEMO and kind == DEMO_BACKGROUND:
                continue  # they are the background, or of the same kind
            classes[kind] = Jets.together([classes[kind], jets]) if kind in classes else jets
    if name in classes:
        raise ConfigError(
            f"jets of class '{name}' are to be tagged and are called like the background; rename the file or the class"
        )
    return background, classes, excluded


def _samples(model: Any, test: Any, train: Any, rng: np.random.Generator) -> dict[str, float | None]:
    """How like the data what the model takes for data is."""
    if not hasattr(model, "sample"):
        return dict.fromkeys(("emd", "emd_floor", "energy_ratio"))
    drawn = model.sample(COMPARED, seed=rng)

    def distance(x: Any) -> float:
        return exact_wasserstein(model.coordinates(test), model.coordinates(x), seed=1, events=COMPARED)

    return {
        "emd": distance(drawn),
        "emd_floor": distance(train),
        "energy_ratio": float(model.score(drawn).mean() / model.score(test).mean()),
    }
