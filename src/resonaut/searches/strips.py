"""Real events next to the signal region, as background in it: for searches that cannot sample.

Held-out events of the strips stand for background in the region if the features do not depend on the mass; taking as
many from below as from above makes that true to first order if they do. Their number is limited, and so is how tight a
cut can be.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from resonaut.events.events import Events, Samples
from resonaut.protocols import Seed
from resonaut.searches.populations import draw
from resonaut.searches.regions import Region

__all__ = ["beside", "held_out_strips", "sides"]


def held_out_strips(samples: Samples, region: Region, width: float) -> Events | None:
    """The events held out of the training that lie in the strips; None where nothing was held out."""
    held_out = None if samples.held_out is None else samples.held_out.data
    return None if held_out is None else held_out[region.in_neighbourhood(held_out.mass, width)]


def beside(strips: Events | None, region: Region, n: int, *, seed: Seed = None) -> Events:
    """Events of the strips, as many from below as from above the region; at most as many as there are."""
    rng = np.random.default_rng(seed)
    shuffled = draw(strips, n if strips is None else len(strips), seed=rng)
    below, above = (np.flatnonzero(side) for side in sides(shuffled, region))
    n = min(n, 2 * len(below), 2 * len(above))
    return shuffled[np.concatenate([below[: n - n // 2], above[: n // 2]])]


def sides(strips: Events, region: Region) -> tuple[Bool[np.ndarray, " N"], Bool[np.ndarray, " N"]]:
    """Which events lie below and which above the signal region."""
    return strips.mass < region.low, strips.mass >= region.high
