"""How the learning rate goes over a training, as a function of the fraction that is done.

A function without memory: a training that resumes needs to know its step, nothing else.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

__all__ = ["Schedule", "learning_rate_factor"]

Schedule = Literal["one-cycle", "cosine", "cosine-warm-up", "constant"]
"""`one-cycle` warms up over 30 % and anneals to almost nothing (Smith and Topin, arXiv:1708.07120); `cosine-warm-up`
rises along a line over the first 10 % and anneals to nothing."""

_WARM_UP = 0.3
_SHORT_WARM_UP = 0.1
_FIRST = 1 / 25
_LAST = 1e-6


def learning_rate_factor(schedule: Schedule, done: float) -> float:
    """The learning rate at a fraction `done` of the training, in units of the highest."""
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return _between(1.0, 0.0, done)
    if schedule == "cosine-warm-up":
        if done < _SHORT_WARM_UP:
            return done / _SHORT_WARM_UP
        return _between(1.0, 0.0, (done - _SHORT_WARM_UP) / (1 - _SHORT_WARM_UP))
    if schedule == "one-cycle":
        if done < _WARM_UP:
            return _between(_FIRST, 1.0, done / _WARM_UP)
        return _between(1.0, _LAST, (done - _WARM_UP) / (1 - _WARM_UP))
    raise AssertionError(f"schedule {schedule!r} is none of {get_args(Schedule)}")


def _between(start: float, end: float, fraction: float) -> float:
    """Half a cosine wave from start to end."""
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2
