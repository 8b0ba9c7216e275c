"""A hunt in one window: fit, score, cut, estimate the background twice, and say what was found.

events -> fit_background (sidebands) -> fit_region (signal region) -> out-of-sample scores
-> thresholds from unseen sampled events -> counts
-> template estimate and fit of the selected spectrum -> p-values -> claim
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from resonaut.analysis.background import Background, estimate_background, sample_neighbourhood
from resonaut.analysis.diagnostics import diagnose
from resonaut.analysis.known_truth import check_truth, set_truth_aside
from resonaut.analysis.result import Cutflow, CutRow, HuntResult, SpectrumRow, Stopwatch
from resonaut.analysis.running import (
    events_in_window,
    method_name,
    open_run,
    read_source,
    source_of,
    watched,
)
from resonaut.analysis.selection import Cut, ScoredEvents, choose_cuts, score_data, score_template
from resonaut.analysis.settings import HuntSettings
from resonaut.events.events import Events
from resonaut.protocols import CrossFitted
from resonaut.searches.regions import Region
from resonaut.statistics.background_fit import SpectrumFitResult
from resonaut.statistics.bump_hunt import claim, expected_z, quoted
from resonaut.statistics.peak_fit import fit_peak

__all__ = ["run_window"]

STAGES = ("fit_background", "fit_region", "template", "closure", "diagnostics", "truth")


def run_window(
    settings: HuntSettings,
    given: CrossFitted,
    *,
    events: Events | None = None,
    out: str | Path | None = None,
    checkpoints: Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> HuntResult:
    """Search the settings' region for a resonance.

    Args:
        settings: Checked; `scan` is not looked at.
        given: The search. It is not modified.
        events: Where the settings say that they are in memory.
        out: Folder of the run.
        checkpoints: Folder of the trainings, which several windows may share; by default in the run's folder.
        workers: Processes that make features, where events come as particles.
        progress: Say what is being done.

    Raises:
        ResonautError: the input cannot be used.
    """
    region = settings.mass_region()
    source = source_of(settings, events)
    watch = Stopwatch(progress)
    with watch.stage("read", "reading events"):
        loaded = read_source(source, settings, given, workers=workers, progress=progress)
        window = events_in_window(loaded, region)
        check_truth(window, given)
    # Only now: a folder is not made for events that cannot be used.
    folder, settings = open_run(out, settings, {"search": given}, [source])
    if folder is not None and folder.complete:
        return HuntResult.from_json(folder.result())

    place = checkpoints if checkpoints is not None or folder is None else folder.path / "checkpoints"
    fitted: CrossFitted = watched(given, place, progress)
    streams = dict(zip(STAGES, np.random.default_rng(settings.seed).spawn(len(STAGES)), strict=True))
    labelled = set_truth_aside(window, given.needs, seed=streams["truth"])
    samples, labels = labelled.blinded(given.needs), labelled.data.labels
    with watch.stage("fit_background", "learning the background in the sidebands", shows_progress=True):
        fitted.fit_background(samples, region, seed=streams["fit_background"])
    with watch.stage("fit_region", "comparing the signal region with it, fold by fold"):
        fitted.fit_region(samples, region, seed=streams["fit_region"])
    with watch.stage("score", "scoring data and fresh background, setting thresholds"):
        data = score_data(fitted, samples.data)
        template = score_template(fitted, settings.efficiencies, seed=streams["template"])
        cuts = choose_cuts(template, settings.efficiencies)
    with watch.stage("statistics", "fitting spectra, estimating the background"):
        neighbourhood = sample_neighbourhood(fitted, samples.data, region, seed=streams["closure"])
        background = estimate_background(data, cuts, region, neighbourhood)
    with watch.stage("diagnostics", "measuring closure and sculpting"):
        found = diagnose(fitted, data, labels, template, cuts, background, region, seed=streams["diagnostics"])
    best = quoted(background.cuts)
    result = HuntResult(
        method=method_name(fitted),
        region=region.window,
        sidebands=region.sidebands,
        fit_range=background.fit_range,
        n_events=len(loaded) + loaded.n_unusable,
        n_unusable=loaded.n_unusable,
        exclusions=dict(loaded.exclusions),
        cutflow=_cutflow(loaded, window, samples.data, region, background),
        n_signal_region=background.cuts[0].observed,
        cuts=_rows(background, cuts, data, labels, region),
        claim=claim(background.cuts),
        p_quoted=best.p,
        z_quoted=best.z,
        n_trials=best.n_trials,
        p_global=None,
        z_global=None,
        fits=[_spectrum(efficiency, fit, region) for efficiency, fit in background.fits.items()],
        feature_closure=found.feature_closure,
        c2st=found.c2st,
        mass_sculpting=found.sculpting,
        truth=found.truth,
        seed=int(settings.seed or 0),
        seconds=watch.seconds,
    )
    if folder is not None:
        for name, table in found.tables.items():
            folder.write_table(name, table)
        folder.write_json("result.json", result.to_json())
    return result


def _cutflow(loaded: Events, window: Events, searched: Events, region: Region, background: Background) -> list[Cutflow]:
    """How many events are left after each step, from the file to the tightest cut."""
    steps = [("in the file", len(loaded) + loaded.n_unusable)]
    steps += [(f"excluded: {reason}", -count) for reason, count in loaded.exclusions.items()]
    steps += [
        ("usable", len(loaded)),
        (f"{region.sideband_low:g}-{region.sideband_high:g} GeV", len(window)),
    ]
    if len(searched) < len(window):
        steps.append(("searched; the others are the truth that the method asks for", len(searched)))
    steps += [
        (f"signal region {region.low:g}-{region.high:g} GeV", background.cuts[0].observed),
    ]
    steps += [(f"signal region, {100 * cut.efficiency:g} % cut", cut.observed) for cut in background.cuts[1:]]
    return [Cutflow(step=step, events=events) for step, events in steps]


def _rows(
    background: Background, cuts: Sequence[Cut], data: ScoredEvents, labels: np.ndarray | None, region: Region
) -> list[CutRow]:
    """The rows of the table; what labels add to them is not known to anything before."""
    inside = region.in_signal(data.events.mass)
    selections = [inside, *(inside & cut.passed(data) for cut in cuts)]
    rows = []
    for result, selected in zip(background.cuts, selections, strict=True):
        truth: dict[str, Any] = {}
        if labels is not None:
            signal = int(labels[selected].sum())
            truth = {
                "n_signal": signal,
                "n_background": int(selected.sum()) - signal,
                "expected_z": expected_z(signal, result),
            }
        rows.append(CutRow(**vars(result), **truth))
    return rows


def _spectrum(efficiency: float, fit: SpectrumFitResult, region: Region) -> SpectrumRow:
    """The fit's quality, and the peak on top of it."""
    peak = fit_peak(fit.edges, fit.counts, fit.expected, region.window, fit.integral(*region.window).error)
    return SpectrumRow(
        efficiency=efficiency,
        chi2=fit.chi2,
        n_dof=fit.n_dof,
        p_value=fit.p_value,
        n_shape_parameters=fit.n_shape_parameters,
        **asdict(peak),
    )
