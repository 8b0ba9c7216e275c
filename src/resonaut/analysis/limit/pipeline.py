"""Which cross-sections of a given signal do the events exclude?

events -> background and classifiers as in a hunt -> spectra after each cut -> background estimates
simulated signal -> shape in mass; injected into background, search trained anew -> efficiency by cross-section
-> CLs limits at each efficiency -> least over the injections of max(injected, excluded)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from resonaut.analysis.background import Background, estimate_background, sample_neighbourhood
from resonaut.analysis.limit.cuts import CutModels, Efficiency, Excluded, exclude, measure_efficiencies
from resonaut.analysis.limit.injection import Injection
from resonaut.analysis.limit.result import LimitResult, ShapeRow, ToyRow
from resonaut.analysis.limit.signal import PB_PER_FB, acceptance_of, luminosity_of, read_signal, signal_source
from resonaut.analysis.loading import input_name
from resonaut.analysis.result import Stopwatch
from resonaut.analysis.running import (
    cross_fitted,
    events_in_window,
    method_name,
    open_run,
    read_source,
    source_of,
    watched,
)
from resonaut.analysis.selection import choose_cuts, score_data, score_template
from resonaut.analysis.settings import LimitSettings
from resonaut.analysis.tables import spectrum_table
from resonaut.errors import ConfigError, FitError
from resonaut.events.events import Events, Samples
from resonaut.protocols import CrossFitted, Search
from resonaut.registry import check_config, dump_config, read_config
from resonaut.runs.folder import RunFolder
from resonaut.scans.grid import grid
from resonaut.scans.scan import scan
from resonaut.scans.store import Store
from resonaut.searches.crossfit import CrossFit
from resonaut.searches.regions import Region
from resonaut.statistics.signal_shape import SignalShape, fit_signal_shape
from resonaut.statistics.toy_limits import toy_limits
from resonaut.statistics.workspace import hs3_json, pyhf_workspace

__all__ = ["limit", "run_limit"]

STAGES = ("fit_background", "fit_region", "template", "toys", "closure")
STRENGTHS = (0.5, 1.0, 1.5, 2.5)
"""S/sqrt(B) in the region at which searches are trained where nothing else is asked for: about where they wake up."""


def limit(
    events: Events | str | Path | None = None,
    signal: Events | str | Path | None = None,
    *,
    luminosity: float | None = None,
    search: Search | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
    **settings: Any,
) -> LimitResult:
    """Exclude cross-sections of a signal.

    Args:
        events: A file, events in memory, or None for the embedded demo events.
        signal: Simulated signal, likewise.
        luminosity: Of the events, fb^-1.
        search: The method; by default cross-fitted CATHODE. It is not modified.
        out: Folder of the run; None keeps the result in memory.
        workers: Processes that make features, where events come as particles.
        progress: Say what is being done, on standard error.
        settings: The others of `LimitSettings`: region, features, efficiencies, injections, systematics, seed, ...

    Raises:
        ResonautError: the input cannot be used, or excludes nothing.
    """
    if isinstance(events, Events):
        settings = {"features": events.names, "mass": events.mass_name} | settings
    named = {"events": input_name(events), "signal": input_name(signal), "luminosity": luminosity}
    return run_limit(
        read_config(LimitSettings, named | settings),
        search,
        events=events if isinstance(events, Events) else None,
        signal=signal if isinstance(signal, Events) else None,
        out=out,
        workers=workers,
        progress=progress,
    )


def run_limit(
    settings: LimitSettings,
    search: Search | None = None,
    *,
    events: Events | None = None,
    signal: Events | None = None,
    out: str | Path | None = None,
    workers: int = 1,
    progress: bool = False,
) -> LimitResult:
    """Exclude cross-sections, all settings in one object; `limit` says what they mean."""
    settings = check_config(settings)
    region = settings.mass_region()
    given = cross_fitted(CrossFit() if search is None else search)
    luminosity = luminosity_of(settings)
    sources = source_of(settings, events), signal_source(settings, signal)
    watch = Stopwatch(progress)
    with watch.stage("read", "reading events and simulated signal"):
        common: dict[str, Any] = {"workers": workers, "progress": progress}
        loaded = read_source(sources[0], settings, given, **common)
        samples = Samples(data=events_in_window(loaded, region)).blinded(given.needs)
        simulated, in_window = read_signal(sources[1], settings, given, **common)
        shape = fit_signal_shape(simulated.mass, region.sidebands)
        accepted, accepted_from = acceptance_of(sources[1], settings)
        events_per_pb = luminosity * PB_PER_FB * accepted * in_window
    folder, settings = open_run(out, settings, {"search": dump_config(given)}, sources)
    if folder is not None and folder.complete:
        return LimitResult.from_json(folder.result())

    fitted: CrossFitted = watched(given, None if folder is None else folder.path / "checkpoints", progress)
    streams = dict(zip(STAGES, np.random.default_rng(settings.seed).spawn(len(STAGES)), strict=True))
    with watch.stage("fit_background", "learning the background in the sidebands", shows_progress=True):
        fitted.fit_background(samples, region, seed=streams["fit_background"])
    if fitted.template_fold(0) is None:
        raise ConfigError(
            f"a limit puts signal into background that the search samples, and {method_name(given)} samples none;"
            " choose a method with a model of it, such as cathode"
        )
    with watch.stage("fit_region", "comparing the signal region with it, fold by fold"):
        fitted.fit_region(samples, region, seed=streams["fit_region"])
    with watch.stage("statistics", "setting thresholds, fitting spectra"):
        data = score_data(fitted, samples.data)
        cuts = choose_cuts(
            score_template(fitted, settings.efficiencies, seed=streams["template"]), settings.efficiencies
        )
        neighbourhood = sample_neighbourhood(fitted, samples.data, region, seed=streams["closure"])
        background = estimate_background(data, cuts, region, neighbourhood)
    with watch.stage("injections", "training anew with injected signal", shows_progress=True):
        efficiencies = _efficiencies(
            fitted, samples.data, simulated, background, events_per_pb, settings, folder, progress
        )
    with watch.stage("limits", "excluding cross-sections"):
        excluded = [
            exclude(
                CutModels(
                    row=row,
                    background=background,
                    region=region,
                    shape=shape.shape,
                    events_per_pb=events_per_pb,
                    systematics=settings.systematics,
                ),
                [each for each in efficiencies if each.cut == row.efficiency],
            )
            for row in background.cuts
        ]
        best = _best(excluded)
    with watch.stage("toys", "checking with toys"):
        toys = _toys(best, settings.toys, streams["toys"])
    assert best.limit.observed_pb is not None
    assert best.limit.expected_pb is not None
    result = LimitResult(
        method=method_name(fitted),
        region=region.window,
        sidebands=region.sidebands,
        fit_range=background.fit_range,
        luminosity_fb=luminosity,
        acceptance=accepted * in_window,
        acceptance_from=accepted_from,
        n_signal=len(simulated),
        shape=_shape_row(shape, region),
        cut=best.limit.cut,
        observed_pb=best.limit.observed_pb,
        expected_pb=best.limit.expected_pb,
        grid_limited=best.grid_limited,
        cuts=[each.limit for each in excluded],
        grid=[row for each in excluded for row in each.rows],
        toys=toys,
        systematics=asdict(settings.systematics),
        seed=int(settings.seed or 0),
        seconds=watch.seconds,
    )
    if folder is not None:
        _write(folder, result, best, background, simulated, shape)
    return result


def _efficiencies(
    fitted: CrossFitted,
    data: Events,
    simulated: Events,
    background: Background,
    events_per_pb: float,
    settings: LimitSettings,
    folder: RunFolder | None,
    progress: bool,
) -> list[Efficiency]:
    """Train anew at each cross-section; every finished training is kept in the run's folder."""
    region = settings.mass_region()
    n_background = background.cuts[0].expected
    injections = settings.injections
    if not injections:
        in_region = events_per_pb * float(region.in_signal(simulated.mass).mean())
        injections = tuple(float(f"{strength * np.sqrt(n_background) / in_region:.3g}") for strength in STRENGTHS)
    cells = grid(injected_pb=injections, repeat=range(settings.repeats))
    results = scan(
        Injection(
            search=fitted,
            sidebands=data[region.in_sidebands(data.mass)],
            signal=simulated,
            n_background=n_background,
            events_per_pb=events_per_pb,
            region=region,
            efficiencies=settings.efficiencies,
            seed=int(settings.seed or 0),
        ),
        cells,
        store=None if folder is None else Store(folder.path / "cells"),
        progress="injections" if progress else "",
    )
    uncut = Efficiency(cut=1.0, injected_pb=None, n_injected=0.0, value=1.0, error=0.0)
    return [uncut, *measure_efficiencies(settings.efficiencies, results, cells)]


def _best(excluded: Sequence[Excluded]) -> Excluded:
    """The cut with the best expected limit: chosen without a look at what was observed.

    Raises:
        FitError: no cut gives a limit.
    """
    usable = [each for each in excluded if each.limit.expected_pb is not None]
    if not usable:
        reasons = "; ".join(f"{100 * each.limit.cut:g} %: {each.limit.refused}" for each in excluded)
        raise FitError(f"no cut gives a limit ({reasons}); loosen the cuts, or move the sidebands' edges")
    return min(usable, key=lambda each: each.limit.expected_pb[2] if each.limit.expected_pb else np.inf)


def _toys(best: Excluded, n_toys: int, seed: np.random.Generator) -> ToyRow | None:
    if n_toys == 0 or best.region is None or best.curves is None:
        return None
    toys = toy_limits(best.region.model, best.region.counts, best.curves, n_toys, seed=seed)
    return ToyRow(
        n_toys=n_toys,
        observed_pb=toys.observed,
        median_pb=toys.median,
        asymptotic_observed_pb=best.curves.observed,
        asymptotic_median_pb=best.curves.expected[2],
    )


def _shape_row(shape: SignalShape, region: Region) -> ShapeRow:
    in_region = float(shape.shape.fractions(np.array(region.window), region.sidebands)[0])
    return ShapeRow(
        **asdict(shape.shape),
        mean_error=shape.mean_error,
        width_error=shape.width_error,
        ks=shape.ks,
        p_value=shape.p_value,
        in_region=in_region,
    )


def _write(
    folder: RunFolder,
    result: LimitResult,
    best: Excluded,
    background: Background,
    simulated: Events,
    shape: SignalShape,
) -> None:
    """Tables for the report, the model for other programs, and the result, which completes the run."""
    assert best.region is not None
    assert best.curves is not None
    model, counts = best.region.model, best.region.counts
    reference = result.expected_pb[2]
    edges = np.linspace(*result.sidebands, 55)
    curve = best.curves.curve
    bands = {f"expected_{name}": curve.expected[:, k] for k, name in enumerate(("m2", "m1", "0", "p1", "p2"))}
    tables: Mapping[str, Mapping[str, Any]] = {
        "cls": {"cross_section_pb": curve.mu, "observed": curve.observed, **bands},
        "region": {
            "low": best.region.edges[:-1],
            "high": best.region.edges[1:],
            "observed": counts,
            "background": model.background,
            "background_error": np.sqrt(sum(shift**2 for shift in model.background_shifts.values())),
            "signal_at_limit": model.signal * result.observed_pb,
        },
        "signal": {
            "low": edges[:-1],
            "high": edges[1:],
            "simulated": np.histogram(simulated.mass, edges)[0],
            "fitted": len(simulated) * shape.shape.fractions(edges, result.sidebands),
        },
    }
    for name, columns in tables.items():
        folder.write_table(f"tables/{name}.parquet", pa.table(dict(columns)))
    folder.write_table("tables/spectra.parquet", spectrum_table(background.fits))
    folder.write_json("workspace.json", pyhf_workspace(model, counts, reference_pb=reference))
    folder.write_json("hs3.json", hs3_json(model, counts, best.region.edges, reference_pb=reference))
    folder.write_json("result.json", result.to_json())
