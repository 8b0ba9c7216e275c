"""A scan: a hunt in each of many windows that overlap, and the significance of the largest excess among them.

events -> windows that the spectrum allows -> a hunt in each, in a run folder of its own -> every event's scores
-> toys of the whole scan -> global p-value -> claim
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from resonaut.analysis.known_truth import check_truth
from resonaut.analysis.result import HuntResult, Scan, Stopwatch
from resonaut.analysis.running import events_in_window, open_run, read_source, source_of
from resonaut.analysis.scan.claim import judge_scan
from resonaut.analysis.scan.toys import ScoredWindow, make_toys
from resonaut.analysis.scan.windows import choose_windows
from resonaut.analysis.settings import HuntSettings
from resonaut.analysis.tables import scan_table, scan_toy_table
from resonaut.analysis.window import run_window
from resonaut.events.events import Events
from resonaut.protocols import CrossFitted
from resonaut.runs.folder import RunFolder, atomic_path
from resonaut.scans.executors import Executor, on_this_machine
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.regions import Region, interval

__all__ = ["run_scan"]


def run_scan(
    settings: HuntSettings,
    given: CrossFitted,
    *,
    events: Events | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> HuntResult:
    """Search every window for a resonance.

    Args:
        settings: Checked, `scan` among them; `region` is not looked at.
        given: The search. It is not modified.
        events: Where the settings say that they are in memory.
        out: Folder of the run; that of each window is in it.
        workers: Processes, a window each.
        progress: Say what is being done.

    Raises:
        ResonautError: the input cannot be used.
    """
    assert settings.scan is not None
    source = source_of(settings, events)
    watch = Stopwatch(progress)
    with watch.stage("read", "reading events, choosing windows"):
        loaded = read_source(source, settings, given, workers=workers, progress=progress)
        regions, refused = choose_windows(loaded.mass, settings)
        check_truth(events_in_window(loaded, regions[0]), given)
    folder, settings = open_run(out, settings, {"search": given}, [source])
    if folder is not None and folder.complete:
        return HuntResult.from_json(folder.result())

    assert settings.scan is not None
    executor = on_this_machine(workers)
    store = None if folder is None else Store(folder.path / "cells")
    with TemporaryDirectory() if folder is None else nullcontext(folder.path) as base:
        place = Path(base) / "windows"
        with watch.stage("windows", f"searching {len(regions)} windows", shows_progress=True):
            found = _search(settings, given, events, regions, place, executor, progress)
        mass, scored = _scored(found)
        with watch.stage("toys", f"repeating the scan on {settings.scan.toys} toys", shows_progress=True):
            toys = make_toys(
                mass,
                scored,
                settings.scan.toys,
                seed=int(settings.seed or 0),
                store=store,
                executor=executor,
                progress="toys" if progress else "",
            )
        windows = [each.result for each in scored]
        judgement = judge_scan(windows, toys)
        significance = judgement.significance
        centres = interval(settings.scan.centres, "scan")
        result = replace(
            windows[judgement.best],
            claim=judgement.claim,
            p_global=None if significance is None else significance.p,
            z_global=None if significance is None else significance.z,
            scan=Scan(centres=centres, not_scanned=refused, significance=significance),
            windows=windows,
            seconds=watch.seconds,
        )
        if folder is not None:
            _copy_tables(found[judgement.best], folder)
            folder.write_table("tables/scan.parquet", scan_table(windows))
            folder.write_table("tables/scan_toys.parquet", scan_toy_table(toys))
            folder.write_json("result.json", result.to_json())
    return result


@dataclass(frozen=True, kw_only=True, eq=False)
class _Window:
    """Call it with a cell: `low` and `high` of a region; what it finds is in the region's folder."""

    settings: HuntSettings
    given: CrossFitted
    events: Events | None
    place: Path

    def __call__(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        region = f"{cell['low']:g}:{cell['high']:g}"
        out = self.place / region.replace(":", "-")
        settings = replace(self.settings, region=region, scan=None)
        # Windows that learn the same events, as a search that interpolates does, learn them once.
        trainings = self.place / "checkpoints"
        result = run_window(settings, self.given, events=self.events, out=out, checkpoints=trainings)
        return {"folder": out.name, "z_quoted": result.z_quoted}


def _search(
    settings: HuntSettings,
    given: CrossFitted,
    events: Events | None,
    regions: Sequence[Region],
    place: Path,
    executor: Executor,
    progress: bool,
) -> list[RunFolder]:
    """A hunt in each window. Each keeps its own run folder, which is what a scan that was stopped goes on from."""
    cells = [{"low": region.low, "high": region.high} for region in regions]
    hunts = _Window(settings=settings, given=given, events=events, place=place)
    results = scan(hunts, cells, executor=executor, progress="windows" if progress else "")
    return [RunFolder.existing(place / result["folder"]) for result in results]


def _scored(found: Sequence[RunFolder]) -> tuple[np.ndarray, list[ScoredWindow]]:
    """Masses of the events, and what each window's search says of them all."""
    windows, masses = [], []
    for folder in found:
        result = HuntResult.from_json(folder.result())
        scores = pq.read_table(folder.path / "scores.parquet", columns=["mass", "score", "fold"])
        score, fold = scores["score"].to_numpy(), scores["fold"].to_numpy()
        folds = pq.read_table(folder.path / "tables" / "folds.parquet", columns=["efficiency", "fold", "threshold"])
        thresholds = folds["threshold"].to_numpy().reshape(len(result.cuts) - 1, -1)
        windows.append(ScoredWindow(result, score[:, None] - thresholds.T[fold]))
        masses.append(scores["mass"].to_numpy())
    assert all(np.array_equal(mass, masses[0]) for mass in masses), "windows scored other events"
    return masses[0], windows


def _copy_tables(window: RunFolder, folder: RunFolder) -> None:
    """The most significant window is what the scan's folder shows: its tables and scores."""
    for table in (window.path / "scores.parquet", *sorted((window.path / "tables").iterdir())):
        with atomic_path(folder.path / table.relative_to(window.path)) as temporary:
            shutil.copyfile(table, temporary)
