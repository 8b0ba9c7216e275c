"""What collides into what: the processes that can be simulated, each a short Pythia 8 card with free parameters.

One process a file, found by name in `lookup`; docs/processes.md describes them.
"""

from resonaut.simulation.processes.lookup import BLACKBOX, FROM_FILE, MIXTURES, PROCESSES, find_mixture, find_process
from resonaut.simulation.processes.parameters import Parameter
from resonaut.simulation.processes.process import EventFilter, Mixture, Process

__all__ = [
    "BLACKBOX",
    "FROM_FILE",
    "MIXTURES",
    "PROCESSES",
    "EventFilter",
    "Mixture",
    "Parameter",
    "Process",
    "find_mixture",
    "find_process",
]
