"""resonaut finds new particles nobody has described: from collision events to a p-value and a limit.

    import resonaut

    result = resonaut.hunt()                       # the embedded demo events
    result = resonaut.hunt("events.parquet", region="3300:3700", sidebands="2300:5000", out="run")

The names below are loaded when they are first asked for, so that `resonaut --help` does not wait for PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("resonaut")

_WHERE = {
    "ANODE": "resonaut.searches.anode",
    "AffineFlow": "resonaut.models.density.affine",
    "AutoregressiveSplineFlow": "resonaut.models.density.autoregressive_spline",
    "AutoregressiveTransformer": "resonaut.models.density.autoregressive",
    "BoostedTrees": "resonaut.models.classifier.trees",
    "CATHODE": "resonaut.searches.cathode",
    "CVAE": "resonaut.models.density.cvae",
    "CWoLa": "resonaut.searches.cwola",
    "CloudEnsemble": "resonaut.models.classifier.cloud_ensemble",
    "CloudDiffusion": "resonaut.models.density.cloud_diffusion",
    "CloudTransformer": "resonaut.models.classifier.cloud_transformer",
    "Combination": "resonaut.searches.combination",
    "CrossFit": "resonaut.searches.crossfit",
    "DDPM": "resonaut.models.density.ddpm",
    "DenseNetwork": "resonaut.models.classifier.mlp",
    "DijetClouds": "resonaut.events.dijet_clouds",
    "DijetGenerator": "resonaut.models.dijet_generator",
    "EPiCFlowMatching": "resonaut.models.density.epic_flow_matching",
    "Ensemble": "resonaut.models.classifier.ensemble",
    "Events": "resonaut.events.events",
    "FullCATHODE": "resonaut.searches.full_cathode",
    "FlowMatching": "resonaut.models.density.flow_matching",
    "Idealised": "resonaut.searches.idealised",
    "Integrand": "resonaut.integration.integrand",
    "IntegrandValue": "resonaut.integration.integrand",
    "Integrator": "resonaut.integration.integrator",
    "LaCATHODE": "resonaut.searches.lacathode",
    "MaskedAutoregressiveFlow": "resonaut.models.density.maf",
    "PointCloud": "resonaut.events.point_cloud",
    "QuadraticFlow": "resonaut.models.density.quadratic",
    "RANODE": "resonaut.searches.ranode",
    "Region": "resonaut.searches.regions",
    "ResonautError": "resonaut.errors",
    "Samples": "resonaut.events.events",
    "SplineFlow": "resonaut.models.density.spline",
    "SubjetCloud": "resonaut.models.density.subjet_cloud",
    "Supervised": "resonaut.searches.supervised",
    "Trainer": "resonaut.models.training",
    "benchmark": "resonaut.analysis.benchmark.pipeline",
    "compare_densities": "resonaut.analysis.quality.comparison",
    "demo_events": "resonaut.events.demo",
    "hunt": "resonaut.analysis.hunt",
    "limit": "resonaut.analysis.limit.pipeline",
    "read_events": "resonaut.events.reading",
    "simulate": "resonaut.simulation.production",
}

__all__ = ["__version__", *sorted(_WHERE)]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'resonaut' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
