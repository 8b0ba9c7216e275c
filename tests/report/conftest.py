"""A finished run folder with plausible content, as `hunt` writes it, so that the report is tested without a hunt.

The background falls exponentially, a signal sits at 3500 GeV, counts are Poisson; everything else follows from these.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm, poisson

EFFICIENCIES = (1.0, 0.1, 0.01, 0.001)
FEATURES = ("mj1", "delta_mj", "tau21_1", "tau21_2")
SIGNAL_KEPT = {1.0: 350, 0.1: 260, 0.01: 150, 0.001: 60}
LOW, HIGH = 3300.0, 3700.0
N_BACKGROUND = 19_000
SEARCH = """
[search]
name = "crossfit"
folds = 5

[search.search]
name = "cathode"
oversample = 4.0

[search.search.density]
name = "nsf"
transforms = 4

[search.search.classifier]
name = "ensemble"
members = 5

[search.search.classifier.model]
name = "trees"
max_iter = 200
"""

MakeRun = Callable[..., Path]


@pytest.fixture(scope="session")
def run_writer() -> MakeRun:
    """Writes a run folder at a path; see `write_run` for what can be chosen."""
    return write_run


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes run folders of a test's own."""
    return lambda name="run", **choices: write_run(tmp_path / name, **choices)


def write_run(
    path: Path,
    *,
    labels: bool = True,
    signal: bool = True,
    claim: str = "made",
    fit_fails: bool = False,
    features: tuple[str, ...] = FEATURES,
    events: str = "demo",
    exclusions: dict[str, int] | None = None,
    seed: int = 1,
) -> Path:
    """Write a run folder.

    Args:
        path: Where.
        labels: Whether the truth is known.
        signal: Whether there is a signal.
        claim: What result.json claims.
        fit_fails: Whether the fit of the tightest cut's spectrum gives no estimate.
        features: Columns.
        events: What run.toml calls the input.
        exclusions: Unusable events by reason.
        seed: Of the fluctuations.
    """
    rng = np.random.default_rng(seed)
    exclusions = {"mj1 is NaN or infinite": 3} if exclusions is None else exclusions
    kept = SIGNAL_KEPT if signal else dict.fromkeys(EFFICIENCIES, 0)
    cuts = [_cut(rng, e, kept[e], labels, fit_fails and e == EFFICIENCIES[-1]) for e in EFFICIENCIES]
    p_quoted = min(0.999, 3 * min(cut["p_local"] for cut in cuts[1:]))
    n_unusable = sum(exclusions.values())
    tables = {
        "spectra": _spectra(rng, kept),
        "features": _features(rng, features, kept),
        "sculpting": _sculpting(rng),
        "score_distribution": _scores(rng, kept),
        "folds": _folds(rng, cuts[1:]),
    }
    if labels and signal:
        tables["curves"] = _curves(rng)
    result = {
        "method": "cathode",
        "region": [LOW, HIGH],
        "sidebands": [2300.0, 5000.0],
        "fit_range": [2600.0, 5000.0],
        "n_events": 150_400 + n_unusable,
        "n_unusable": n_unusable,
        "exclusions": exclusions,
        "cutflow": [
            {"step": "in the file", "events": 150_400 + n_unusable},
            *({"step": f"excluded: {reason}", "events": -n} for reason, n in exclusions.items()),
            {"step": "usable", "events": 150_400},
            {"step": "signal region 3300-3700 GeV", "events": cuts[0]["observed"]},
        ],
        "n_signal_region": cuts[0]["observed"],
        "cuts": cuts,
        "claim": claim,
        "p_quoted": p_quoted,
        "z_quoted": float(norm.isf(p_quoted)),
        "n_trials": 3,
        "p_global": None,
        "z_global": None,
        "fits": [_fit(rng, e, kept[e]) for e in EFFICIENCIES],
        "feature_closure": [
            {"where": where, "feature": name, "ks": float(rng.uniform(0.003, 0.012)), "p": float(rng.uniform())}
            for where in ("sidebands", "signal_region")
            for name in features
        ],
        "c2st": {"sidebands": {"auc": 0.508, "error": 0.004, "floor": 0.501, "floor_error": 0.003}},
        "mass_sculpting": [
            {"efficiency": e, "chi2": float(rng.chisquare(20)), "n_dof": 20, "p_value": float(rng.uniform(0.02, 1))}
            | {"bump": 0.012, "bump_error": 0.021, "bump_p_value": 0.57}
            for e in EFFICIENCIES[1:]
        ],
        "truth": _truth(kept[1.0]) if labels and signal else None,
        "seed": seed,
        "seconds": {"read": 0.4, "fit_background": 21.3, "fit_region": 11.9, "score": 3.2, "statistics": 1.1},
    }
    inputs = [] if events == "demo" else [{"path": events, "bytes": 1234, "sha256": hashlib.sha256(b"").hexdigest()}]
    (path / "tables").mkdir(parents=True)
    quoted_events, quoted_features = json.dumps(events), json.dumps(list(features))
    (path / "run.toml").write_text(
        f'[run]\nverb = "hunt"\nevents = {quoted_events}\nregion = "3300:3700"\nsidebands = "2300:5000"\n'
        f'features = {quoted_features}\nmass = "mjj"\nseed = {seed}\n{SEARCH}'
    )
    versions = {"python": "3.11.7", "resonaut": "0.1.0", "torch": "2.13.0"}
    (path / "provenance.json").write_text(json.dumps({"versions": versions, "inputs": inputs}))
    (path / "result.json").write_text(json.dumps(result, allow_nan=False))
    for name, table in tables.items():
        pq.write_table(table, path / "tables" / f"{name}.parquet")
    return path


def _cut(rng: np.random.Generator, efficiency: float, n_signal: int, labels: bool, fit_fails: bool) -> dict[str, Any]:
    """One row of the table; the p-value is that of a Gaussian whose width holds Poisson and systematic errors."""
    background = N_BACKGROUND * efficiency
    n_background = int(rng.poisson(background))
    threshold, spectrum = 0.02 * background * (efficiency < 1), 0.012 * background
    closure = 0.03 * background * (efficiency < 1)
    error = float(np.hypot(np.hypot(threshold, spectrum), closure))
    observed = n_signal + n_background
    z_template = float((observed - background) / np.sqrt(background + error**2))
    z_fit = None if fit_fails else z_template - 0.4
    z = z_template if z_fit is None else min(z_template, z_fit)
    test = {
        "relative_difference": 0.021,
        "statistical_error": 0.018,
        "pull": 1.17,
        "ratio": 1.02,
        "error": 0.03,
        "failed": False,
    }
    return {
        "efficiency": efficiency,
        "observed": observed,
        "expected": background,
        "expected_error": error,
        "expected_fit": None if fit_fails else background * 1.01,
        "expected_fit_error": None if fit_fails else 0.04 * background,
        "p_template": float(norm.sf(z_template)),
        "z_template": z_template,
        "p_fit": None if z_fit is None else float(norm.sf(z_fit)),
        "z_fit": z_fit,
        "p_local": float(norm.sf(z)),
        "z_local": z,
        "threshold_error": threshold,
        "spectrum_error": spectrum,
        "closure_error": closure,
        "closure": test if efficiency < 1 else None,
        "disagreement": None if fit_fails else 0.4,
        "withheld": "the fit of the selected spectrum has p < 0.01" if fit_fails else None,
        "n_signal": n_signal if labels else None,
        "n_background": n_background if labels else None,
        "expected_z": float(n_signal / np.sqrt(background + error**2)) if labels else None,
    }


def _fit(rng: np.random.Generator, efficiency: float, n_signal: int) -> dict[str, Any]:
    return {
        "efficiency": efficiency,
        "chi2": float(rng.chisquare(36)),
        "n_dof": 36,
        "p_value": float(rng.uniform(0.02, 1)),
        "n_shape_parameters": 3,
        "fitted_yield": float(n_signal / 0.77 + rng.normal() * 10),
        "fitted_yield_error": float(40 + 300 * efficiency),
        "peak_mass": 3481.2 if n_signal else None,
        "peak_mass_error": 14.6 if n_signal else None,
    }


def _truth(n_signal: int) -> dict[str, Any]:
    return {
        "n_signal": n_signal,
        "s_over_b": n_signal / N_BACKGROUND,
        "s_over_sqrt_b": n_signal / np.sqrt(N_BACKGROUND),
        "auc": 0.873,
        "max_sic": 13.4,
        "max_sic_fpr": 0.0016,
        "sic_fpr_1e3": 12.1,
    }


def _spectra(rng: np.random.Generator, kept: dict[float, int]) -> pa.Table:
    edges = np.arange(2600.0, 5001.0, 50.0)
    low, high = edges[:-1], edges[1:]
    shape = np.exp(-low / 480) - np.exp(-high / 480)
    masked = (low >= LOW) & (high <= HIGH)
    shape *= N_BACKGROUND / shape[masked].sum()
    peak = norm.cdf(high, 3480, 90) - norm.cdf(low, 3480, 90)
    parts = []
    for efficiency in EFFICIENCIES:
        expected = shape * efficiency
        observed = rng.poisson(expected + kept[efficiency] / 0.9 * peak)
        error = expected * np.where(masked, 0.012, 0.006) + 0.02
        parts.append(
            pa.table(
                {
                    "efficiency": np.full(len(low), efficiency),
                    "low": low,
                    "high": high,
                    "observed": observed,
                    "expected": expected,
                    "expected_error": error,
                    "masked": masked,
                    "in_fit": ~masked,
                    "pull": (observed - expected) / np.sqrt(expected + error**2),
                }
            )
        )
    return pa.concat_tables(parts)


def _features(rng: np.random.Generator, names: tuple[str, ...], kept: dict[float, int]) -> pa.Table:
    parts = []
    places = [("sidebands", 1.0, 120_000, 0), ("signal_region", 1.0, N_BACKGROUND, kept[1.0])]
    places += [("selected", e, N_BACKGROUND * e, kept[e]) for e in EFFICIENCIES[1:]]
    for i, name in enumerate(names):
        top = 1.0 if name.startswith("tau") else 600.0
        edges = np.linspace(0, top, 41)
        centre = (edges[1:] + edges[:-1]) / 2 / top
        shape = centre ** (1 + i % 3) * np.exp(-centre * (5 + i % 4))
        shape /= shape.sum()
        peak = norm.pdf(centre, 0.25 + 0.1 * (i % 4), 0.03)
        peak /= peak.sum()
        for where, efficiency, n, n_signal in places:
            sampled = max(20 * n, 2000)
            template = rng.poisson(shape * sampled)
            parts.append(
                pa.table(
                    {
                        "where": [where] * 40,
                        "efficiency": np.full(40, efficiency),
                        "feature": [name] * 40,
                        "low": edges[:-1],
                        "high": edges[1:],
                        "data": rng.poisson(shape * n + n_signal * peak),
                        "template": template * n / sampled,
                        "template_error": np.sqrt(template) * n / sampled,
                    }
                )
            )
    return pa.concat_tables(parts)


def _sculpting(rng: np.random.Generator) -> pa.Table:
    edges = np.arange(2300.0, 5001.0, 100.0)
    low, high = edges[:-1], edges[1:]
    inside = (low >= LOW) & (high <= HIGH)
    parts = []
    for efficiency in EFFICIENCIES[1:]:
        for sample, factor in (("data sidebands", 1.0), ("sampled background", 3.0)):
            total = np.round(factor * 12_000 * np.exp(-(low - 2300) / 480)).astype(int)
            if sample == "data sidebands":
                total[inside] = 0
            passed = rng.binomial(total, efficiency)
            fraction = np.divide(passed, total, where=total > 0, out=np.full(len(low), np.nan))
            smooth = (passed + 1) / (total + 2)
            parts.append(
                pa.table(
                    {
                        "efficiency": np.full(len(low), efficiency),
                        "low": low,
                        "high": high,
                        "sample": [sample] * len(low),
                        "total": total,
                        "passed": passed,
                        "fraction": fraction,
                        "fraction_error": np.sqrt(smooth * (1 - smooth) / (total + 2)),
                    }
                )
            )
    return pa.concat_tables(parts)


def _scores(rng: np.random.Generator, kept: dict[float, int]) -> pa.Table:
    edges = np.linspace(-1.2, 4.0, 41)
    shape, peak = np.diff(norm.cdf(edges, -0.1, 0.35)), np.diff(norm.cdf(edges, 1.6, 0.9))
    shape += 0.004 * np.exp(-2.2 * np.maximum(edges[:-1], -0.2))
    template = rng.poisson(shape / shape.sum() * 500_000)
    scale = N_BACKGROUND / 500_000
    return pa.table(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "data": rng.poisson(shape / shape.sum() * N_BACKGROUND + kept[1.0] * peak),
            "template": template * scale,
            "template_error": np.sqrt(template) * scale,
        }
    )


def _folds(rng: np.random.Generator, cuts: list[dict[str, Any]]) -> pa.Table:
    rows = []
    for cut in cuts:
        expected = cut["expected"] / 5
        error = cut["expected_error"] / 5
        for fold in range(5):
            observed = int(rng.poisson(cut["observed"] / 5))
            z = float(norm.isf(np.clip(poisson.sf(observed - 1, expected), 1e-30, 1 - 1e-9)))
            rows.append(
                {
                    "efficiency": cut["efficiency"],
                    "fold": fold,
                    "threshold": 0.35 - 0.45 * np.log10(cut["efficiency"]) + 0.05 * rng.normal(),
                    "observed": observed,
                    "expected": expected,
                    "expected_error": error,
                    "z": z,
                }
            )
    return pa.Table.from_pylist(rows)


def _curves(rng: np.random.Generator) -> pa.Table:
    """ROC of two shifted Gaussians, counted with finitely many background events."""
    scores = np.sort(norm.rvs(size=N_BACKGROUND, random_state=rng))[::-1]
    n_passing = np.unique(np.geomspace(1, N_BACKGROUND, 300).astype(int))
    fpr = n_passing / N_BACKGROUND
    tpr = norm.sf(scores[n_passing - 1] - 1.65) * 0.8 + 0.2 * fpr
    sic = tpr / np.sqrt(fpr)
    return pa.table(
        {
            "fpr": fpr,
            "tpr": tpr,
            "sic": sic,
            "sic_error": sic * np.hypot(0.5 / np.sqrt(n_passing), np.sqrt((1 - tpr) / (tpr * 350))),
            "passes_floor": n_passing >= 25,
        }
    )
