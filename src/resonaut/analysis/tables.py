"""The tables behind the report's figures, long-form, one row a bin.

Whoever wants another plot finds the numbers here; the report is drawn from these files alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from resonaut.analysis.result import HuntResult
from resonaut.analysis.selection import Cut, ScoredEvents
from resonaut.events.events import Events
from resonaut.statistics.background_fit import SpectrumFitResult
from resonaut.statistics.bump_hunt import CutResult
from resonaut.statistics.counting import excess_z
from resonaut.statistics.curves import Curves

__all__ = [
    "bin_edges",
    "curve_table",
    "feature_table",
    "fold_table",
    "scan_table",
    "scan_toy_table",
    "score_distribution_table",
    "scores_table",
    "sculpting_table",
    "spectrum_table",
    "stack",
]

Array = np.ndarray
N_BINS = 40


def scores_table(scored: ScoredEvents, in_signal_region: Bool[Array, " N"]) -> pa.Table:
    """Every event's score, out of sample, with its id: what a user takes on to a study of their own."""
    return pa.table(
        {
            "event": scored.events.ids,
            "mass": scored.events.mass,
            "score": scored.score,
            "fold": scored.fold,
            "in_signal_region": in_signal_region,
        }
    )


def spectrum_table(fits: Mapping[float, SpectrumFitResult]) -> pa.Table:
    """The mass spectrum and its fit at each cut."""
    return stack(
        {
            "efficiency": efficiency,
            "low": fit.edges[:-1],
            "high": fit.edges[1:],
            "observed": fit.counts.astype(np.int64),
            "expected": fit.expected,
            "expected_error": fit.expected_error,
            "masked": fit.masked,
            "in_fit": ~fit.masked,
            "pull": fit.pulls,
        }
        for efficiency, fit in fits.items()
    )


def feature_table(
    where: str,
    data: Events,
    template: Events,
    *,
    expected: float,
    efficiency: float = 1.0,
    edges_of: Events | None = None,
) -> pa.Table:
    """Histograms of each feature, the template scaled to the expected number of events.

    `edges_of` gives the range of the bins, so that a selection is drawn in the bins of the sample it was taken from.
    """
    rows = []
    for name in data.names:
        real, sampled = data.feature(name), template.feature(name)
        edges = bin_edges((edges_of or data).feature(name))
        rows.append(
            {"where": where, "efficiency": efficiency, "feature": name} | _histograms(real, sampled, edges, expected)
        )
    return stack(rows)


def score_distribution_table(data: Float[Array, " N"], template: Float[Array, " M"], *, expected: float) -> pa.Table:
    """Histogram of the score in the signal region."""
    low, high = min(data.min(), template.min()), max(data.max(), template.max())
    return stack([_histograms(data, template, np.linspace(low, high, N_BINS + 1), expected)])


def sculpting_table(samples: Mapping[str, ScoredEvents], cuts: Sequence[Cut], edges: Float[Array, " E"]) -> pa.Table:
    """Fraction of events that pass each cut, in bins of mass."""
    rows = []
    for cut in cuts:
        for name, scored in samples.items():
            total = np.histogram(scored.events.mass, edges)[0]
            passed = np.histogram(scored.events.mass[cut.passed(scored)], edges)[0]
            filled = total > 0
            fraction = np.divide(passed, total, where=filled, out=np.full(len(total), np.nan))
            # Agresti-Coull keeps the error of an empty or a full bin from being zero.
            smooth = (passed + 1) / (total + 2)
            rows.append(
                {
                    "efficiency": cut.efficiency,
                    "low": edges[:-1],
                    "high": edges[1:],
                    "sample": name,
                    "total": total,
                    "passed": passed,
                    "fraction": fraction,
                    "fraction_error": np.sqrt(smooth * (1 - smooth) / (total + 2)),
                }
            )
    return stack(rows)


def fold_table(data: ScoredEvents, cuts: Sequence[Cut], results: Sequence[CutResult]) -> pa.Table:
    """What each fold saw and expected on its own: an excess in one fold only is no resonance."""
    rows = []
    share = np.bincount(data.fold, minlength=len(cuts[0].thresholds)) / len(data)
    for cut, result in zip(cuts, results, strict=True):
        observed = np.bincount(data.fold[cut.passed(data)], minlength=len(share))
        expected = result.expected * share
        # The threshold's error is this fold's own, the others are common to all.
        common = np.hypot(result.spectrum_error, result.closure_error) / result.expected
        error = expected * np.hypot(common, cut.relative_error * np.sqrt(len(share)))
        rows.append(
            {
                "efficiency": cut.efficiency,
                "fold": np.arange(len(share)),
                "threshold": cut.thresholds,
                "observed": observed,
                "expected": expected,
                "expected_error": error,
                "z": excess_z(observed, expected, error),
            }
        )
    return stack(rows)


def scan_table(windows: Sequence[HuntResult]) -> pa.Table:
    """What every window of a scan observed and expected after every cut."""
    return stack(
        {
            "low": result.region[0],
            "high": result.region[1],
            "p_quoted": result.p_quoted,
            "z_quoted": result.z_quoted,
            "efficiency": np.array([row.efficiency for row in result.cuts]),
            "observed": np.array([row.observed for row in result.cuts]),
            "expected": np.array([row.expected for row in result.cuts]),
            "expected_error": np.array([row.expected_error for row in result.cuts]),
            "p_local": np.array([row.p_local for row in result.cuts]),
            "z_local": np.array([row.z_local for row in result.cuts]),
            "trusted": np.array([result.cuts[0].withheld is None and row.withheld is None for row in result.cuts]),
        }
        for result in windows
    )


def scan_toy_table(toys: Float[Array, "T W"]) -> pa.Table:
    """Significances of the toys of a scan, a column a window."""
    return pa.table({f"z_{k}": column for k, column in enumerate(toys.T)})


def curve_table(curves: Curves) -> pa.Table:
    """ROC and SIC, where labels are known."""
    return pa.table(
        {
            "fpr": curves.fpr,
            "tpr": curves.tpr,
            "sic": curves.sic,
            "sic_error": curves.sic_error,
            "passes_floor": curves.passes_floor,
        }
    )


def bin_edges(values: Float[Array, " N"]) -> Float[Array, " E"]:
    """Bins over all but the last thousandth of the values on either side, where they would be empty."""
    low, high = np.quantile(values, [0.001, 0.999])
    return np.linspace(low, high if high > low else low + 1.0, N_BINS + 1)


def _histograms(real: Array, sampled: Array, edges: Array, expected: float) -> dict[str, Array]:
    """Counts of the data, and of the template scaled to `expected`, with its statistical error."""
    template = np.histogram(sampled, edges)[0]
    scale = expected / max(len(sampled), 1)
    return {
        "low": edges[:-1],
        "high": edges[1:],
        "data": np.histogram(real, edges)[0],
        "template": template * scale,
        "template_error": np.sqrt(template) * scale,
    }


def stack(groups: Iterable[Mapping[str, object]]) -> pa.Table:
    """One table of several groups of columns; single values are repeated over their group's rows."""
    tables = []
    for group in groups:
        n = max(len(value) for value in group.values() if isinstance(value, np.ndarray))
        full = {k: v if isinstance(v, np.ndarray) else pa.array([v] * n) for k, v in group.items()}
        tables.append(pa.table(full))
    return pa.concat_tables(tables)
