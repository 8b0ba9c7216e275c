"""A production's page: what its template is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resonaut.report.citations import as_bibtex, cited_by_events
from resonaut.report.pictures import Image
from resonaut.report.production.contents import ProductionContents
from resonaut.report.production.figures import is_kinematic
from resonaut.report.rendering import render_template
from resonaut.simulation.result import ProcessCounts

__all__ = ["Yield", "render"]


@dataclass(frozen=True)
class Yield:
    """What one process gave, and what that corresponds to in recorded collisions.

    Args:
        counts: Events and cross-section.
        selected_pb: Cross-section times efficiency: what passes the selection (pb).
        selected_error_pb: Its error, from the cross-section's and the efficiency's.
        luminosity_fb: Integrated luminosity in which so many events are expected (1/fb).
    """

    counts: ProcessCounts
    selected_pb: float
    selected_error_pb: float
    luminosity_fb: float | None

    @classmethod
    def of(cls, counts: ProcessCounts) -> Yield:
        """Cross-section times efficiency, with the efficiency's binomial error."""
        efficiency, sigma = counts.filter_efficiency, counts.cross_section_pb
        variance = efficiency * (1 - efficiency) / counts.n_generated
        error = (variance * sigma**2 + (efficiency * counts.cross_section_error_pb) ** 2) ** 0.5
        selected = sigma * efficiency
        return cls(counts, selected, error, counts.n_events / selected / 1000 if selected else None)


def render(contents: ProductionContents, figures: Mapping[str, Sequence[Image]]) -> str:
    """The page's HTML.

    Args:
        contents: What it tells.
        figures: By section; a section without figures is left out of the page.
    """
    production = contents.production
    references = cited_by_events(production.origin, production.features)
    return render_template(
        "production/page.html.j2",
        name=production.path.name,
        production=production,
        manifest=production.manifest,
        yields={name: Yield.of(counts) for name, counts in production.processes.items()},
        reasons=list(dict.fromkeys(reason for one in production.processes.values() for reason in one.excluded)),
        checks=contents.checks,
        samples=list(next(iter(contents.distributions.values())).counts),
        outside=_outside(contents),
        n_features=sum(not is_kinematic(name) for name in contents.distributions),
        no_events=contents.no_events,
        common=_common(production.chains),
        figures=figures,
        references=references,
        bibtex=as_bibtex(references),
    )


def _outside(contents: ProductionContents) -> float:
    """The largest fraction of a sample that lies beyond an axis."""
    return max(
        outside / max(int(one.counts[sample].sum()) + outside, 1)
        for one in contents.distributions.values()
        for sample, outside in one.outside.items()
    )


def _common(chains: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The settings that all processes share, flat; what differs stands with the process."""
    flat = [_flat(chain) for chain in chains]
    return {
        name: value
        for name, value in flat[0].items()
        if name not in ("process", "pythia") and all(other.get(name) == value for other in flat)
    }


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found
