"""From a hard process to its cross-section and its unweighted events, as a run: learn, integrate, unweight, write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from annotated_types import Ge, Gt, Interval

from resonaut.analysis.result import Stopwatch
from resonaut.analysis.running import open_run, watched
from resonaut.errors import ConfigError
from resonaut.integration.integrator import Integrator
from resonaut.integration.lhe import write_lhe
from resonaut.integration.processes.lookup import find_hard_process
from resonaut.integration.result import GroupResult
from resonaut.integration.unweighting import WeightLimit
from resonaut.registry import settings
from resonaut.runs.as_json import AsJson

__all__ = ["IntegrationRun", "IntegrationSettings", "run_integration"]


@settings
@dataclass(frozen=True, kw_only=True)
class IntegrationSettings:
    """What is integrated: the [run] table of run.toml.

    Args:
        process: One of `resonaut.integration.processes`.
        parameters: Of the process, where they are not to have their default.
        energy: Centre-of-mass energy of the protons, GeV.
        evaluations: Points for the cross-section, after the learning.
        events: Unweighted events; 0 for none.
        lhe: File that they are written to.
        overweight: Part of the cross-section that may lie above the largest weight; such events are repeated.
        seed: Fixes every random draw; None draws one, which run.toml then records.
    """

    verb: Literal["integrate"] = "integrate"
    process: str = "drell-yan"
    parameters: dict[str, float]
    energy: Annotated[float, Gt(0)] = 13000.0
    evaluations: Annotated[int, Ge(1000)] = 200_000
    events: Annotated[int, Ge(0)] = 0
    lhe: str | None = None
    overweight: Annotated[float, Interval(ge=0, lt=1)] = 1e-3
    seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class IntegrationRun(AsJson):
    """The content of result.json; pb.

    Args:
        process: Its name.
        cross_section_pb, error_pb: By fresh points of the finished map.
        unweighting_efficiency: At the overweight that the settings allow: as reached where there are events.
        refined: Whether a flow was trained, or the VEGAS grid was enough.
        n_evaluations: Of the integrand, learning included.
        n_nonfinite: Of the cross-section's points, those without a finite value.
        n_events: Unweighted ones.
        n_overweight: Of those, drawn from points above the largest weight.
        channels: The part of each group of channels, pb.
        seed: Of every random draw.
        seconds: Of each step.
    """

    process: str
    cross_section_pb: float
    error_pb: float
    unweighting_efficiency: float
    refined: bool
    n_evaluations: int
    n_nonfinite: int
    n_events: int
    n_overweight: int
    channels: tuple[GroupResult, ...]
    seed: int
    seconds: dict[str, float]


def run_integration(
    run: IntegrationSettings, integrator: Integrator, *, out: Path | None = None, progress: bool = False
) -> IntegrationRun:
    """Learn to sample the process, integrate it, and write its events.

    Args:
        run: What.
        integrator: How.
        out: The run's folder; the same settings there continue, or show what is complete.
        progress: Show progress bars.

    Raises:
        ResonautError: the process cannot be, or the folder holds another run.
    """
    process, parameters = find_hard_process(run.process, run.energy, run.parameters)
    if bool(run.events) != (run.lhe is not None):
        raise ConfigError(f"--events is {run.events} and --lhe is {run.lhe}; give both, or neither")
    folder, run = open_run(out, replace(run, parameters=parameters), {"integrator": integrator})
    if folder is not None:
        if folder.complete:
            return IntegrationRun.from_json(folder.result())
        integrator = watched(integrator, folder.path / "checkpoints", progress)
    assert run.seed is not None
    learning, integrating, unweighting = (int(seed) for seed in np.random.SeedSequence(run.seed).generate_state(3))
    limit = WeightLimit(fraction=run.overweight)

    watch = Stopwatch(progress)
    with watch.stage("learning", f"learning to sample {run.process}"):
        integrator = integrator.fit(process.integrand(), seed=learning)
    with watch.stage("integrating", "integrating", shows_progress=True):
        total = integrator.integrate(run.evaluations, seed=integrating, progress=progress)
    n_overweight, reached = 0, integrator.event_map_.quality.efficiency
    if run.lhe is not None:
        with watch.stage("unweighting", f"unweighting {run.events:,} events", shows_progress=True):
            found = integrator.unweight(
                run.events, seed=unweighting, limit=limit, overweights="repeat", progress=progress
            )
            n_overweight, reached = found.n_overweight, found.efficiency
            write_lhe(
                Path(run.lhe),
                process.events(found.y, np.random.default_rng(unweighting)),
                energy=run.energy,
                cross_section_pb=total.integral,
                error_pb=total.error,
                about=f"resonaut integrate {run.process}: {parameters}, seed {run.seed}",
            )
    result = IntegrationRun(
        process=run.process,
        cross_section_pb=total.integral,
        error_pb=total.error,
        unweighting_efficiency=reached,
        refined=integrator.refined_,
        n_evaluations=integrator.n_evaluations_ + total.n_evaluations,
        n_nonfinite=total.n_nonfinite,
        n_events=run.events,
        n_overweight=n_overweight,
        channels=total.groups,
        seed=run.seed,
        seconds=watch.seconds,
    )
    if folder is not None:
        folder.write_table("tables/learning.parquet", _learning(integrator))
        folder.write_table("tables/weights.parquet", _weights(integrator, limit))
        folder.write_json("result.json", result.to_json())
    return result


def _learning(integrator: Integrator) -> pa.Table:
    """The map before the first round of training and after each, by points it had not learnt from.

    Round -1 is a grid that was not efficient enough to be left alone, with all its bins.
    """
    history = integrator.history_
    first = integrator.rounds + 1 - len(history) if integrator.refined_ else 0
    return pa.table(
        {
            "round": list(range(first, first + len(history))),
            "efficiency": [quality.efficiency for quality in history],
            "relative_deviation": [quality.relative_deviation for quality in history],
            "seconds": integrator.seconds_,
        }
    )


def _weights(integrator: Integrator, limit: WeightLimit) -> pa.Table:
    """How the weights of the map that was kept are distributed, in units of the one that is always accepted."""
    edges = np.geomspace(1e-4, 10, 76)
    rows: dict[str, list[float]] = {"group": [], "low": [], "high": [], "points": []}
    for group, points in integrator.event_map_.survey.items():
        ratios = (points.weight.abs() / (limit.of(points.weight) or 1.0)).numpy()
        # What is smaller or larger than all bins is in the outer ones.
        counts, _ = np.histogram(ratios.clip(edges[0], edges[-1]), edges)
        rows["group"] += [group] * len(counts)
        rows["low"] += edges[:-1].tolist()
        rows["high"] += edges[1:].tolist()
        rows["points"] += counts.tolist()
    return pa.table(rows)
