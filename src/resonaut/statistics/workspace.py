"""A limit's model as files that other programs read: pyhf's JSON, and HS3, the community's standard for likelihoods.

Strength 1 is `reference_pb`; the parameter of interest is called mu. Nothing is imported for it but plain Python.

References:
    pyhf: Heinrich, Feickert, Stark, JOSS 6 (2021) 2823; schema pyhf.github.io/schemas/1.0.0
    HS3: Burgard et al., hep-statistics-serialization-standard 0.2
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from jaxtyping import Float, Real

from resonaut.statistics.limit_model import LimitModel

__all__ = ["hs3_json", "pyhf_workspace"]

Array = np.ndarray
CHANNEL = "signal_region"
MAX_STRENGTH = 100.0


def pyhf_workspace(model: LimitModel, counts: Real[Array, " B"], *, reference_pb: float) -> dict[str, Any]:
    """The workspace; `model`'s strength is in pb, the workspace's in units of `reference_pb`."""
    interest = {"name": "mu", "bounds": [[0.0, MAX_STRENGTH]], "inits": [1.0]}
    return {
        "channels": [{"name": CHANNEL, "samples": _samples(model.scaled(reference_pb))}],
        "observations": [{"name": CHANNEL, "data": _plain(counts)}],
        "measurements": [
            {"name": f"mu = 1 is {reference_pb:.6g} pb", "config": {"poi": "mu", "parameters": [interest]}}
        ],
        "version": "1.0.0",
    }


def hs3_json(
    model: LimitModel, counts: Real[Array, " B"], edges: Float[Array, " E"], *, reference_pb: float
) -> dict[str, Any]:
    """The same after HS3: a `histfactory_dist`, its data, likelihood and analysis."""
    axes = [{"name": "mass", "edges": _plain(edges)}]
    samples = [
        {
            "name": sample["name"],
            "data": {"contents": sample["data"], "errors": [0.0] * len(sample["data"])},
            "modifiers": [_hs3_modifier(modifier) for modifier in sample["modifiers"]],
        }
        for sample in _samples(model.scaled(reference_pb))
    ]
    normal = {"type": "gaussian_dist", "mean": 0.0, "sigma": 1.0}
    sources = [{"name": f"constraint_{name}", "x": f"alpha_{name}", **normal} for name in model.sources]
    names = ["mu", *(f"alpha_{name}" for name in model.sources)]
    bounds = [
        {"name": name, "min": 0.0 if name == "mu" else -5.0, "max": MAX_STRENGTH if name == "mu" else 5.0}
        for name in names
    ]
    return {
        "metadata": {"hs3_version": "0.2", "description": f"strength mu = 1 is {reference_pb:.6g} pb"},
        "distributions": [{"name": CHANNEL, "type": "histfactory_dist", "axes": axes, "samples": samples}, *sources],
        "data": [{"name": "observed", "type": "binned", "axes": axes, "contents": _plain(counts)}],
        "likelihoods": [
            {
                "name": "likelihood",
                "distributions": [CHANNEL],
                "data": ["observed"],
                "aux_distributions": [source["name"] for source in sources],
            }
        ],
        "domains": [{"name": "domain", "type": "product_domain", "axes": bounds}],
        "parameter_points": [
            {"name": "start", "parameters": [{"name": name, "value": 1.0 if name == "mu" else 0.0} for name in names]}
        ],
        "analyses": [
            {
                "name": "limit",
                "likelihood": "likelihood",
                "domains": ["domain"],
                "parameters_of_interest": ["mu"],
                "init": "start",
            }
        ],
    }


def _samples(model: LimitModel) -> list[dict[str, Any]]:
    """Signal and background with their modifiers, as pyhf writes them."""
    signal: list[dict[str, Any]] = [{"name": "mu", "type": "normfactor", "data": None}]
    for name, k in model.signal_factors.items():
        signal.append({"name": name, "type": "normsys", "data": {"hi": exp(k), "lo": exp(-k)}})
    signal += [_shift(name, model.signal, shift) for name, shift in model.signal_shifts.items()]
    background = [_shift(name, model.background, shift) for name, shift in model.background_shifts.items()]
    return [
        {"name": "signal", "data": _plain(model.signal), "modifiers": signal},
        {"name": "background", "data": _plain(model.background), "modifiers": background},
    ]


def _shift(name: str, nominal: Float[Array, " B"], shift: Float[Array, " B"]) -> dict[str, Any]:
    return {
        "name": name,
        "type": "histosys",
        "data": {"hi_data": _plain(nominal + shift), "lo_data": _plain(nominal - shift)},
    }


def _hs3_modifier(modifier: dict[str, Any]) -> dict[str, Any]:
    """The same words but for the shifts, whose histograms have one more level, and the parameter's name."""
    if modifier["type"] == "normfactor":
        return {"name": "mu", "type": "normfactor", "parameter": "mu"}
    data = modifier["data"]
    if modifier["type"] == "histosys":
        data = {"hi": {"contents": data["hi_data"]}, "lo": {"contents": data["lo_data"]}}
    else:
        data = {"hi": data["hi"], "lo": data["lo"]}
    name = modifier["name"]
    return {
        "name": name,
        "type": modifier["type"],
        "parameter": f"alpha_{name}",
        "constraint_name": f"constraint_{name}",
        "data": data,
    }


def _plain(values: Real[Array, " B"]) -> list[float]:
    return [float(value) for value in values]
