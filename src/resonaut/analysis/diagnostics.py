"""Is the sampled background like the real one, does a cut sculpt the mass, and what do labels say?

Nothing here enters a p-value. It is what a referee asks next, and the content of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Int
from scipy.stats import chi2 as chi2_distribution

from resonaut.analysis import tables
from resonaut.analysis.background import Background
from resonaut.analysis.result import C2ST, FeatureClosure, Sculpting, Truth
from resonaut.analysis.selection import Cut, ScoredEvents
from resonaut.analysis.truth import measure_truth
from resonaut.errors import FitError
from resonaut.events.events import Events
from resonaut.protocols import CrossFitted, Seed, Templated
from resonaut.quality.two_sample import c2st, feature_closure
from resonaut.searches.regions import Region
from resonaut.statistics.sculpting import sculpted_bump

__all__ = ["Diagnostics", "diagnose"]

Array = np.ndarray
C2ST_EVENTS = 20_000
"""Real events in the two-sample test: enough to see an AUC of 0.51, trained in about a second."""
SCULPTING_BIN = 100.0
"""GeV; wide enough that the 0.1 % cut leaves events in most bins."""


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Everything measured beside the p-values, and the tables behind the figures, by their path in the run folder."""

    feature_closure: list[FeatureClosure]
    c2st: dict[str, C2ST] | None
    sculpting: list[Sculpting]
    truth: Truth | None
    tables: dict[str, pa.Table]


def diagnose(
    search: CrossFitted,
    data: ScoredEvents,
    labels: Int[Array, " N"] | None,
    template: ScoredEvents,
    cuts: Sequence[Cut],
    background: Background,
    region: Region,
    *,
    seed: Seed = None,
) -> Diagnostics:
    """Measure closure, interpolation, sculpting and, with labels, the figures of merit.

    Args:
        search: The fitted search.
        data: Events of the signal region and the sidebands with out-of-sample scores.
        labels: 1 for signal, 0 for background, or None where nobody knows.
        template: Sampled background of the signal region.
        cuts: The cuts made.
        background: Their background estimates.
        region: Where the signal was looked for.
        seed: For sampling in the sidebands and for the two-sample test.
    """
    rng = np.random.default_rng(seed)
    inside = region.in_signal(data.events.mass)
    signal_region, sidebands = data[inside], data[region.in_sidebands(data.events.mass)]
    results = background.cuts

    closure = _compare("signal_region", signal_region.events, template.events)
    feature_tables = [
        tables.feature_table("signal_region", signal_region.events, template.events, expected=results[0].expected)
    ]
    two_sample, sculpting = None, []
    out = {
        "scores.parquet": tables.scores_table(data, inside),
        "tables/spectra.parquet": tables.spectrum_table(background.fits),
        "tables/score_distribution.parquet": tables.score_distribution_table(
            signal_region.score, template.score, expected=results[0].expected
        ),
        "tables/folds.parquet": tables.fold_table(signal_region, cuts, results[1:]),
    }
    if search.template_fold(0) is not None:
        # A density is judged by events that it has not seen, a cut by a density that its classifiers have not seen.
        unseen = _sample_sidebands(search.background_model, sidebands, search.folds, seed=rng)
        closure = _compare("sidebands", sidebands.events, unseen) + closure
        two_sample = {"sidebands": _c2st(sidebands.events, unseen, seed=rng)}
        feature_tables.insert(0, tables.feature_table("sidebands", sidebands.events, unseen, expected=len(sidebands)))
        sampled = _score_folds(
            search, _sample_sidebands(search.template_fold, sidebands, search.folds, seed=rng), sidebands.fold
        )
        out["tables/sculpting.parquet"] = sculpted = tables.sculpting_table(
            {"data sidebands": sidebands, "sampled background": _joined(sampled, template)}, cuts, _mass_bins(region)
        )
        sculpting = [_sculpting(sculpted, cut.efficiency, region) for cut in cuts]
    for cut, result in zip(cuts, results[1:], strict=True):
        feature_tables.append(
            tables.feature_table(
                "selected",
                signal_region.events[cut.passed(signal_region)],
                template.events[cut.passed(template)],
                expected=result.expected,
                efficiency=cut.efficiency,
                edges_of=signal_region.events,
            )
        )
    out["tables/features.parquet"] = pa.concat_tables(feature_tables)

    truth, curves = (None, None) if labels is None else measure_truth(labels[inside], signal_region.score)
    if curves is not None:
        out["tables/curves.parquet"] = tables.curve_table(curves)
    return Diagnostics(closure, two_sample, sculpting, truth, out)


def _compare(where: str, data: Events, sampled: Events) -> list[FeatureClosure]:
    """Kolmogorov-Smirnov test of each feature."""
    tests = feature_closure(data.features, sampled.features, data.names)
    return [FeatureClosure(where=where, feature=name, ks=test.ks, p=test.p) for name, test in tests.items()]


def _sample_sidebands(
    model_of: Callable[[int], Templated | None], sidebands: ScoredEvents, folds: int, *, seed: Seed
) -> Events:
    """Background of the real sideband events' masses, each from the model of the fold that the real one is in."""
    rng = np.random.default_rng(seed)
    order = np.argsort(sidebands.fold, kind="stable")
    parts = []
    for k in range(folds):
        model = model_of(k)
        assert model is not None
        parts.append(model.background_at(sidebands.events.mass[sidebands.fold == k], seed=rng))
    return Events.concatenate(parts)[np.argsort(order)]


def _score_folds(search: CrossFitted, events: Events, fold: Int[Array, " N"]) -> ScoredEvents:
    """Score each event with the classifiers of the fold that is said to be its own."""
    score = np.empty(len(events))
    for k in range(search.folds):
        score[fold == k] = search.score_fold(events[fold == k], k)
    return ScoredEvents(events, score, fold)


def _c2st(data: Events, sampled: Events, *, seed: Seed) -> C2ST:
    """Can trees tell sampled from real events, mass included? Beside real against real of the same size."""
    rng = np.random.default_rng(seed)
    # The sampled events have the masses of the data in the same rows: a pair must not come apart into both samples.
    first, second = np.array_split(rng.permutation(len(data)), 2)

    def columns(events: Events) -> Array:
        return np.column_stack([events.mass, events.features])[:C2ST_EVENTS]

    test = c2st(columns(data[first]), columns(sampled[second]), seed=rng)
    floor = c2st(columns(data[first]), columns(data[second]), seed=rng)
    return C2ST(auc=test.auc, error=test.error, floor=floor.auc, floor_error=floor.error)


def _mass_bins(region: Region) -> Array:
    """Bins of the sidebands and the region between them."""
    n = max(round((region.sideband_high - region.sideband_low) / SCULPTING_BIN), 1)
    return np.linspace(region.sideband_low, region.sideband_high, n + 1)


def _joined(sidebands: ScoredEvents, region: ScoredEvents) -> ScoredEvents:
    """Sampled background of all masses."""
    return ScoredEvents(
        Events.concatenate([sidebands.events, region.events]),
        np.concatenate([sidebands.score, region.score]),
        np.concatenate([sidebands.fold, region.fold]),
    )


def _sculpting(table: pa.Table, efficiency: float, region: Region) -> Sculpting:
    """Compare the fraction of sideband data that passes with that of sampled background, and that with itself.

    The sampled events beside the region have the data's own masses: a cut that merely depends on mass passes the first
    test, one whose dependence the sampled background does not share fails it. The second asks whether the cut makes a
    bump of sampled background.
    """
    rows = table.filter(pc.field("efficiency") == efficiency)
    data, sampled = (rows.filter(pc.field("sample") == name) for name in ("data sidebands", "sampled background"))
    difference = np.asarray(data["fraction"]) - np.asarray(sampled["fraction"])
    error = np.hypot(np.asarray(data["fraction_error"]), np.asarray(sampled["fraction_error"]))
    used = np.isfinite(difference)
    chi2, n_dof = float(((difference / error)[used] ** 2).sum()), int(used.sum())
    p_value = float(chi2_distribution.sf(chi2, n_dof))
    mass = (np.asarray(sampled["low"]) + np.asarray(sampled["high"])) / 2
    try:
        bump = sculpted_bump(mass, np.asarray(sampled["total"]), np.asarray(sampled["passed"]), region.in_signal(mass))
    except FitError:  # Too few pass a tight cut in the sidebands.
        bump = None
    return Sculpting(
        efficiency=efficiency,
        chi2=chi2,
        n_dof=n_dof,
        p_value=p_value,
        bump=None if bump is None else bump.excess,
        bump_error=None if bump is None else bump.error,
        bump_p_value=None if bump is None else bump.p_value,
    )
