"""Everything the page of a production is made of, read from its file and its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from resonaut.analysis.distributions import Distribution, read_distributions
from resonaut.errors import ResonautError
from resonaut.report.production.checks import Check, check_production
from resonaut.report.production.constituents import events_with_particles
from resonaut.simulation.finished import FinishedProduction, require_parquet

__all__ = ["ProductionContents"]


@dataclass(frozen=True, kw_only=True)
class ProductionContents:
    """A finished production.

    Args:
        production: Its file and manifest.
        distributions: Histograms of its columns.
        checks: Whether it is what the manifest says.
        events: Events with the particles of their jets; None where there are none.
        no_events: Why there are none.
    """

    production: FinishedProduction
    distributions: Mapping[str, Distribution]
    checks: Sequence[Check]
    events: pa.Table | None
    no_events: str = ""

    @classmethod
    def read(cls, production: FinishedProduction) -> ProductionContents:
        """Read it, in bounded memory.

        Raises:
            ResonautError: the file is not there, not Parquet, or damaged.
        """
        require_parquet(production.format)
        distributions = read_distributions(production.path)
        events, no_events = None, ""
        try:
            events = events_with_particles(production)
        except (ResonautError, ModuleNotFoundError) as error:  # the rest of the page does without
            no_events = str(error)
        return cls(
            production=production,
            distributions=distributions,
            checks=check_production(production, distributions),
            events=events,
            no_events=no_events,
        )
