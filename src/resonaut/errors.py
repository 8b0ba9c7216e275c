"""What goes wrong because of what the user gave us.

Every message says what, with which value, and what to do. The command line prints one of these as one line and exits
with code 2; anything else that is raised is our fault, and exits with 1 and a traceback.
"""

__all__ = [
    "ConfigError",
    "EventsError",
    "FitError",
    "FormatError",
    "IntegrandError",
    "RegionError",
    "ResonautError",
    "RunError",
    "SimulationError",
]


class ResonautError(ValueError):
    """The user's input cannot be used as it is."""


class FormatError(ResonautError):
    """A file is missing, truncated, or not in the layout it should have."""


class EventsError(ResonautError):
    """The events lack what was asked of them: a column, a usable value, labels."""


class RegionError(ResonautError):
    """A mass region is empty, the wrong way round, or has no sidebands."""


class ConfigError(ResonautError):
    """A setting has an unknown name or an impossible value."""


class FitError(ResonautError):
    """A fit cannot be made: too few events, or a spectrum that the function does not describe."""


class IntegrandError(ResonautError):
    """A function that cannot be integrated: values of the wrong shape, zero or not finite everywhere."""


class SimulationError(ResonautError):
    """A process cannot be simulated with these settings."""


class RunError(ResonautError):
    """A run folder cannot be written, or belongs to a run with other settings."""
