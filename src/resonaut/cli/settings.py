"""The [run] tables of recipes for `simulate` and `features`; a hunt's is `analysis.settings.HuntSettings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Gt

from resonaut.registry import settings

__all__ = ["FeatureSettings", "SimulationSettings"]

Positive = Annotated[float, Gt(0)]


@settings
@dataclass(frozen=True, kw_only=True)
class JetSettings:
    """Jets and their selection: anti-kT radius, the leading jet's least pT (GeV) and largest |eta|, what is kept."""

    radius: Positive = 1.0
    leading_pt: Positive = 1200.0
    eta_max: Positive = 2.5
    constituents: bool = False


@settings
@dataclass(frozen=True, kw_only=True)
class SimulationSettings(JetSettings):
    """What is simulated; `resonaut.simulation.production.simulate` says what the settings mean."""

    verb: Literal["simulate"] = "simulate"
    process: str = "lhco-rnd"
    file: str | None = None
    events: int = 20_000
    signal: int = 0
    parameters: dict[str, float] = field(default_factory=dict)
    mass_range: str | None = None
    parton_mass: str | None = None
    features: str | None = None
    format: str = "parquet"
    detector: Literal["cms", "none"] = "cms"
    seed: int | None = None


@settings
@dataclass(frozen=True, kw_only=True)
class FeatureSettings(JetSettings):
    """What is made of particles; `resonaut.analysis.extraction.write_features` says what the settings mean."""

    verb: Literal["features"] = "features"
    file: str
    features: str = "baseline"
    format: str | None = None
    backbone: str | None = None
