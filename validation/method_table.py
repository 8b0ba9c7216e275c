"""The search methods' published tables, reprinted beside ours.

    python validation/method_table.py RUN [RUN ...]

RUN are folders of finished `resonaut benchmark` runs, such as those of recipes/lhco-rnd.toml, lhco-rnd-scan.toml,
shifted-features.toml, ddpm-maf-cvae.toml, more-features.toml, noise-features-10.toml and combinations.toml. Which table
a run belongs to follows from its settings. Prints what can be made of them:

    the table of methods    maxima of the median SIC at 1,000 injected events, and their ratios to the idealised one
    the injection scan      medians of the maxima, beside the published ones of the nearest S/sqrt(B)
    the densities           AUC, AUC-PR and area under the SIC of CATHODE with DDPM, MAF and CVAE
    what is asked for       each with yes or NO

`method_table.toml` holds the published values. Maxima depend on the floor and on the size of the test set (published:
FPR 1.84e-5 of 340,000 background events), so that ratios are the better comparison; both are printed.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from resonaut.analysis.benchmark.result import BenchmarkResult, Summary
from resonaut.runs.folder import RunFolder

PUBLISHED = Path(__file__).with_name("method_table.toml")
FOUR = "baseline"
FULL = 1000
"""Injected events of the published table."""
BOUNDS = ("supervised", "idealised")
CLOSE = 0.15
"""Relative difference in S/sqrt(B) up to which a published value stands below ours."""


class Trained:
    """All summaries of some runs, by study (what was done to the features), method, features and injected events."""

    def __init__(self, runs: list[Path]) -> None:
        self.rows: dict[tuple[str, str, str, int], Summary] = {}
        for path in runs:
            folder = RunFolder.existing(path)
            result = BenchmarkResult.from_json(folder.result())
            first, study = result.cells[0], _study(folder.settings()["run"])
            print(
                f"{path}: floor {result.floor}, {first.n_test_background:,} background and {first.n_test_signal:,} "
                f"signal events to test, {first.background_in_region:,} background events of the region to search in"
            )
            for row in result.summary:
                key = (study, row.method, row.features, row.injected)
                # Of the same trainings in several runs, those with the most seeds.
                if key not in self.rows or row.n_seeds > self.rows[key].n_seeds:
                    self.rows[key] = row

    def at(self, method: str, features: str = FOUR, injected: int = FULL, study: str = "plain") -> Summary | None:
        return self.rows.get((study, method, features, injected))

    def four(self, study: str, injected: int = FULL) -> dict[str, Summary]:
        """By method, on four features."""
        wanted = (study, FOUR, injected)
        return {method: row for (of, method, features, n), row in self.rows.items() if (of, features, n) == wanted}

    def learning(self, injected: int) -> dict[str, Summary]:
        """Methods that learn from data alone, on any features."""
        return {
            f"{method} on {features}": row
            for (of, method, features, n), row in self.rows.items()
            if (of, n) == ("plain", injected) and not method.startswith(BOUNDS)
        }


def _study(settings: Mapping[str, Any]) -> str:
    if settings.get("shift"):
        return "shifted"
    return f"noise-{n}" if (n := settings.get("noise_features")) else "plain"


def methods(trained: Trained, published: Mapping[str, Any]) -> Iterator[Table]:
    """The table of methods, one for each study that was published."""
    for study in ("plain", "shifted"):
        ours, theirs = trained.four(study), published[study]
        if not ours:
            continue
        table = titled(f"four features, {study}: maximum of the median SIC at {FULL:,} injected")
        for column in ("", "ours", "published", "ratio", "of idealised", "published", "trainings", "68 % of maxima"):
            table.add_column(column, justify="right" if column else "left")
        bound = ours["idealised"].max_median_sic if "idealised" in ours else None
        for method, row in ours.items():
            maximum, their = row.max_median_sic, theirs.get(method)
            values = (shown(maximum), shown(their), shown(ratio(maximum, their), 2))
            ratios = (shown(ratio(maximum, bound), 2), shown(ratio(their, theirs["idealised"]), 2))
            table.add_row(method, *values, *ratios, f"{row.n_seeds}", band(row))
        yield table


def injections(trained: Trained, published: Mapping[str, Any]) -> Iterator[Table]:
    """The injection scan, where there is more than one injection."""
    counts = sorted({n for of, _, features, n in trained.rows if (of, features) == ("plain", FOUR)}, reverse=True)
    if len(counts) < 2:
        return
    names = list(dict.fromkeys(name for n in counts for name in trained.four("plain", n)))
    table = titled("injection scan: median of the maximum SIC (68 %), below it the published one")
    for name in ("injected", *names):
        table.add_column(name, justify="left" if name == "injected" else "right")
    for n in counts:
        ours = trained.four("plain", n)
        s = next(iter(ours.values())).s_over_sqrt_b
        table.add_row(f"{n:,} (S/sqrt(B) {s:.2f})", *(band(ours.get(name)) for name in names))
        place, their = min(enumerate(published["s_over_sqrt_b"]), key=lambda one, s=s: abs(one[1] - s))
        if abs(their - s) < CLOSE * s:
            values = (shown(published[name][place]) if name in published else "-" for name in names)
            table.add_row(f"  published ({their:.2f})", *values, style="dim", end_section=True)
    yield table


def densities(trained: Trained, published: Mapping[str, Any]) -> Iterator[Table]:
    """The densities' table."""
    ours = trained.four("plain")
    names = [method for method in published["auc"] if method in ours]
    if not any(name.startswith("cathode-") for name in names):
        return
    table = titled(f"CATHODE with three densities at {FULL:,} injected: ours / published = ratio")
    for name in ("", *names):
        table.add_column(name, justify="right" if name else "left")
    for figure in ("auc", "auc_pr", "area_sic"):
        pairs = [(median(ours[name], figure), published[figure][name]) for name in names]
        cells = (f"{shown(value, 3)} / {their:.3g} = {shown(ratio(value, their), 2)}" for value, their in pairs)
        table.add_row(figure, *cells)
    yield table


def asked(trained: Trained) -> Iterator[tuple[str, bool]]:
    """What is asked of those trainings that are there: a sentence with its figure each."""
    at = trained.at

    def quotient(one: Summary | None, other: Summary | None, figure: str = "max_sic") -> float | None:
        return None if one is None or other is None else ratio(median(one, figure), median(other, figure))

    def least(what: str, value: float | None, goal: float) -> Iterator[tuple[str, bool]]:
        if value is not None:
            yield f"{what}: {value:.2f} (at least {goal})", value >= goal

    bound, cathode, ranode = at("idealised"), at("cathode"), at("ranode")
    for method, goal in (("cathode", 0.95), ("cwola", 0.71), ("anode", 0.43)):
        yield from least(f"{method} / idealised", quotient(at(method), bound, "max_median_sic"), goal)
    if ranode and cathode and ranode.max_sic and cathode.max_sic:
        what = f"R-ANODE's median maximum at {FULL:,}, CATHODE's 68 % being {band(cathode)}"
        yield from least(what, ranode.max_sic.median, round(cathode.max_sic.low, 2))
    yield from least("R-ANODE / CATHODE at 500", quotient(at("ranode", FOUR, 500), at("cathode", FOUR, 500)), 1)
    if (cwola := at("cwola", study="shifted")) and cwola.max_median_sic is not None:
        yield f"shifted: CWoLa {cwola.max_median_sic:.2f} (below 2)", cwola.max_median_sic < 2
    shifted = [at(method, study="shifted") for method in ("cathode", "idealised")]
    yield from least("shifted: CATHODE / idealised", quotient(*shifted, "max_median_sic"), 0.9)
    yield from least("idealised, extended3 / four features", quotient(at("idealised", "extended3"), bound), 1.8)
    for n in (FULL, 300):
        flow, best = (at(method, "extended3", n) for method in ("cathode-cfm", "idealised"))
        yield from least(f"extended3 at {n:,}: CATHODE with flow matching / idealised", quotient(flow, best), 0.95)
    found = {name: row.significance.median for name, row in trained.learning(300).items() if row.significance}
    if found:
        name = max(found, key=lambda one: found[one])
        yield from least(f"detection at 300 injected, SIC x S/sqrt(B) of {name}", found[name], 5)
    for members, method in ((10, "idealised"), (50, "idealised50")):
        kept = quotient(at(method, study="noise-10"), at(method))
        yield from least(f"idealised with {members} members, ten noise features / none", kept, 0.85)
    at_500 = {name: (row, row.max_sic.median) for name, row in trained.learning(500).items() if row.max_sic}
    single = {name: value for name, (row, value) in at_500.items() if row.agreement is None}
    for name, (row, value) in at_500.items():
        if row.agreement is not None and single:
            other = max(single, key=lambda one: single[one])
            yield from least(f"{name} at 500, the best single method being {other}", value, round(single[other], 2))


def median(row: Summary, figure: str) -> float | None:
    """A figure of a summary: the maximum of the median SIC is one number, the others have a band."""
    value = getattr(row, figure)
    return value if value is None or isinstance(value, float) else float(value.median)


def ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def shown(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def band(row: Summary | None) -> str:
    value = None if row is None else row.max_sic
    return "-" if value is None else f"{value.median:.1f} ({value.low:.1f}-{value.high:.1f})"


def titled(title: str) -> Table:
    return Table(title=title, title_justify="left")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="folders of finished `resonaut benchmark` runs")
    trained = Trained(parser.parse_args().runs)
    published = tomllib.loads(PUBLISHED.read_text())
    console = Console(width=150)
    for make, name in ((methods, "max_median_sic"), (injections, "scan"), (densities, "densities")):
        if tables := list(make(trained, published[name])):
            console.print(*tables, sep="\n")
            print(f"Published: {published[name]['source']}.\n")
    for text, holds in asked(trained):
        print(f"{'yes' if holds else 'NO ':3}  {text}")


if __name__ == "__main__":
    main()
