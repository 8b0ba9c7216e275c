"""Is the sample what its manifest says? Counts, checksum, finite numbers, and the selection, each with an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from resonaut.analysis.distributions import Distribution
from resonaut.report.numbers import count
from resonaut.runs.folder import checksum
from resonaut.simulation.finished import FinishedProduction

__all__ = ["Check", "check_production"]


@dataclass(frozen=True)
class Check:
    """One question.

    Args:
        question: What must hold.
        passed: Whether it does.
        found: What was found.
    """

    question: str
    passed: bool
    found: str


def check_production(production: FinishedProduction, distributions: Mapping[str, Distribution]) -> list[Check]:
    """Everything that can be checked without making the events again."""
    return [
        *_counts(production, distributions),
        *_selection(production, distributions),
    ]


def _counts(production: FinishedProduction, distributions: Mapping[str, Distribution]) -> Iterator[Check]:
    digest = checksum(production.path)
    same = digest == production.manifest["sha256"]
    yield Check("the file is the one that was made (SHA-256)", same, f"{digest[:12]}…")

    n_told = sum(counts.n_events for counts in production.processes.values())
    first = next(iter(distributions.values()))
    n_found = first.n_unusable + sum(int(n.sum()) for n in first.counts.values()) + sum(first.outside.values())
    yield Check(f"it holds {count(n_told)} events", n_found == n_told, count(n_found))

    for name, counts in production.processes.items():
        accounted = counts.n_selected + sum(counts.excluded.values())
        yield Check(
            f"every generated {name} event is selected or excluded for a reason",
            accounted == counts.n_generated,
            f"{count(accounted)} of {count(counts.n_generated)}",
        )
    unusable = {name: one.n_unusable for name, one in distributions.items() if one.n_unusable}
    found = ", ".join(f"{count(n)} in {name}" for name, n in unusable.items()) or f"{len(distributions)} columns"
    yield Check("every number is finite", not unusable, found)


def _selection(production: FinishedProduction, distributions: Mapping[str, Distribution]) -> Iterator[Check]:
    settings = production.chains[0]
    jets, mass_range = settings["clustering"], settings["mass_range"]
    if (pt := distributions.get("jet1_pt")) is not None:
        yield Check(
            f"leading jets have pT > {jets['leading_pt']:g} GeV",
            pt.low > jets["leading_pt"],
            f"{pt.low:.1f} to {pt.high:.1f} GeV",
        )
    if (eta := distributions.get("jet1_eta")) is not None:
        largest = max(-eta.low, eta.high)
        yield Check(f"leading jets have |η| < {jets['eta_max']:g}", largest < jets["eta_max"], f"up to {largest:.2f}")
    if mass_range is not None and (mass := distributions.get("mjj")) is not None:
        low, high = mass_range
        yield Check(
            f"dijet masses lie within {low:g}–{high:g} GeV",
            low < mass.low and mass.high < high,
            f"{mass.low:.1f} to {mass.high:.1f} GeV",
        )
