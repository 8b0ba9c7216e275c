"""What was asked of a production, checked before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from resonaut.errors import ConfigError, SimulationError
from resonaut.events.output import OutputFormat
from resonaut.features.observables import computable
from resonaut.simulation.blackbox import BlackBox
from resonaut.simulation.processes import BLACKBOX, Process, find_mixture
from resonaut.simulation.sample import FixedSample, Sample

__all__ = ["check_positive", "check_selection", "requested_columns", "requested_sample"]


def requested_sample(
    process: str,
    events: int,
    signal: int,
    parameters: Mapping[str, float],
    seed: int,
    mass_range: tuple[float, float] | None,
    find: Callable[[str], Process],
) -> Sample:
    """The processes, and how many selected events of each."""
    for name, number in (("events", events), ("signal", signal)):
        if number < 0:
            raise ConfigError(f"{name} is {number}; give a number of events, 0 or more")
    mixture = find_mixture(process)
    if mixture is not None:
        asked = {mixture.background: events, mixture.signal: signal}
    elif signal:
        raise ConfigError(f"process {process!r} is not a mixture and takes no signal events; {signal} are asked for")
    elif process == BLACKBOX and parameters:
        raise ConfigError(f"a black box draws its parameters, and {', '.join(parameters)} is given; leave it out")
    elif process == BLACKBOX:
        asked = {BLACKBOX: events}
    else:
        asked = {find(process).name: events}
    wanted = {name: n for name, n in asked.items() if n}
    if not wanted:
        raise ConfigError("0 events are asked for; give a positive number")
    if process == BLACKBOX:
        return BlackBox.draw(events, seed, mass_range)
    return FixedSample(_distribute(parameters, [find(name) for name in wanted]), wanted)


def _distribute(parameters: Mapping[str, float], processes: Sequence[Process]) -> dict[str, dict[str, float]]:
    """Each parameter to the process that has it."""
    given: dict[str, dict[str, float]] = {process.name: {} for process in processes}
    for parameter, value in parameters.items():
        owners = [process for process in processes if parameter in process.free]
        if not owners:
            known = ", ".join(known for process in processes for known in process.free)
            names = ", ".join(process.name for process in processes)
            raise SimulationError(f"no parameter {parameter!r} in {names}; there are: {known or 'none'}")
        for owner in owners:
            given[owner.name][parameter] = value
    return given


def check_positive(**settings: float) -> None:
    """Refuse what must be a positive number and is none."""
    for name, value in settings.items():
        if not 0 < value < float("inf"):
            raise ConfigError(f"{name} is {value}; give a positive number")


def check_selection(
    mass_range: tuple[float, float] | None, parton_mass: tuple[float, float] | None, leading_pt: float, seed: int
) -> None:
    """Refuse a selection that no event can pass, and a negative seed."""
    for what, limits in (("mass range", mass_range), ("parton mass", parton_mass)):
        if limits is not None and not limits[0] < limits[1]:
            raise ConfigError(f"{what} {limits[0]:.0f}:{limits[1]:.0f} GeV is the wrong way round; give LOW:HIGH")
    if not 0 <= leading_pt < float("inf"):
        raise ConfigError(f"leading_pt is {leading_pt}; give 0 or more GeV")
    if seed < 0:
        raise ConfigError(f"seed is {seed}; give 0 or more")


def requested_columns(features: str | None, format: str, layout: OutputFormat) -> str:
    """The features to compute: those that were asked for, or those that the file is made of."""
    if features is not None and layout.features is not None:
        raise ConfigError(
            f"--features {features} has no place in format {format}, whose columns are fixed; leave it out"
        )
    columns = features or ("baseline" if layout.features is None else ",".join(layout.features))
    computable(columns)
    return columns
