"""From a hard process to its cross-section and its unweighted events, as a run: learn, integrate, unweight, write."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval

from resonaut.analysis.running import open_run, watched
from resonaut.errors import ConfigError
from resonaut.integration.integrator import Integrator
from resonaut.integration.lhe import write_lhe
from resonaut.integration.processes.lookup import find_hard_process
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

    seconds, clock = {}, _Clock()
    integrator = integrator.fit(process.integrand(), seed=learning)
    seconds["learning"] = clock.lap()
    total = integrator.integrate(run.evaluations, seed=integrating, progress=progress)
    seconds["integrating"] = clock.lap()
    n_overweight, reached = 0, integrator.quality_.efficiency
    if run.lhe is not None:
        found = integrator.unweight(run.events, seed=unweighting, limit=limit, overweights="repeat", progress=progress)
        n_overweight, reached = found.n_overweight, found.efficiency
        write_lhe(
            Path(run.lhe),
            process.events(found.y, np.random.default_rng(unweighting)),
            energy=run.energy,
            cross_section_pb=total.integral,
            error_pb=total.error,
            about=f"resonaut integrate {run.process}: {parameters}, seed {run.seed}",
        )
        seconds["unweighting"] = clock.lap()
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
        seconds=seconds,
    )
    if folder is not None:
        folder.write_json("result.json", result.to_json())
    return result


class _Clock:
    """Seconds between calls."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        passed, self._last = now - self._last, now
        return passed
